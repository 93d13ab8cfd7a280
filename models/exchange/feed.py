"""What a partner fetches instead of being sent it."""

import logging

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

from ...core import queue
from ...core.faults import Fault
from ...core.queue import feed
from . import journal, stages
from .batch import Batch
from .cursor import business
from .engine_record import Setting
from .inbound import retrying
from .loading import load
from .outbound import is_outage

_logger = logging.getLogger(__name__)

CHUNK = 100
"""Messages that are acknowledged in one transaction."""
NOTE = "The partner fetched it and acknowledged it."


class SyncFeed(models.Model):
    """The list from which a trading partner fetches: how far it goes. The row is the lock of those who read it."""

    _name = "sync.feed"
    _description = "Feed"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _rec_name = "trading_partner_id"

    trading_partner_id = Setting("sync.trading.partner", string="Trading partner", required=True, readonly=True)
    company_id = Setting("res.company", required=True, readonly=True)
    last_position = fields.Integer(string="Last position", required=True, readonly=True)

    _one_each = models.UniqueIndex("(trading_partner_id)")

    @api.model
    @api.private
    def _acknowledge(self, message_ids, credential_id):
        """The partner has these messages: they are done, with the milestone of their interface, as if delivered.

        What does not wait to be fetched is left alone, so it does no harm to acknowledge twice. A message whose
        interface may not run just now stays where it is.

        :param message_ids: messages of the partner that says so
        :return: the ids of those that are done now
        """
        done = set()
        for start in range(0, len(message_ids), CHUNK):
            done |= self._taken(message_ids[start : start + CHUNK], credential_id)
        return done

    def _taken(self, message_ids, credential_id):
        try:
            return retrying(lambda: self._confirm(message_ids, credential_id))
        except Exception as error:
            if is_outage(error):
                raise
            if len(message_ids) > 1:
                return set().union(*(self._taken([one], credential_id) for one in message_ids))
            # It is offered again: the partner knows it by its id and does nothing twice.
            _logger.exception("Message %s could not be acknowledged", message_ids[0])
            return set()

    def _confirm(self, message_ids, credential_id):
        """Confirm as after a delivery, see ``outbound.py``: the milestone, the stamps and ``done`` are one commit."""
        with business(self.env.registry) as cr:
            batch = Batch(api.Environment(cr, SUPERUSER_ID, {}))  # reaches the milestone the interface stands for
            taken = feed.take_back(cr, self._runnable(batch, message_ids))
            if not taken:
                return set()
            works = load(batch.env, queue.look(cr, taken))
            for work in works:
                work.outcome, work.stage, work.encoded = None, "confirm", None
            stages.confirm.run(batch, works)
            for work in works:
                work.outcome.note = NOTE
            journal.finish(cr, batch, works, "feed")
            cr.execute("UPDATE sync_message SET credential_id = %s WHERE id = ANY(%s)", [credential_id, taken])
            batch.env["sync.exception"]._watch(cr, taken)
            batch.env["sync.engine"]._wake_after_commit()
        return set(taken)

    def _runnable(self, batch, message_ids):
        batch.env.cr.execute("SELECT id, interface_id FROM sync_message WHERE id = ANY(%s)", [list(message_ids)])
        found = []
        for message_id, interface_id in batch.env.cr.fetchall():
            try:
                batch.interface(interface_id)
            except Fault:
                continue  # said on the interface's own form; it is acknowledged again once that is put right
            found.append(message_id)
        return found


class SyncFeedEntry(models.Model):
    """One message in its partner's feed: its position, in whose hands it is, and when it was acknowledged."""

    _name = "sync.feed.entry"
    _description = "Entry of a feed"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "trading_partner_id, position desc"
    _rec_name = "message_id"

    message_id = fields.Many2one("sync.message", required=True, readonly=True, ondelete="cascade")
    trading_partner_id = Setting("sync.trading.partner", string="Trading partner", required=True, readonly=True)
    company_id = Setting("res.company", required=True, readonly=True)
    endpoint_id = Setting("sync.endpoint", required=True, readonly=True)
    document_type_id = Setting("sync.document.type", string="Document type", readonly=True)
    lane_id = fields.Integer(readonly=True)
    position = fields.Integer(required=True, readonly=True)
    available_at = fields.Datetime(string="Can be fetched since", readonly=True)
    offers = fields.Integer(string="Times fetched", readonly=True)
    reader = fields.Char(readonly=True, help="The reading in whose hands it is, or was last.")
    offered_until = fields.Datetime(
        string="In hand until", readonly=True, help="If it is not acknowledged by then, it is given out again."
    )
    acknowledged_at = fields.Datetime(string="Acknowledged", readonly=True)
    reference = fields.Char(related="message_id.reference", string="Document")
    state = fields.Selection(related="message_id.state", string="State of the message")

    _message_once = models.UniqueIndex("(message_id)")
    _in_order = models.UniqueIndex("(trading_partner_id, position)")
    _waiting = models.Index("(trading_partner_id, position) WHERE acknowledged_at IS NULL")
    _in_line = models.Index("(lane_id, position) WHERE acknowledged_at IS NULL")
    _read = models.Index("(trading_partner_id, reader) WHERE reader IS NOT NULL")


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    pulled = fields.Boolean(
        string="The partner fetches its documents",
        tracking=True,
        help="Nothing is sent to an address. What is for the partner waits in its feed, in order, until the partner has"
        " fetched it with a credential that may read, and acknowledged it.",
    )
    feed_seconds = fields.Integer(
        string="In the partner's hands (s)",
        required=True,
        default=60,
        tracking=True,
        help="What was fetched and not acknowledged within this time is given out again.",
    )
    feed_hours = fields.Integer(
        string="Tell somebody after (h)",
        default=24,
        tracking=True,
        help="What was not fetched and acknowledged within this time becomes an exception. It can still be fetched."
        " 0: never.",
    )

    _feed_limits = models.Constraint(
        "CHECK (feed_seconds BETWEEN 1 AND 43200 AND coalesce(feed_hours, 0) >= 0)",
        "What was fetched is in the partner's hands for 1 second to 12 hours; hours are not below 0.",
    )

    @api.depends("direction", "pulled")
    def _compute_transport(self):
        result = super()._compute_transport()
        for endpoint in self.filtered(lambda one: one.direction == "outbound" and one.pulled):
            endpoint.transport = "feed"
        return result

    def write(self, vals):
        if "pulled" in vals and any(one.state != "draft" and one.pulled != bool(vals["pulled"]) for one in self):
            raise UserError(
                self.env._("Whether the partner fetches its documents is settled before the endpoint goes live.")
            )
        result = super().write(vals)
        if "pulled" in vals:
            self.env.registry.clear_cache()
        return result

    @api.private
    def _has_valid_credential(self):
        """Of a feed: of any endpoint by which the partner calls; whoever fetches shows that one's."""
        if self.transport != "feed":
            return super()._has_valid_credential()
        doors = self.trading_partner_id.endpoint_ids.filtered(lambda one: one.direction == "inbound")
        rows = [row for door in doors for row in door._valid_rows("verify")]
        return any(scope.partition(":")[0] == "read" for row in rows for scope in row.scopes)
