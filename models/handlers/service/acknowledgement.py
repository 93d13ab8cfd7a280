"""acknowledgement: a partner says what became of a document of ours."""

from odoo import api, models

from ....core.faults import Fault
from ....core.work import Done

# In words, for what a line says.
LINES = {
    "accepted": "as ordered",
    "accepted_with_changes": "changed",
    "backordered": "later",
    "rejected": "rejected",
}


class Acknowledgement(models.AbstractModel):
    """The answer is tied to the message that carried our document: by the message's id, by the event's, or by the
    document's type and number, of which the last one sent counts. What it changes in Odoo is for whoever knows the
    record that was sent (see ``_answered``); where nobody does, a rejection is for people, who get an exception.
    """

    _name = "sync.handler.acknowledgement"
    _description = "Acknowledgements of partners"
    _inherit = "sync.handler"
    _handler = "acknowledgement"
    _document_types = ("acknowledgement",)
    _repeatable = True  # the last answer holds, so one that is told again changes nothing

    @api.private
    def _apply_one(self, work):
        document = work.canonical
        subject = document["subject"]
        message = self._message_of(work, subject)
        if not message:
            named = subject.get("message_id") or f"{subject['type']} {subject.get('number', '')}".strip()
            raise Fault(
                "acknowledge.unknown",
                f"It acknowledges {named}, which was not sent to this partner.",
                reference=subject.get("number"),
                subject=f"acknowledgement of {named}"[:120],
            )
        state, level = document["status"], document["level"]
        answered = self._answered(work, message, document)
        # sudo: what a partner has said is the engine's to keep, and no agent has rights on messages.
        self.env["sync.acknowledgement"].sudo()._give(
            message, level, state, _said(document), work.message_id, tell=answered is None
        )
        effects, words = answered or ([], "")
        return Done(
            effects=effects,
            reference=subject.get("number") or message.reference,
            process_id=message.process_id.id or None,
            note=f"{message.display_name}: {state.replace('_', ' ')}. {words}".strip(),
        )

    @api.private
    def _answered(self, work, message, document):
        """What the answer to ``message`` (a record, as superuser) changes in Odoo, by whoever knows what was sent.

        :return: (effects, a sentence for the attempt log), and people are told of a rejection there; None where
            nothing in Odoo takes it
        """
        return None

    def _message_of(self, work, subject):
        messages = self.env["sync.message"].sudo()  # sudo: only the messages of this very partner, in its company
        ours = [
            ("direction", "=", "outbound"),
            ("trading_partner_id", "=", work.trading_partner_id),
            ("company_id", "=", work.company_id),
        ]
        if named := subject.get("message_id"):
            found = messages.search([*ours, "|", ("uid", "=", named), ("event_id.uid", "=", named)], limit=2)
            if len(found) == 1:
                return found
        if not subject.get("number"):
            return messages
        kind = [("document_type_id.code", "=", subject["type"]), ("reference", "=", subject["number"])]
        return messages.search([*ours, *kind], order="id desc", limit=1)


def _said(document):
    """What the partner names, in its words: faults, and the lines that are not simply accepted."""
    said = [fault["detail"] for fault in document["faults"]]
    for line in document.get("lines", ()):
        if line["status"] == "accepted":
            continue
        words = f"Line {line['id']}: {LINES[line['status']]}"
        if quantity := line.get("quantity"):
            words += f", {quantity['value']} {quantity['unit']}"
        if day := line.get("delivery_on"):
            words += f", on {day}"
        if reason := line.get("reason"):
            words += f" ({reason.get('text') or reason['code']})"
        said.append(f"{words}.")
    if document["status"] == "rejected" and not said:
        said.append("The partner rejects it and names no reason.")
    return "\n".join(said)
