"""The business domains that split responsibility: who works an exception, who approves a change."""

DOMAINS = [
    ("sales", "Sales"),
    ("warehouse", "Warehouse"),
    ("finance", "Finance"),
    ("service", "Service"),
    ("integration", "Integration"),
]
