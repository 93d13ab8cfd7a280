"""Whether a gate is open for a process."""

from dataclasses import dataclass

from odoo import api, models

from ...core import gates

LEVEL_OF = {"process": "sync.process", "shipment": "stock.picking", "invoice": "account.move"}
MET = ("reached", "waived")


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """Whether an effect may go on, and if not, what it waits for in plain words."""

    open: bool
    reason: str = ""


class SyncGate(models.Model):
    _inherit = "sync.gate"

    @api.model
    def _governing(self, effect, company):
        """The gates of an effect that live interfaces of the company obey."""
        interfaces = self.env["sync.interface"].search(
            [("state", "=", "live"), ("handler", "=", effect), ("company_id", "in", (company.id, False))]
        )
        return interfaces.policy_id.gate_ids.filtered(lambda gate: gate.effect == effect)

    def _evaluate(self, process, subject=None):
        """Whether the gate is open for ``subject`` (a shipment or invoice, or nothing) of ``process``.

        A waived milestone counts as reached. A process on hold keeps its gates closed; a cancelled one too.
        """
        self.ensure_one()
        if not process:
            return GateVerdict(False, self.env._("it belongs to no process that could open the gate"))
        if process.state == "cancelled":
            return GateVerdict(False, self.env._("%s is cancelled", process.name))
        holds = process.hold_ids.filtered(lambda h: not h.released_at and (not h.gate_id or h.gate_id == self))
        if holds:
            return GateVerdict(
                False, self.env._("%(process)s is on hold: %(reason)s", process=process.name, reason=holds[0].reason)
            )
        missing = self._missing(self._condition(), process, subject)
        return GateVerdict(not missing, "; ".join(missing))

    def _missing(self, condition, process, subject):
        """What of the condition does not hold, in words; empty if it holds."""
        if "all" in condition:
            return [text for part in condition["all"] for text in self._missing(part, process, subject)]
        if "any" in condition:
            parts = [self._missing(part, process, subject) for part in condition["any"]]
            return [] if not all(parts) else [self.env._(" or ").join(", ".join(part) for part in parts)]
        if "not" in condition:
            described = gates.describe(condition["not"], self._milestone_name)
            return (
                []
                if self._missing(condition["not"], process, subject)
                else [self.env._("it must not be that %s", described)]
            )
        if "milestone" in condition:
            return self._missing_milestone(condition["milestone"], condition["of"], process, subject)
        value = self._field_value(condition["field"], process, subject)
        wanted = condition["in"] if "in" in condition else [condition["equals"]]
        return (
            [] if value in wanted else [self.env._("waiting until %s", gates.describe(condition, self._milestone_name))]
        )

    def _missing_milestone(self, code, level, process, subject):
        milestones = process.milestone_ids.filtered(lambda m: m.code == code)
        subjects = self._subjects(level, process, subject)
        met = {(m.subject_model, m.subject_id) for m in milestones if m.state in MET}
        # A milestone that is kept once per process answers for each of its shipments and invoices too.
        whole = (process._name, process.id) in met
        name = self._milestone_name(code)
        if not subjects:
            return [self.env._("“%s” is not reached", name)]
        return [
            self.env._("%(subject)s has not reached “%(milestone)s”", subject=of.display_name, milestone=name)
            for of in subjects
            if (of._name, of.id) not in met and not whole
        ]

    def _subjects(self, level, process, subject):
        """What a condition is about: the record at hand, the shipment of an invoice, else all of the process."""
        model = LEVEL_OF[level]
        if model == process._name:
            return process
        if subject and subject._name == model:
            return subject
        if level == "shipment" and subject and subject._name == "account.move" and subject.shipment_id:
            return subject.shipment_id
        records = process._linked(model).sudo()  # sudo: a gate is evaluated whoever waits for it
        return records.filtered(lambda r: r.state != "cancel")

    def _field_value(self, field, process, subject):
        if field == "invoice.within_delivered":
            return self._within_delivered(subject)
        order = process._linked("sale.order").sudo().filtered(lambda o: o.state != "cancel")[:1]  # sudo: as above
        return order[field.removeprefix("order.")] or ""

    def _within_delivered(self, subject):
        """An invoice that does not exist yet is made from what was delivered, so it stays within it."""
        if not subject or subject._name != "account.move":
            return True
        lines = subject.sudo().invoice_line_ids.sale_line_ids  # sudo: as above
        return all(
            line.product_uom_id.compare(line.qty_invoiced, line.qty_delivered) <= 0
            for line in lines
            if line.product_id.type == "consu"
        )

    def _milestone_name(self, code):
        return self._milestone_names().get(code, code)
