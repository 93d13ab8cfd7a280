"""Erase what the exchange has kept about a person."""

from odoo import fields, models
from odoo.exceptions import UserError

from ..core.security.erasure import Identifier
from ..core.security.keyring import KeyProblem
from ..models.audit.erasing import OWN_COUNT

SHOWN = 20


class SyncPersonalErase(models.TransientModel):
    """First what was found is shown, then it is erased. Orders, invoices and contacts of Odoo are not touched."""

    _name = "sync.personal.erase"
    _description = "Erase personal data"

    kind = fields.Selection(
        [("email", "E-mail address"), ("phone", "Telephone"), ("name", "Name"), ("order", "Order number")],
        string="Known by",
        required=True,
        default="email",
    )
    value = fields.Char(string="Which", required=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    reason = fields.Char(string="Why", help="It is kept in the audit trail, without the person.")
    is_looked = fields.Boolean(readonly=True)
    is_erased = fields.Boolean(readonly=True)
    found = fields.Text(readonly=True)

    def _identifier(self):
        self.ensure_one()
        try:
            return Identifier(self.kind, self.value or "")
        except ValueError as problem:
            raise UserError(self.env._("That could mean anybody: enter more of it.")) from problem

    def _guarded(self):
        """The room that erases, for whoever may, in a company that he works in."""
        self.env["sync.erasure"]._check_may()
        self.company_id.check_access("read")
        if self.company_id not in self.env.companies:
            raise UserError(self.env._("Choose a company that you work in."))
        return self.env["sync.erasure"]

    def action_look(self):
        """Show what there is; nothing changes."""
        room, identifier = self._guarded(), self._identifier()
        found = room._find(identifier, self.company_id)
        self.env["sync.audit.entry"]._note("access", "search person", identifier=identifier.kind)
        self.write({"found": self._in_words(found, room, identifier), "is_looked": True})
        return self._again()

    def action_erase(self):
        """Take it out."""
        room = self._guarded()
        if not self.is_looked:
            raise UserError(self.env._("Look first at what would be erased."))
        try:
            found = room._erase(self._identifier(), self.company_id, self.reason)
        except KeyProblem as problem:
            raise UserError(problem.detail) from problem
        # What was looked for is not kept by the wizard either.
        self.write({"found": self._counted(found), "is_erased": True, "value": "•••"})
        return self._again()

    def _in_words(self, found, room, identifier):
        lines = [self._counted(found)]
        try:
            before = room._erased_before(identifier)
        except KeyProblem as problem:
            raise UserError(problem.detail) from problem
        if before:
            lines.append(self.env._("Erased before on: %s", ", ".join(str(e.occurred_at.date()) for e in before)))
        # sudo: names of documents, for who may erase what they say
        messages = self.env["sync.message"].sudo().browse(found.message_ids[:SHOWN])
        lines += [f"– {message.display_name}" for message in messages]
        if len(found.message_ids) > SHOWN:
            lines.append(self.env._("… and %s more", len(found.message_ids) - SHOWN))
        return "\n".join(lines)

    def _counted(self, found):
        counts = [
            (len(found.payload_ids), self.env._("bodies of documents")),
            (len(found.event_ids), self.env._("events")),
            (len(found.text_ids.get("sync_attempt", ())), self.env._("attempts")),
            (len(found.text_ids.get("sync_exception", ())), self.env._("exceptions")),
            (
                sum(len(ids) for table, ids in found.text_ids.items() if table not in OWN_COUNT),
                self.env._("references, headers and other texts"),
            ),
            (len(found.note_ids), self.env._("notes")),
            (len(found.xref_ids), self.env._("cross-references")),
        ]
        lines = [f"{count} {what}" for count, what in counts if count] or [self.env._("Nothing.")]
        left = len(found.open_ids) + len(found.open_event_ids) + len(found.open_text_ids)
        if left:
            lines.append(self.env._("%s more belong to documents that are still open: finish or cancel them.", left))
        return "\n".join(lines)

    def _again(self):
        return {
            "type": "ir.actions.act_window",
            "name": self._description,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }
