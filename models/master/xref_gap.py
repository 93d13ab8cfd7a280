"""Codes that documents wait for."""

import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...core.codecs import codec
from ...core.faults import Fault
from ...core.triage import missing_codes
from .xref import DOMAINS

# How many documents stand behind each that holds up its line is counted once for all.
ROWS = """
    WITH missing AS (
        SELECT m.id, m.company_id, m.trading_partner_id, m.exception_id, m.created_at, c.domain, c.external_id,
               c.ambiguous
          FROM sync_missing_code c JOIN sync_message m ON m.id = c.message_id
         WHERE m.state = 'failed' AND c.domain = ANY(%(domains)s) AND m.exception_id IN %(exceptions)s
    ), behind AS (
        SELECT l.blocked_message_id AS id, count(*) AS documents
          FROM sync_lane l JOIN sync_message b ON b.lane_id = l.id AND b.state = 'ready' AND b.id > l.blocked_message_id
         GROUP BY l.blocked_message_id
    )
    SELECT (hashtextextended(concat_ws(' ', company_id, trading_partner_id, domain, external_id), 0)
            & x'fffffffffffff'::bigint) + 1 AS id,
           company_id, trading_partner_id, domain, external_id, bool_or(ambiguous) AS ambiguous,
           count(*)::integer AS document_count, sum(1 + coalesce(documents, 0))::integer AS waiting_count,
           min(created_at) AS first_seen_at, min(id) AS message_id,
           array_to_json(array_agg(DISTINCT exception_id))::text AS exception_ids
      FROM missing LEFT JOIN behind USING (id)
     GROUP BY company_id, trading_partner_id, domain, external_id
"""
_FAULTS = """
    SELECT DISTINCT ON (message_id) message_id, faults
      FROM sync_attempt WHERE message_id = ANY(%s) ORDER BY message_id, id DESC
"""


class SyncXrefGap(models.Model):
    """A partner's code that is not known, or not clear, and what waits for it. Read from the open exceptions of the
    moment, those that the user may read: who does not see an exception does not see its codes."""

    _name = "sync.xref.gap"
    _description = "Missing cross-reference"
    _auto = False
    _log_access = False
    _order = "waiting_count desc, first_seen_at, id"
    _rec_name = "external_id"

    domain = fields.Selection(DOMAINS, string="Kind", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    trading_partner_id = fields.Many2one("sync.trading.partner", string="Trading partner", readonly=True)
    external_id = fields.Char(string="The partner writes", readonly=True)
    ambiguous = fields.Boolean(readonly=True, help="Several things fit. Otherwise none does.")
    document_count = fields.Integer(string="Documents with it", readonly=True)
    waiting_count = fields.Integer(
        string="Documents waiting",
        readonly=True,
        aggregator="sum",
        help="Those in which the code stands, and those behind them in the same line.",
    )
    first_seen_at = fields.Datetime(string="Since", readonly=True)
    detail = fields.Char(string="Where", compute="_compute_detail")
    pointer = fields.Char(compute="_compute_detail", help="The place in the first document.")
    message_id = fields.Many2one("sync.message", string="First document", readonly=True)
    exception_ids = fields.Char(readonly=True, help="JSON list of the ids of the exceptions.")

    @property
    def _table_query(self):
        readable = self.env["sync.exception"]._search([("is_open", "=", True)])
        self.env["sync.exception"].flush_model(["is_open"])
        return SQL(ROWS, exceptions=readable.subselect(), domains=[name for name, _title in DOMAINS])

    @api.depends("message_id", "domain", "external_id")
    def _compute_detail(self):
        """What the first document says of the code: its faults are read for the rows that are shown, not for all."""
        self.env.cr.execute(_FAULTS, [self.message_id.ids])
        said = {message_id: missing_codes(json.loads(faults or "[]")) for message_id, faults in self.env.cr.fetchall()}
        for gap in self:
            fault = said.get(gap.message_id.id, {}).get((gap.domain, gap.external_id), {})
            gap.detail, gap.pointer = fault.get("detail"), fault.get("pointer")

    def action_complete(self):
        """Say what these codes mean, all at once."""
        if not self:
            raise UserError(self.env._("Select the codes first."))
        wizard = self.env["sync.xref.complete"]._for_gaps(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What do these codes mean?"),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
        }

    @api.private
    def _documents(self):
        """{gap id: the document in which its code stands, decoded, or None} with the rights of the user."""
        found = {}
        for gap in self:
            message = gap.message_id
            texts = (message.canonical_text, message.received_text) if message.has_access("read") else ()
            found[gap.id] = next((read for text in texts if (read := _read(message, text)) is not None), None)
        return found


def _read(message, text):
    """The document in a body as the user is shown it; None for what cannot be read as one."""
    endpoint = message.endpoint_id
    if not text:
        return None
    for name, options in (("json", ""), (endpoint.codec, endpoint.codec_options or "")):
        try:
            return codec(name, options).decode(text.encode())
        except Fault:
            continue  # hints only: without them there are fewer suggestions
    return None
