"""Transfers to customers move their process: requested, shipped, their parcels."""

from odoo import api, fields, models

from ...core.faults import Fault


class StockPicking(models.Model):
    _name = "stock.picking"
    _inherit = ["stock.picking", "sync.governed"]

    fulfilment_requested_at = fields.Datetime(
        string="Warehouse asked", copy=False, readonly=True, help="When the warehouse was asked to ship this transfer."
    )
    governed_carrier_code = fields.Char(string="Carrier code", copy=False, readonly=True)
    dispatch_notice_id = fields.Many2one(
        "mail.message", copy=False, readonly=True, ondelete="set null", help="The e-mail that told the customer."
    )

    # -- which process ---------------------------------------------------------------------------------------------

    @api.model
    def _governed_shipment(self, number):
        """The transfer of that name in the environment's company.

        :raises Fault: ``apply.shipment_unknown``
        """
        picking = self.search([("name", "=", number), ("company_id", "=", self.env.company.id)], limit=1)
        if not picking:
            raise Fault(
                "apply.shipment_unknown",
                f"There is no transfer {number} in {self.env.company.name}.",
                found=number,
                reference=number,
                subject=f"transfer {number}",
            )
        return picking

    def _join_process(self, process):
        """Make transfers to the customer part of the process of their order; each new one is expected to be shipped."""
        outgoing = self.filtered(lambda p: p.picking_type_code == "outgoing")
        if joined := process._link(outgoing):
            process._expect("shipment", joined)

    def _governed_by_order(self):
        """``{process: transfers to its customer}``; transfers that came later (backorders) join here."""
        outgoing = self.filtered(lambda p: p.picking_type_code == "outgoing" and p.sale_id)
        if not outgoing:
            return {}
        by_order = self.env["sync.process"]._by_record(outgoing.sale_id)
        result = {}
        for picking in outgoing.filtered(lambda p: p.sale_id.id in by_order):
            process = by_order[picking.sale_id.id]
            result[process] = result.get(process, self.browse()) | picking
        for process, pickings in result.items():
            pickings._join_process(process)
        return result

    def _fulfilment_chain(self):
        """The transfers of one request to the warehouse: the first, then the backorders that carry on."""
        chain = self
        while chain[:1].backorder_id:
            chain = chain[:1].backorder_id | chain
        while following := chain.backorder_ids - chain:
            chain |= following
        return chain

    # -- reserved and requested ------------------------------------------------------------------------------------

    def _after_reservation(self):
        self.sale_id._note_standing()
        for process, pickings in self._governed_by_order().items():
            ready = pickings.filtered(lambda p: p.state == "assigned" and not p._was_requested())
            if ready:
                # sudo: that the warehouse was asked is recorded whoever reserved the goods.
                ready.sudo().fulfilment_requested_at = fields.Datetime.now()
                self.env["sync.event"]._mark("fulfilment.request", ready)
                self.env["sync.message"].sudo()._release_waiting("shipment", ready.mapped("name"))  # sudo: the engine's
            process._reach_stock_reserved()

    def _was_requested(self):
        """A backorder carries on with the request of the transfer it comes from and is not requested again."""
        return any(self._fulfilment_chain().mapped("fulfilment_requested_at"))

    # -- shipped ---------------------------------------------------------------------------------------------------

    def _action_done(self):
        result = super()._action_done()
        self.sale_id._note_standing()
        for process, pickings in self._governed_by_order().items():
            for picking in pickings.filtered(lambda p: p.state == "done"):
                picking._follow_parcels(process)
                process._reach("shipment.confirmed", picking._shipped_at(), picking)
            pickings.backorder_ids._join_process(process)
            self.env["sync.event"]._mark("shipment.dispatched", pickings.filtered(lambda p: p.state == "done"))
            process._reach_goods_shipped(pickings)
        return result

    def action_cancel(self):
        result = super().action_cancel()
        self.sale_id._note_standing()
        return result

    def _shipped_at(self):
        self.ensure_one()
        return self.env.context.get("sync_occurred_at") or self.date_done or fields.Datetime.now()

    # -- parcels ---------------------------------------------------------------------------------------------------

    def write(self, vals):
        result = super().write(vals)
        if vals.get("carrier_tracking_ref"):
            self.sale_id._note_standing()
            for picking_id, process in self.env["sync.process"]._by_record(self).items():
                picking = self.browse(picking_id)
                if picking.state == "done":
                    picking._follow_parcels(process)
        return result

    def _tracking_numbers(self):
        return [number.strip() for number in (self.carrier_tracking_ref or "").split(",") if number.strip()]

    def _follow_parcels(self, process):
        """Expect the carrier's milestones of a shipped transfer, and let tracking events in that waited for it."""
        numbers = self._tracking_numbers()
        # sudo: parcels are the process's record of what the transfer says.
        if numbers and self.env["sync.parcel"].sudo()._record(self, process, numbers):
            process._expect("shipment", self, tracked=True)
            self.env["sync.message"].sudo()._release_waiting("shipment", numbers)  # sudo: the engine's

    def _dispatch_recipient(self):
        """Whom to tell that the goods are on their way: the receiver, else the customer of the order."""
        customer = self.sale_id.partner_id or self.partner_id
        return self.partner_id if self.partner_id.email else customer
