"""What another than the owner wrote: proposals that the steward decides, and what he is told."""

import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...core.codecs import codec
from ...core.faults import Fault
from ...core.work import Done, Work
from .ownership import DOMAINS
from .ownership_screen import decided

WAITING = "proposed"
STATES = [
    (WAITING, "Waits for the steward"),
    ("accepted", "Accepted"),
    ("rejected", "Rejected"),
    ("superseded", "Replaced by a newer one"),
    ("told", "Applied, steward told"),
]


class SyncOwnershipWrite(models.Model):
    """One write to what another system owns: a proposal, or a note that it was let through.

    ``proposed -> accepted | rejected | superseded``. Accepting applies what was proposed in the same transaction, under
    a lock of the row: once, however often and by how many it is clicked.
    """

    _name = "sync.ownership.write"
    _description = "Write by another system"
    _inherit = ["sync.transition", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "what"
    _mail_post_access = "read"
    _guarded_fields = ("state", "decided_by", "decided_at")

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    domain = fields.Selection(DOMAINS, required=True, readonly=True)
    what = fields.Char(required=True, readonly=True)
    owner_name = fields.Char(string="System of record", readonly=True)
    reference = fields.Char(string="Of which record", readonly=True, index=True)
    trading_partner_id = fields.Many2one(
        "sync.trading.partner", string="Written by", readonly=True, ondelete="restrict", index=True
    )
    user_id = fields.Many2one("res.users", string="Written by (person)", readonly=True, ondelete="restrict")
    steward_id = fields.Many2one("res.users", readonly=True, ondelete="restrict", index=True)
    message_id = fields.Many2one("sync.message", readonly=True, ondelete="set null", index="btree_not_null")
    interface_id = fields.Many2one("sync.interface", readonly=True, ondelete="restrict")
    whole = fields.Boolean(readonly=True, help="Nothing of the document was applied without the steward.")
    document = fields.Text(readonly=True, help="What of the document is to be applied, as JSON.")
    res_model = fields.Char(string="Model", readonly=True)
    res_id = fields.Many2oneReference(string="Record", model_field="res_model", readonly=True)
    values = fields.Text(readonly=True, help="What of the record is to be changed, as JSON.")
    words = fields.Text(string="Proposed", readonly=True)
    ownership_version = fields.Integer(string="Matrix version", readonly=True)
    state = fields.Selection(STATES, required=True, default=WAITING, readonly=True, index=True, tracking=True)
    decided_by = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    decided_at = fields.Datetime(string="Decided on", readonly=True)
    decision_note = fields.Char(string="Why", tracking=True, help="The reason of the decision; needed to reject.")
    may_decide = fields.Boolean(compute="_compute_may_decide")
    written_by = fields.Char(string="By", compute="_compute_written_by")

    _one_origin = models.Constraint(
        "CHECK ((trading_partner_id IS NULL) <> (user_id IS NULL))", "Either a partner or a person wrote it."
    )
    _known_state = models.Constraint(
        "CHECK (state IN ('proposed', 'accepted', 'rejected', 'superseded', 'told'))", "Unknown state."
    )

    @api.depends("state", "steward_id")
    @api.depends_context("uid")
    def _compute_may_decide(self):
        for entry in self:
            entry.may_decide = entry.state == WAITING and entry._is_steward()

    @api.depends("trading_partner_id", "user_id")
    def _compute_written_by(self):
        for entry in self:
            entry.written_by = entry.trading_partner_id.name or entry.user_id.name

    def _is_steward(self):
        """The steward decides; where none is named, an integration manager does. A person never about himself."""
        self.ensure_one()
        if self.steward_id:
            return self.steward_id == self.env.user
        return self.env.user != self.user_id and self.env.user.has_group("sync_governance.group_manager")

    def write(self, vals):
        if not self.env.su and any(
            name != "decision_note" and not name.startswith(("message_", "activity_")) for name in vals
        ):
            raise UserError(self.env._("What was written is not edited: accept or reject it."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What others wrote is kept."))

    # -- coming to be ----------------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _note(self, entries):
        """Keep writes and tell their stewards; a newer proposal replaces one about the same that still waits.

        :param entries: values of records, ``state`` ``proposed`` or ``told``; as superuser
        """
        kept = self.browse()
        for values in entries:
            state = values.pop("state")
            if state == WAITING:
                self._supersede(values)
            entry = self.with_context(tracking_disable=True).create(values)
            if state != WAITING:
                entry._move({"state": state})
            entry._tell()
            kept |= entry
        return kept

    def _supersede(self, values):
        same = [(name, "=", values.get(name) or False) for name in ("company_id", "domain", "what", "reference")]
        same += [(name, "=", values.get(name) or False) for name in ("trading_partner_id", "res_model", "res_id")]
        older = self.search([*same, ("state", "=", WAITING)])
        older._move({"state": "superseded", "decided_at": fields.Datetime.now()})
        older.activity_unlink(["sync_governance.activity_type_ownership"])

    def _tell(self):
        self.ensure_one()
        if not self.steward_id:
            return
        if self.state == WAITING:
            self.activity_schedule(
                "sync_governance.activity_type_ownership",
                user_id=self.steward_id.id,
                summary=self.env._("%(by)s proposes: %(what)s", by=self.written_by, what=self.what),
            )
        elif not self._told_today():
            self.message_notify(
                partner_ids=self.steward_id.partner_id.ids,
                subject=self.env._("%(by)s changed: %(what)s", by=self.written_by, what=self.what),
                body=self.env._("%(owner)s is its system of record. %(of)s", owner=self.owner_name, of=self.reference),
            )

    def _told_today(self):
        """Whether the steward was told of the same kind of write within a day: the list has them all."""
        same = [(name, "=", self[name].id) for name in ("company_id", "trading_partner_id", "user_id", "steward_id")]
        same += [("what", "=", self.what), ("domain", "=", self.domain), ("state", "=", "told"), ("id", "<", self.id)]
        since = fields.Datetime.now() - timedelta(days=1)
        return bool(self.search_count([*same, ("create_date", ">", since)], limit=1))

    # -- the decision ----------------------------------------------------------------------------------------------

    def action_accept(self):
        """proposed -> accepted: what was proposed is applied now."""
        for entry in self:
            entry._decide("accepted")

    def action_reject(self):
        """proposed -> rejected; says why."""
        for entry in self:
            if not (entry.decision_note or "").strip():
                raise UserError(self.env._("Say why under “Why”: the sender will ask."))
            entry._decide("rejected")

    def _decide(self, state):
        self.ensure_one()
        # The row first: of two who decide at once the later one waits here, and then finds it decided.
        self.env.cr.execute("SELECT state FROM sync_ownership_write WHERE id = %s FOR UPDATE", [self.id])
        self.invalidate_recordset(["state"])
        self._expect_state(WAITING)
        if not self._is_steward():
            raise AccessError(
                self.env._(
                    "%s decides about this.", self.steward_id.name or self.env._("The steward, an integration manager")
                )
            )
        entry = self.sudo()  # sudo: the right to decide was checked one line above
        if state == "accepted":
            entry._apply()
        entry._move({"state": state, "decided_by": self.env.uid, "decided_at": fields.Datetime.now()})
        entry.activity_unlink(["sync_governance.activity_type_ownership"])

    def _apply(self):
        if self.document:
            self._apply_document()
        else:
            self._apply_values()

    def _apply_values(self):
        """Change the record as the person wanted it, with that person's rights."""
        record = self.env[self.res_model].with_user(self.user_id).browse(self.res_id).exists()
        if not record:
            raise UserError(self.env._("%s is not there any more.", self.reference))
        with decided():
            record.with_company(self.company_id).write(json.loads(self.values))

    def _apply_document(self):
        """Apply the document as the endpoint's own user, by its handler, as the engine would have."""
        interface = self.interface_id
        if reasons := interface._why_not_runnable():
            raise UserError("\n".join(reasons))
        work = self._work()
        agent = self.env(
            user=interface.endpoint_id.user_id,
            su=False,
            context={"allowed_company_ids": self.company_id.ids, "lang": "en_US"},
        )
        handler = agent["sync.handler"]._for(interface.handler or None, interface.document_type_id.code)
        try:
            (outcome,) = handler._apply([work])
        except Fault as fault:
            outcome = fault
        if not isinstance(outcome, Done):
            detail = outcome.detail if isinstance(outcome, Fault) else outcome.fault.detail
            raise UserError(self.env._("It cannot be applied: %s", detail))
        work.outcome = outcome
        self.env["sync.engine"]._keep_effects(work, acknowledge=bool(self.whole))

    def _work(self):
        message = self.message_id
        return Work(
            message_id=message.id,
            uid=message.uid or f"proposal_{self.id}",
            direction="inbound",
            endpoint_id=self.interface_id.endpoint_id.id,
            interface_id=self.interface_id.id,
            trading_partner_id=self.trading_partner_id.id,
            company_id=self.company_id.id,
            document_type=self.interface_id.document_type_id.code,
            attempt=0,
            received_at=fields.Datetime.now(),
            process_id=message.process_id.id or None,
            reference=self.reference,
            canonical=codec("json").decode(self.document.encode()),
            stage="apply",
        )

    def action_open_record(self):
        """Open what a person wanted to change, or the message that brought the document."""
        self.ensure_one()
        model, res_id = ("sync.message", self.message_id.id) if self.message_id else (self.res_model, self.res_id)
        return {"type": "ir.actions.act_window", "res_model": model, "res_id": res_id, "views": [(False, "form")]}
