"""Who still uses a version that is deprecated, day by day; and when it ends."""

from odoo import api, fields, models
from odoo.tools import format_date

from ...core.queue import schedule_in, watermark

DUE = "contract.use"
READER = "contract uses"
EVERY_SECONDS = 60.0

COUNT = """
    INSERT INTO sync_contract_use AS u (contract_id, trading_partner_id, company_id, day, documents)
    SELECT m.contract_id, m.trading_partner_id, m.company_id, a.ended_at::date, count(DISTINCT m.id)
      FROM sync_attempt a
      JOIN sync_message m ON m.id = a.message_id
      JOIN sync_contract c ON c.id = m.contract_id AND c.state = 'deprecated' AND a.ended_at >= c.deprecated_at
     WHERE a.id > %s AND a.id <= %s AND a.outcome IN ('done', 'failed', 'superseded')
     GROUP BY 1, 2, 3, 4
    ON CONFLICT (contract_id, trading_partner_id, day) DO UPDATE SET documents = u.documents + EXCLUDED.documents
"""


class SyncContractUse(models.Model):
    """Documents of one partner and day (UTC) under a version that was deprecated; counted a minute or two later."""

    _name = "sync.contract.use"
    _description = "Use of a deprecated version"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "day desc, contract_id"
    _rec_name = "day"

    contract_id = fields.Many2one("sync.contract", required=True, readonly=True, ondelete="cascade")
    trading_partner_id = fields.Many2one(
        "sync.trading.partner", string="Trading partner", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", readonly=True)
    day = fields.Date(required=True, readonly=True)
    documents = fields.Integer(readonly=True)

    _once = models.UniqueIndex("(contract_id, trading_partner_id, day)")

    def init(self):
        watermark.begin(self.env.cr, READER, "sync_attempt", DUE)


class SyncDueContractUse(models.AbstractModel):
    """The minute in which the use of deprecated versions is counted."""

    _name = "sync.due.contract.use"
    _description = "Time to count deprecated versions"
    _inherit = ["sync.due.kind"]
    _kind = DUE
    _title = "Use of deprecated versions is counted"

    @api.model
    @api.private
    def _due(self, due_times):
        found = watermark.next_range(self.env.cr, READER, "sync_attempt")
        if found:
            self.env.cr.execute(COUNT, found)
            self.env["sync.contract.use"].invalidate_model()
        behind = found and found[1] - found[0] >= watermark.LONGEST_RANGE
        schedule_in(self.env.cr, DUE, [(0, None, 0.0 if behind else EVERY_SECONDS)])


class SyncContract(models.Model):
    _inherit = "sync.contract"

    use_ids = fields.One2many("sync.contract.use", "contract_id", string="Use since it was deprecated", readonly=True)

    @api.private
    def _use_in_words(self):
        """Besides, who has used a deprecated version, also without an interface that still names it."""
        found = super()._use_in_words()
        if not self.ids:
            return found
        uses = self.env["sync.contract.use"].sudo()  # sudo: counts only
        counted = uses._read_group(
            [("contract_id", "in", self.ids)], ["trading_partner_id"], ["documents:sum", "day:max"]
        )
        return found + [
            self.env._(
                "%(partner)s: %(count)s documents since it was deprecated, the last on %(day)s",
                partner=partner.name,
                count=count,
                day=format_date(self.env, day),
            )
            for partner, count, day in counted
        ]

    def _deprecated_since(self):
        """Since when the version is deprecated (naive UTC), or None."""
        return self.deprecated_at or None if self.state == "deprecated" else None

    @api.private
    def _ending(self):
        """The last day and what follows, as (date, text), or (None, None) for a contract that does not end."""
        if self.state != "deprecated" or not self.sunset_date:
            return None, None
        newest = self.sudo().search(  # sudo: the version that follows is the same whoever asks
            [*self._sibling_domain(), ("state", "=", "approved")]
        )
        successor = max(newest, key=lambda version: tuple(map(int, version.version.split("."))), default=None)
        return self.sunset_date, successor.display_name if successor else None
