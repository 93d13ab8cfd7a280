"""risk.assessed: what a fraud service thinks of an order lets its process go on, or holds it for a person."""

from datetime import timedelta

from odoo import api, fields, models

from ....core.faults import Fault
from ....core.work import Done, Wait
from ..reading import moment

ORDER_MAY_BE_LATE = timedelta(hours=1)
PROCESS, CLEARED, HOLD, CODE = "order_to_cash", "risk.cleared", "risk", "apply.risk_to_decide"


class RiskAssessed(models.AbstractModel):
    """Accepted, the process reaches “Risk cleared”, for which a gate may wait. Otherwise it is on hold until an
    approver releases it, or the service itself changes its mind: the last assessment counts.
    """

    _name = "sync.handler.risk.assessed"
    _description = "Risk assessed"
    _inherit = "sync.handler"
    _handler = "risk.assessed"
    _document_types = ("risk.assessed",)
    _repeatable = True

    @api.private
    def _apply_one(self, work):
        document = work.canonical
        process = self._process(document)
        if len(process) != 1:
            return self._wait_for_order(document["order_number"])
        holds = process.sudo().hold_ids.filtered(  # sudo: holds are the process's own record
            lambda hold: hold.reason_code == HOLD and not hold.released_at
        )
        door = self.env["sync.endpoint"].sudo().browse(work.endpoint_id or [])  # sudo: for whoever has to decide
        told = {"subject": f"risk of {process.name}", "company": self.env.company, "endpoint": door}
        exceptions = self.env["sync.exception"].sudo()  # sudo: the system's; the agent neither reads nor works them
        if document["decision"] == "accept":
            process._reach(CLEARED, moment(document["assessed_at"]), message_id=work.message_id or None)
            holds._release()
            exceptions._over(CODE, **told, note=self.env._("The fraud service accepts the order now."))
            note = self.env._("%s may be shipped.", process.name)
        else:
            reason = self._reason(document)
            process._hold(HOLD, reason, message_id=work.message_id or None)
            exceptions._open(
                CODE,
                **told,
                detail=f"{process.name}: {reason}",
                document=document["order_number"],
                trading_partner=door.trading_partner_id,
                process=process,
            )
            note = self.env._("%s is on hold.", process.name)
        return Done(reference=document["order_number"], process_id=process.id, note=note)

    @api.private
    def _process(self, document):
        """The process of the order that we asked about, else of the number that the service names."""
        processes = self.env["sync.process"]
        asked = (document.get("request_number") or "").removeprefix("RQ-")
        # sudo: the service's user sees no orders; only which process it is
        order = (
            self.env["sale.order"]
            .sudo()
            .search([("name", "=", asked), ("company_id", "=", self.env.company.id)], limit=1)
        )
        return processes._of(order) or processes._find(PROCESS, document["order_number"], self.env.company)

    @api.private
    def _reason(self, document):
        said = {
            "review": self.env._("The fraud service wants a person to look first."),
            "decline": self.env._("The fraud service advises against it."),
        }[document["decision"]]
        reasons = [reason.get("text") or reason["code"] for reason in document["reasons"]]
        return " ".join([said, *(f"{reason}." for reason in dict.fromkeys(reasons))])[:500]

    @api.private
    def _wait_for_order(self, number):
        return Wait(
            "order",
            number,
            Fault(
                "apply.order_unknown",
                f"The risk of order {number} was assessed, and it is not in Odoo, or several have that number.",
                pointer="/order_number",
                found=number,
                reference=number,
                subject=f"order {number}",
            ),
            fields.Datetime.now() + ORDER_MAY_BE_LATE,
        )
