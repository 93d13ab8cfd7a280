"""What partners say to what we sent: awaited, given, overdue."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...core import queue
from .engine_record import Setting
from .payload import CONTENT_GROUPS

LEVELS = [
    ("received", "Receipt"),
    ("syntax", "Syntax"),
    ("business", "Business"),
]
STATES = [
    ("awaited", "Awaited"),
    ("accepted", "Accepted"),
    ("accepted_with_changes", "Accepted with changes"),
    ("accepted_with_errors", "Accepted with errors"),
    ("rejected", "Rejected"),
    ("overdue", "Overdue"),
]
DUE = "acknowledgement.overdue"
REJECTED, OVERDUE = "acknowledge.rejected", "acknowledge.overdue"

# In the transaction that turns the message done. An acknowledgement may have come before that; what is overdue stays so
# when it was sent again, and is looked at anew.
_AWAIT = """
    INSERT INTO sync_acknowledgement AS a (message_id, level, state, due_at, resends, company_id, trading_partner_id,
                                           endpoint_id, interface_id, document_type_id)
    SELECT m.id, t.level, 'awaited', (now() AT TIME ZONE 'UTC') + make_interval(secs => t.seconds), 0, m.company_id,
           m.trading_partner_id, m.endpoint_id, t.interface_id, t.document_type_id
      FROM unnest(%s::int[], %s::text[], %s::float8[], %s::int[], %s::int[])
           AS t(message_id, level, seconds, interface_id, document_type_id)
      JOIN sync_message m ON m.id = t.message_id
    ON CONFLICT (message_id, level) DO UPDATE
       SET due_at = CASE WHEN a.state = 'overdue' THEN a.due_at ELSE EXCLUDED.due_at END
     WHERE a.state IN ('awaited', 'overdue')
    RETURNING message_id, level, id, company_id
"""
# Whatever comes last holds; what says the same again changes nothing.
_GIVEN = """
    INSERT INTO sync_acknowledgement AS a (message_id, level, state, answered_at, answer_message_id, detail, resends,
                                           company_id, trading_partner_id, endpoint_id, interface_id, document_type_id)
    SELECT m.id, %s, %s, now() AT TIME ZONE 'UTC', %s, %s, 0, m.company_id, m.trading_partner_id, m.endpoint_id,
           m.interface_id, m.document_type_id
      FROM sync_message m WHERE m.id = %s
    ON CONFLICT (message_id, level) DO UPDATE
       SET state = EXCLUDED.state, answered_at = EXCLUDED.answered_at, detail = EXCLUDED.detail,
           answer_message_id = EXCLUDED.answer_message_id
     WHERE (a.state, a.detail) IS DISTINCT FROM (EXCLUDED.state, EXCLUDED.detail)
    RETURNING id
"""


class SyncAcknowledgement(models.Model):
    """One level at which a partner acknowledges one message of ours: it is readable, or it is decided as business.

    That a message was received at all, the first level, is what its delivery says; it stands here only where a partner
    says so apart from that (TA1, CONTRL).
    """

    _name = "sync.acknowledgement"
    _description = "Acknowledgement"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id desc"
    _rec_name = "message_id"

    message_id = fields.Many2one("sync.message", string="Document", required=True, readonly=True, ondelete="cascade")
    level = fields.Selection(
        LEVELS,
        required=True,
        readonly=True,
        help="Receipt: it arrived. Syntax: it can be read. Business: the partner has decided about it.",
    )
    state = fields.Selection(STATES, required=True, readonly=True)
    due_at = fields.Datetime(string="Due", readonly=True)
    answered_at = fields.Datetime(string="Given", readonly=True)
    answer_message_id = fields.Many2one(
        "sync.message", string="Given by", readonly=True, ondelete="set null", index="btree_not_null"
    )
    detail = fields.Text(string="What the partner names", readonly=True, groups=CONTENT_GROUPS)
    resends = fields.Integer(string="Sent again", readonly=True)
    company_id = Setting("res.company", required=True, readonly=True)
    trading_partner_id = Setting("sync.trading.partner", string="Trading partner", required=True, readonly=True)
    endpoint_id = Setting("sync.endpoint", readonly=True)
    interface_id = Setting("sync.interface", readonly=True)
    document_type_id = Setting("sync.document.type", string="Document type", readonly=True)
    control_number = fields.Char(string="Control number", compute="_compute_control_number")

    _once = models.UniqueIndex("(message_id, level)")
    _open = models.Index("(state, due_at) WHERE state IN ('awaited', 'overdue', 'rejected')")

    def _compute_control_number(self):
        known = self.env["sync.interchange"].search([("message_id", "in", self.message_id.ids)])
        numbers = {interchange.message_id: interchange.reference for interchange in known}
        for each in self:
            each.control_number = numbers.get(each.message_id)

    # -- the engine's door -----------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _await(self, batch, works):
        """The policy awaits acknowledgements of these works, which were delivered: say until when."""
        rows = [
            (work.message_id, level, seconds, interface.id, interface.document_type_id)
            for work in works
            for interface in [batch.interface(work.interface_id)]
            for level, seconds in interface.awaits
            if interface.document_type not in ("interchange.acknowledgement", "acknowledgement")
        ]
        if not rows:
            return
        cr = self.env.cr
        cr.execute(_AWAIT, [list(column) for column in zip(*rows, strict=True)])
        seconds = {row[:2]: row[2] for row in rows}
        queue.schedule_in(cr, DUE, [(row[2], row[3], seconds[row[0], row[1]]) for row in cr.fetchall()])

    @api.model
    @api.private
    def _give(self, message, level, state, detail, answer_message_id, tell=True):
        """A partner has spoken about ``message`` (a record); returns whether that was new.

        A level that is given says that those below it are over too: what was decided was readable.

        :param tell: a rejection opens an exception; not where whoever took the answer has told people already
        """
        cr = self.env.cr
        cr.execute(_GIVEN, [level, state, answer_message_id, detail or None, message.id])
        row = cr.fetchone()
        if not row:
            return False
        self.env["sync.due"]._cancel(DUE, [row[0]])
        self.invalidate_model()
        acknowledgement = self.browse(row[0])
        if level == "business":
            acknowledgement._lower_is_over(answer_message_id)
        if state == "rejected" and tell:
            acknowledgement._tell(REJECTED, detail)
        elif state != "rejected":
            acknowledgement._no_longer(REJECTED)
        acknowledgement._no_longer(OVERDUE)
        return True

    def _lower_is_over(self, answer_message_id):
        """Whoever decides about a document has read it: its syntax is not awaited any more."""
        self.env.cr.execute(
            """UPDATE sync_acknowledgement
                  SET state = 'accepted', answered_at = now() AT TIME ZONE 'UTC', answer_message_id = %s
                WHERE message_id = %s AND level = 'syntax' AND state IN ('awaited', 'overdue') RETURNING id""",
            [answer_message_id, self.message_id.id],
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        if ids:
            self.env["sync.due"]._cancel(DUE, ids)
            self.browse(ids)._no_longer(OVERDUE)

    @api.private
    def _tell(self, code, detail):
        """Open the exception of this acknowledgement, or count it once more."""
        message = self.message_id
        self.env["sync.exception"]._open(
            code,
            detail=detail,
            subject=self._subject(),
            company=self.company_id,
            document=message.display_name,
            document_domain=message.document_type_id.domain,
            trading_partner=self.trading_partner_id,
            interface=self.interface_id,
            process=message.process_id,
        )

    @api.private
    def _no_longer(self, code):
        for each in self:
            self.env["sync.exception"]._over(
                code,
                subject=each._subject(),
                company=each.company_id,
                interface=each.interface_id,
                note=self.env._("The partner has acknowledged it."),
            )

    def _subject(self):
        return f"acknowledgement {self.level} of {self.message_id.uid}"

    def action_open_message(self):
        """The document that is acknowledged."""
        self.ensure_one()
        return _form(self.message_id)

    def action_open_answer(self):
        """The message by which the partner said it."""
        self.ensure_one()
        if not self.answer_message_id:
            raise UserError(self.env._("The partner has not answered yet, or its answer is not kept any more."))
        return _form(self.answer_message_id)


def _form(message):
    return {
        "type": "ir.actions.act_window",
        "res_model": "sync.message",
        "res_id": message.id,
        "view_mode": "form",
        "views": [(False, "form")],
    }


class SyncAcknowledgementDue(models.AbstractModel):
    """An acknowledgement that has not come by its time: a person is told once, and the document may be sent again."""

    _name = "sync.due.acknowledgement"
    _description = "Overdue acknowledgements"
    _inherit = ["sync.due.kind"]
    _kind = DUE
    _title = "An acknowledgement is due"
    _about = "sync.acknowledgement"

    @api.model
    @api.private
    def _due(self, due_times):
        cr = self.env.cr
        cr.execute(
            """SELECT id, state FROM sync_acknowledgement
                WHERE id = ANY(%s) AND state IN ('awaited', 'overdue') AND due_at <= now() AT TIME ZONE 'UTC'
                ORDER BY id FOR NO KEY UPDATE""",
            [[due.res_id for due in due_times]],
        )
        rows = cr.fetchall()
        acknowledgements = self.env["sync.acknowledgement"]
        first = acknowledgements.browse([row[0] for row in rows if row[1] == "awaited"])
        cr.execute("UPDATE sync_acknowledgement SET state = 'overdue' WHERE id = ANY(%s)", [first.ids])
        acknowledgements.invalidate_model()
        for each in first:
            each._tell(OVERDUE, self._sentence(each))
        again = acknowledgements.browse([row[0] for row in rows]).filtered(self._may_be_sent_again)
        if not again:
            return
        cr.execute("UPDATE sync_acknowledgement SET resends = resends + 1 WHERE id = ANY(%s)", [again.ids])
        acknowledgements.invalidate_model()
        # As it was: under the same control number and message id. Its delivery sets the next time.
        self.env["sync.command"]._give(
            "replay", message_ids=again.message_id.ids, starts={"outbound": "deliver"}, versions="then"
        )

    def _may_be_sent_again(self, acknowledgement):
        policy = acknowledgement.message_id.policy_id or acknowledgement.interface_id.policy_id
        message = acknowledgement.message_id
        # What the partner has rejected is mended, and not sent as it was.
        done = message.state == "done" and "rejected" not in message.acknowledgement_ids.mapped("state")
        return done and acknowledgement.resends < (policy.resend_times or 0)

    def _sentence(self, acknowledgement):
        what = (
            self.env._("that it can read the document")
            if acknowledgement.level == "syntax"
            else self.env._("what becomes of the document")
        )
        number = acknowledgement.control_number
        return self.env._(
            "%(partner)s was to confirm %(what)s by %(due)s UTC.%(number)s",
            partner=acknowledgement.trading_partner_id.name,
            what=what,
            due=acknowledgement.due_at.strftime("%Y-%m-%d %H:%M"),
            number=self.env._(" Its control number is %s.", number) if number else "",
        )
