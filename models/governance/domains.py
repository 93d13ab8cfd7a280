"""The business domains that split responsibility: who works an exception, who approves a change."""

DOMAINS = [
    ("sales", "Sales"),
    ("warehouse", "Warehouse"),
    ("finance", "Finance"),
    ("service", "Service"),
    ("integration", "Integration"),
]

COMPANY_MATCH = "['|', ('company_id', '=', False), ('company_id', 'in', company_ids)]"
