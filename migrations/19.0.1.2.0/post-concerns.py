"""Odoo publishes purchase orders since this version: suppliers get their own, and not those to other suppliers."""


def migrate(cr, version):
    """What went to suppliers until now were events of other modules, meant for them."""
    cr.execute(
        """UPDATE sync_interface i SET own_only = true
             FROM sync_trading_partner p, sync_document_type t
            WHERE p.id = i.trading_partner_id AND t.id = i.document_type_id AND t.code = 'purchase_order.placed'
              AND p.kind IN ('supplier', 'edi') AND i.direction = 'outbound' AND i.own_only IS NOT TRUE"""
    )
