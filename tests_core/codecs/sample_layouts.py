"""The layouts, and the ways into the documents, by which the samples of trading partners are read."""

import os
from pathlib import Path

SAMPLES = Path(os.environ.get("SYNC_SAMPLES") or Path(__file__).resolve().parents[3] / "shared" / "samples")

ORDER_LINES = {
    "kind": "delimited",
    "fields": [
        {"name": "line", "column": "LINE_NUMBER"},
        {"name": "gtin", "column": "UPC_NUMBER", "check_digit": True},
        {"name": "qty", "column": "QUANTITY", "type": "decimal"},
        {"name": "price", "column": "PRICE", "type": "decimal"},
        {"name": "uom", "column": "UOM"},
        {"name": "number", "column": "PO_NUMBER", "required": True},
        {"name": "date", "column": "PO_DATE", "type": "date", "format": "YYYYMMDD"},
        {"name": "customer", "column": "CUSTOMER_NAME"},
        {"name": "customer_id", "column": "CUSTOMER_NUMBER"},
        {"name": "postal_code", "column": "POSTAL_CODE"},
    ],
    "documents": {
        "by": "key",
        "key": ["number"],
        "head": ["number", "date", "customer", "customer_id", "postal_code"],
    },
}
PARCELS = {
    "kind": "delimited",
    "records": {
        "manifest": {
            "role": "header",
            "match": {"value": "H"},
            "fields": [
                {"name": "number"},
                {"name": "date", "type": "date", "format": "YYYYMMDD"},
                {"name": "time", "type": "time", "format": "HHmmss"},
            ],
        },
        "parcel": {
            "role": "detail",
            "match": {"value": "D"},
            "into": "lines",
            "fields": [
                {"name": "number"},
                {"name": "tracking"},
                {"name": "empty"},
                {"name": "postal"},
                {"name": "office"},
                {"name": "service"},
            ],
        },
    },
    "documents": {"by": "header", "key": ["number"]},
}
STATES = {
    "kind": "delimited",
    "fields": [
        {"name": "inventory_item", "column": "inventory_item_id"},
        {"name": "state", "column": "name"},
        {"name": "quantity", "type": "integer"},
        {"name": "at", "column": "updated_at", "type": "datetime", "format": "YYYY-MM-DD HH:mm:ss"},
    ],
    "documents": {"by": "file"},
}
VARIANTS = {
    "kind": "delimited",
    "fields": [
        {"name": "sku", "required": True},
        {"name": "inventory_item", "column": "inventory_item_id"},
        {"name": "qty", "column": "inventory_quantity", "type": "integer"},
        {"name": "price", "type": "decimal"},
        {"name": "for_sale", "column": "available_for_sale", "type": "boolean"},
    ],
}
LAYOUTS = {
    "order_lines_multi_orders.csv": ORDER_LINES,
    "parcels_header_detail_records.csv": PARCELS,
    "shopify_inventory_quantities_states.csv": STATES,
    "shopify_product_variants.csv": VARIANTS,
}
