"""How much may be on its way to an endpoint."""

from odoo import fields, models

from ...core.table import arrange


class SyncEndpointTraffic(models.Model):
    """The token bucket of an endpoint that has a limit: the one row that its deliveries of all workers meet on.

    Apart from the endpoint, whose row people edit and the claim reads: this one is written with every round of
    deliveries. See ``core.queue.traffic``.
    """

    _name = "sync.endpoint.traffic"
    _description = "Traffic to an endpoint"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _rec_name = "endpoint_id"

    endpoint_id = fields.Many2one("sync.endpoint", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    tokens = fields.Float(readonly=True, help="Deliveries that may go out at once, when they were last counted.")
    refilled_at = fields.Datetime(string="Counted", readonly=True)

    _one_each = models.UniqueIndex("(endpoint_id)")

    def init(self):
        # Updated in place: the row keeps its page, and vacuum has little to do.
        arrange(self.env.cr, self._table, storage={"fillfactor": 50})


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    delivery_rate = fields.Float(
        string="Deliveries per second",
        digits=(12, 3),
        tracking=True,
        help="At most so many, counted over all workers. 0.1 is one in ten seconds; 0 is without a limit.",
    )
    delivery_burst = fields.Integer(
        string="After a rest at once",
        default=1,
        tracking=True,
        help="So many may go out together when nothing was sent for a while.",
    )
    most_in_flight = fields.Integer(
        string="Under way at once",
        tracking=True,
        help="So many deliveries may wait for the partner's answer at a time, counted over all workers."
        " 0: as many as the workers have room for.",
    )

    _traffic_limits = models.Constraint(
        "CHECK (coalesce(delivery_rate, 0) >= 0 AND coalesce(delivery_burst, 1) >= 1"
        " AND coalesce(most_in_flight, 0) >= 0)",
        "A rate and a number under way are not negative, and at least one goes out after a rest.",
    )
