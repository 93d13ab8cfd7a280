"""order.create: a customer's order becomes a confirmed sale order with reserved stock."""

from odoo import api, models
from odoo.fields import Command
from odoo.tools import plaintext2html

from ....core.faults import Fault
from ....core.work import Done, Effect
from ..reading import decimal, identifiers, moment

PROCESS = "order_to_cash"


class OrderCreate(models.AbstractModel):
    """Takes the canonical order as it is: customer, products, prices and taxes are those of the shop.

    The order's total in Odoo equals the shop's to the cent, or nothing is written and the fault says by how much they
    differ and why. An order that is in Odoo already is not made twice.
    """

    _name = "sync.handler.order.create"
    _description = "Orders placed"
    _inherit = "sync.handler"
    _handler = "order.create"
    _document_types = ("order.create",)

    @api.private
    def _touches(self, work):
        return sorted({code for line in work.canonical["lines"] for code in identifiers(line["item"], "sku", "own")})

    @api.private
    def _set_aside(self, effects):
        """The order that was placed is no longer known to its process, and keeps no stock."""
        ids = [res_id for model, res_id in effects if model == "sale.order"]
        orders = self.env["sale.order"].browse(ids).exists()
        self.env["sync.process.link"].search([("res_model", "=", "sale.order"), ("res_id", "in", orders.ids)]).unlink()
        orders.picking_ids.filtered(lambda picking: picking.state not in ("done", "cancel")).do_unreserve()
        return True

    @api.private
    def _apply_one(self, work):
        document = work.canonical
        process = self._process(work, document)
        if existing := process.with_env(self.env)._linked("sale.order").filtered(lambda o: o.state != "cancel"):
            return self._already_there(existing[0], document, process)
        if process.state == "cancelled":
            raise Fault(
                "apply.already_applied",
                f"Order {document['number']} was cancelled in Odoo before; it is not placed again.",
                reference=document["number"],
                subject=f"order {document['number']}",
            )
        order = self._create_order(work, document, process)
        self._confirm(order, document, process, work)
        return Done(
            effects=[Effect("created", "sale.order", order.id, order.name)]
            + [Effect("created", "stock.picking", p.id, p.name) for p in order.picking_ids],
            reference=document["number"],
            process_id=process.id,
            note=f"Order {document['number']} is {order.name}.",
            lines=_accepted(document),
        )

    @api.private
    def _process(self, work, document):
        return self.env["sync.process"]._ensure(
            PROCESS,
            f"{work.trading_partner_id}:{document['number']}",
            self.env.company,
            name=self.env._("Order %s", document["number"]),
            reference=document["number"],
            trading_partner_id=work.trading_partner_id,
            started_at=moment(document["placed_at"]),
        )

    @api.private
    def _already_there(self, order, document, process):
        """The same order again is done again; an order with the same number and other content is a fault."""
        charged = decimal(document["totals"]["grand_total"])
        same = order.currency_id.name == document["currency"] and not order.currency_id.compare_amounts(
            order.amount_total, float(charged)
        )
        if not same:
            raise Fault(
                "apply.already_applied",
                f"Order {document['number']} is in Odoo already as {order.name} with a total of"
                f" {order.amount_total:.2f} {order.currency_id.name}; this document says"
                f" {charged} {document['currency']}.",
                expected=f"{order.amount_total:.2f} {order.currency_id.name}",
                found=f"{charged} {document['currency']}",
                reference=document["number"],
                subject=f"order {document['number']}",
            )
        return Done(
            effects=[Effect("linked", "sale.order", order.id, order.name)],
            reference=document["number"],
            process_id=process.id,
            note=f"Order {document['number']} was in Odoo already as {order.name}.",
            lines=_accepted(document),
        )

    @api.private
    def _create_order(self, work, document, process):
        currency = self._currency(document)
        products = self._products(work, document)
        customer, invoice_address, delivery_address = self._parties(work, document)
        lines = self._lines(work, document, products, currency)
        order = (
            self.env["sale.order"]
            .with_context(tracking_disable=True, mail_create_nosubscribe=True)
            .create(
                {
                    "company_id": self.env.company.id,
                    "partner_id": customer.id,
                    "partner_invoice_id": invoice_address.id,
                    "partner_shipping_id": delivery_address.id,
                    "pricelist_id": self._pricelist(currency, customer).id,
                    "currency_id": currency.id,
                    "client_order_ref": document["number"],
                    "origin": self._origin(work, document),
                    "reference": document["payment"].get("reference"),
                    "date_order": moment(document["placed_at"]),
                    "commitment_date": document.get("requested_delivery_on") or False,
                    "user_id": customer.user_id.id,
                    "note": plaintext2html(document["note"]) if document.get("note") else False,
                    "require_signature": False,
                    "require_payment": False,
                    "order_line": [Command.create(values) for values in lines],
                    **self._warehouse(work, document),
                }
            )
        )
        self._check_total(order, document)
        process._link(order)
        process._identify(order, work.trading_partner_id, document["number"])
        process.write({"partner_id": customer.id, "currency_id": currency.id, "amount": order.amount_total})
        return order

    @api.private
    def _origin(self, work, document):
        # sudo: the partner's name, which the agent may not read otherwise, is what people look for on the order.
        partner = self.env["sync.trading.partner"].sudo().browse(work.trading_partner_id)
        return " ".join(filter(None, [partner.name, document["number"], document["payment"].get("method")]))

    @api.private
    def _warehouse(self, work, document):
        if not (wanted := document.get("warehouse")):
            return {}
        found = self._xref()._resolve("warehouse", work.trading_partner_id, [wanted["value"]])
        warehouse = self.env["stock.warehouse"].browse(found.get(wanted["value"])).exists() or self.env[
            "stock.warehouse"
        ].search([("code", "=", wanted["value"]), ("company_id", "=", self.env.company.id)], limit=1)
        if not warehouse:
            raise Fault(
                "translate.reference_missing",
                f"Warehouse {wanted['value']} of order {document['number']} is not known.",
                pointer="/warehouse",
                reference=document["number"],
                subject=f"warehouse {wanted['value']}",
            )
        return {"warehouse_id": warehouse.id}

    @api.private
    def _confirm(self, order, document, process, work):
        placed_at = moment(document["placed_at"])
        message = {"sync_message_id": work.message_id}
        process = process.with_context(**message)
        process._reach("order.received", placed_at)
        order.with_context(tracking_disable=True, **message).action_confirm()
        order.date_order = placed_at  # confirming sets it to now
        waiting = order.picking_ids.filtered(lambda p: p.state in ("confirmed", "waiting"))
        if waiting:
            # sudo: reserving follows from the confirmation; Odoo's own scheduler does it as superuser too.
            waiting.sudo().with_context(**message).action_assign()
        keys = [document["number"], document.get("partner_reference"), order.name]
        # sudo: releasing what waits for the order is the engine's work.
        self.env["sync.message"].sudo()._release_waiting("order", [key for key in keys if key])

    @api.private
    def _xref(self):
        # sudo: cross-references are the engine's; the agent sees only those of its own trading partner through us.
        return self.env["sync.xref"].sudo()

    # -- currency --------------------------------------------------------------------------------------------------

    @api.private
    def _currency(self, document):
        code = document["currency"]
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", code)], limit=1)
        company = self.env.company
        if not currency.active:
            raise self._currency_fault(document, f"The currency {code} is not active in Odoo.")
        if currency != company.currency_id and not currency.rate_ids.filtered(
            lambda rate: rate.company_id in (company.root_id, self.env["res.company"])
        ):
            raise self._currency_fault(document, f"The currency {code} has no exchange rate in {company.name}.")
        return currency

    @api.private
    def _currency_fault(self, document, detail):
        return Fault(
            "apply.currency_unknown",
            f"Order {document['number']}: {detail}",
            pointer="/currency",
            found=document["currency"],
            reference=document["number"],
            subject=f"currency {document['currency']}",
        )

    @api.private
    def _pricelist(self, currency, customer):
        """A pricelist in the order's currency, for that is where an order has its currency from.

        Prices come with the order, so the rules of the pricelist do not matter. For the company's own currency none
        is needed; for another one without a pricelist an empty one is made.
        """
        own = customer.property_product_pricelist
        if own.currency_id == currency:
            return own
        if currency == self.env.company.currency_id:
            return self.env["product.pricelist"]
        # sudo: an empty carrier of the currency; it gives nobody another price.
        pricelists = self.env["product.pricelist"].sudo()
        found = pricelists.search(
            [("currency_id", "=", currency.id), ("company_id", "in", (self.env.company.id, False))],
            order="company_id, sequence, id",
            limit=1,
        )
        return (
            found
            or pricelists.create(
                {
                    "name": self.env._("Prices as ordered, %s", currency.name),
                    "currency_id": currency.id,
                    "company_id": self.env.company.id,
                    "sequence": 999,
                }
            )
        ).with_env(self.env)


def _accepted(document):
    """What the customer is told of the lines of an order that was placed: all are taken as they were ordered."""
    return [
        {"id": line["id"], "status": "accepted", "item": line["item"], "quantity": line["quantity"]}
        for line in document["lines"]
    ]
