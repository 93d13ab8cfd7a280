"""The records of Odoo that other systems may own."""

from odoo import api, models
from odoo.tools import SQL

# Each model decides outermost: what other modules do around a write they do with what is left of it.


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "sync.owned"]

    @api.model_create_multi
    def create(self, vals_list):
        return self._create_owned(vals_list, lambda model, values: super().create(values))

    def write(self, vals):
        return self._write_owned(vals, lambda records, left: super().write(left))

    def _is_owned(self):
        """Customers and their contacts; suppliers and employees are nobody's customers."""
        customers = self.filtered(lambda p: p.customer_rank or p.commercial_partner_id.customer_rank)
        if rest := self - customers:
            # sudo: whether a cross-reference calls it a customer
            known = self.env["sync.xref"].sudo().search([("domain", "=", "customer"), ("res_id", "in", rest.ids)])
            customers |= rest.browse(set(known.mapped("res_id")) & set(rest.ids))
        return customers


class ProductTemplate(models.Model):
    _name = "product.template"
    _inherit = ["product.template", "sync.owned"]

    @api.model_create_multi
    def create(self, vals_list):
        return self._create_owned(vals_list, lambda model, values: super().create(values))

    def write(self, vals):
        return self._write_owned(vals, lambda records, left: super().write(left))


class ProductProduct(models.Model):
    _name = "product.product"
    _inherit = ["product.product", "sync.owned"]

    @api.model_create_multi
    def create(self, vals_list):
        return self._create_owned(vals_list, lambda model, values: super().create(values))

    def write(self, vals):
        return self._write_owned(vals, lambda records, left: super().write(left))


class ProductPricelistItem(models.Model):
    """A price that is added or removed changes what is charged as much as one that is edited."""

    _name = "product.pricelist.item"
    _inherit = ["product.pricelist.item", "sync.owned"]

    @api.model_create_multi
    def create(self, vals_list):
        items = super().create(vals_list)
        items._expect_owned("fixed_price")
        return items

    def write(self, vals):
        return self._write_owned(vals, lambda records, left: super().write(left))

    def unlink(self):
        self._expect_owned("fixed_price")
        return super().unlink()


class SaleOrder(models.Model):
    """An order belongs to the system that it came from; one that was entered in Odoo is Odoo's."""

    _name = "sale.order"
    _inherit = ["sale.order", "sync.owned"]

    def write(self, vals):
        return self._write_owned(vals, lambda records, left: super().write(left))

    def _owned_by(self, owners):
        return {order: {partner} & owners for order, partner in _came_from(self)}


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "sync.owned"]

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._goods()._expect_owned("product_id")
        return lines

    def write(self, vals):
        return self._write_owned(vals, lambda records, left: super().write(left))

    def unlink(self):
        self._goods()._expect_owned("product_id")
        return super().unlink()

    def _goods(self):
        """Lines that were ordered; notes and down payments are Odoo's own."""
        return self.filtered(lambda line: line.product_id and not line.is_downpayment)

    def _owned_by(self, owners):
        of_order = dict(_came_from(self.order_id))
        return {line.id: {of_order.get(line.order_id.id)} & owners for line in self}


def _came_from(orders):
    """(order id, trading partner's id) of orders that a trading partner placed; one statement."""
    return orders.env.execute_query(
        SQL(
            """SELECT l.res_id, p.trading_partner_id FROM sync_process_link l JOIN sync_process p ON p.id = l.process_id
                WHERE l.res_model = 'sale.order' AND l.res_id = ANY(%s) AND p.trading_partner_id IS NOT NULL""",
            orders.ids,
        )
    )
