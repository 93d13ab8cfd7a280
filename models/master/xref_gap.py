"""Codes that documents wait for."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...core.codecs import codec
from ...core.faults import Fault
from .xref import DOMAINS

CODES = ("apply.product_unknown", "translate.reference_missing", "translate.reference_ambiguous")

# The single faults of the last attempt of each failed document, and in them what core.triage.identifier_of reads: the
# domain and the partner's code.
ROWS = """
    WITH waiting AS (
        SELECT m.id, m.company_id, m.trading_partner_id, m.exception_id, m.created_at, a.faults::jsonb AS faults,
               1 + (SELECT count(*) FROM sync_lane l JOIN sync_message b ON b.lane_id = l.id AND b.state = 'ready'
                     WHERE l.blocked_message_id = m.id AND b.id > m.id) AS held_up
          FROM sync_message m
          JOIN LATERAL (SELECT faults FROM sync_attempt WHERE message_id = m.id ORDER BY id DESC LIMIT 1) a ON true
         WHERE m.state = 'failed' AND a.faults IS NOT NULL AND m.exception_id IN %(exceptions)s
    ), fault AS (
        SELECT w.*, f AS fault, coalesce(f ->> 'domain', CASE f ->> 'code' WHEN 'apply.product_unknown' THEN 'product'
                    ELSE split_part(btrim(f ->> 'subject'), ' ', 1) END) AS domain,
               regexp_replace(btrim(coalesce(f ->> 'subject', '')), '\\s+', ' ', 'g') AS subject
          FROM waiting w CROSS JOIN LATERAL jsonb_path_query(w.faults, 'strict $.**') f
         WHERE jsonb_typeof(f) = 'object' AND f ->> 'code' = ANY(%(codes)s) AND NOT coalesce(f ? 'causes', false)
    ), named AS (
        SELECT *, CASE WHEN starts_with(subject, replace(domain, '_', ' ') || ' ')
                       THEN substr(subject, length(domain) + 2) ELSE fault ->> 'found' END AS external_id
          FROM fault
    )
    SELECT (hashtextextended(concat_ws(' ', company_id, trading_partner_id, domain, external_id), 0)
            & x'fffffffffffff'::bigint) + 1 AS id,
           company_id, trading_partner_id, domain, external_id,
           bool_or(fault ->> 'code' = 'translate.reference_ambiguous') AS ambiguous,
           count(DISTINCT id) AS document_count, sum(held_up)::integer AS waiting_count,
           min(created_at) AS first_seen_at, min(id) AS message_id, min(fault ->> 'detail') AS detail,
           (array_agg(fault ->> 'pointer' ORDER BY id))[1] AS pointer,
           array_to_json(array_agg(DISTINCT exception_id))::text AS exception_ids
      FROM (SELECT DISTINCT ON (id, domain, external_id) * FROM named
             WHERE external_id <> '' AND domain = ANY(%(domains)s) ORDER BY id, domain, external_id) AS once
     GROUP BY company_id, trading_partner_id, domain, external_id
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
    detail = fields.Char(string="Where", readonly=True)
    pointer = fields.Char(readonly=True)
    message_id = fields.Many2one("sync.message", string="First document", readonly=True)
    exception_ids = fields.Char(readonly=True, help="JSON list of the ids of the exceptions.")

    @property
    def _table_query(self):
        readable = self.env["sync.exception"]._search([("is_open", "=", True)])
        self.env["sync.exception"].flush_model(["is_open"])
        return SQL(ROWS, exceptions=readable.subselect(), codes=list(CODES), domains=[name for name, _title in DOMAINS])

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
