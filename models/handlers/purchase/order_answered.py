"""acknowledgement of a purchase order: what the supplier said stands on the order, and its buyer sees what differs."""

from markupsafe import Markup

from odoo import api, models
from odoo.tools import SQL

from ....core.work import Effect
from ..reading import moment
from .answered_line import as_a_whole, compared, lines_named, planned_on

KIND = "purchase_order.placed"
DIFFERS = "apply.answer_differs"


class OrderAnswered(models.AbstractModel):
    """Compares the answer with the order as it is now: its figures count, whatever the supplier calls them.

    Lines as ordered are confirmed. Another day of the whole line is taken over where the policy says so. All else that
    differs is for the buyer, in one exception per order, which closes by itself when the answer agrees with the order.
    Nothing is ever ordered, cancelled or paid by it. The same answer again changes nothing, nor does one that was
    given before the last one.
    """

    _inherit = "sync.handler.acknowledgement"

    @api.private
    def _answered(self, work, message, document):
        order = self._order_answered(message, document)
        if not order:
            return super()._answered(work, message, document)
        if old := self._why_it_is_old(work, message, document, order):
            return [], old
        answers, unknown = self._answers(order, document)
        return self._take(work, order, document, answers, unknown)

    @api.private
    def _order_answered(self, message, document):
        """The purchase order that is answered as business; none where this endpoint's user may not change orders."""
        orders = self.env["purchase.order"]
        if message.document_type_id.code != KIND or document["level"] != "business" or not orders.has_access("write"):
            return orders
        # What was sent says which order it is, never the answer: it could name somebody else's.
        event = message.event_id
        wanted = [("name", "=", message.reference)]
        if event.res_model == orders._name:
            wanted = [("id", "=", event.res_id)]
        order = orders.search([*wanted, ("company_id", "=", self.env.company.id)], limit=2)
        if len(order) != 1:
            return orders
        self.env.execute_query(SQL("SELECT id FROM purchase_order WHERE id = %s FOR NO KEY UPDATE", order.id))
        return order

    @api.private
    def _why_it_is_old(self, work, message, document, order):
        """In words, why an answer says nothing about the order as it is now; empty if it does."""
        messages = self.env["sync.message"].sudo()  # sudo: only the messages of this very partner, in its company
        newer = messages.search_count(
            [
                ("id", ">", message.id),
                ("direction", "=", "outbound"),
                ("trading_partner_id", "=", work.trading_partner_id),
                ("company_id", "=", work.company_id),
                ("document_type_id", "=", message.document_type_id.id),
                ("reference", "=", message.reference),
                ("state", "=", "done"),
            ],
            limit=1,
        )
        if newer:
            return self.env._("It answers an earlier version of %s, which was sent again since.", order.name)
        given, last = _given(document), order.supplier_answered_at
        if given and last and given < last:
            return self.env._("%s was answered again after this answer was given.", order.name)
        return ""

    # -- the answer, line by line ----------------------------------------------------------------------------------

    @api.private
    def _answers(self, order, document):
        """The :class:`LineAnswer` of each line that is answered, and the names of what is no line of the order."""
        if said := document.get("lines"):
            named, unknown = lines_named(order, said)
            return [compared(line, parts) for line, parts in named.items()], unknown
        if document["status"] == "accepted_with_changes":
            return [], []  # it does not say which
        lines = order.order_line.filtered(lambda line: not line.display_type)
        return [as_a_whole(line, document["status"]) for line in lines], []

    @api.private
    def _take(self, work, order, document, answers, unknown):
        """Write the answer on the order, once; returns (effects, note)."""
        differs = bool(unknown) or any(each.differs for each in answers) or _only_says_changed(document, answers)
        differs = differs or document["status"] == "rejected"
        moved = self._take_days(work, order, answers)
        differs = differs or any(each.delivery_on and each.line not in moved for each in answers)
        status = "rejected" if document["status"] == "rejected" else "accepted"
        if status == "accepted" and differs:
            status = "accepted_with_changes"
        sentences = self._sentences(document, answers, moved, unknown)
        news = bool(moved) or order.supplier_answer != status
        for each in answers:
            if each.line in moved:
                each = compared(each.line, each.parts)  # with the day that was taken over
            if (each.line.supplier_answer, each.line.supplier_answer_text) != (each.status, each.words):
                each.line.write({"supplier_answer": each.status, "supplier_answer_text": each.words})
                news = True
        values = {"supplier_answer": status, "supplier_answered_at": _given(document) or order.supplier_answered_at}
        if status != "rejected":
            values["acknowledged"] = True
        if document.get("reference") and not order.partner_ref:
            values["partner_ref"] = document["reference"]
        changed = {name: value for name, value in values.items() if order[name] != value}
        if changed:
            order.write(changed)
        self._tell_buyer(work, order, document, sentences if differs else None, news)
        if not news:
            return [], self.env._("%s has this answer already.", order.name)
        self._note(work, order, document, sentences, differs or bool(moved))
        return [Effect("updated", "purchase.order", order.id, order.name)], self.env._(
            "%s has the supplier's answer.", order.name
        )

    @api.private
    def _take_days(self, work, order, answers):
        """Plan the lines on the days that the supplier names, where the policy says so; those that were."""
        interface = self.env["sync.interface"].browse(work.interface_id)
        moved = self.env["purchase.order.line"]
        if order.state == "purchase" and interface.policy_id.takes_over_dates:
            for each in answers:
                if each.delivery_on and each.line.qty_received < each.line.product_qty:
                    # The supplier is not told what it said itself.
                    line, planned = each.line.with_context(sync_supplier_answer=True), each.line.date_planned
                    line._update_date_planned(planned_on(line, each.delivery_on))
                    if line.date_planned != planned:  # Odoo leaves a line alone of which nothing is to come
                        moved |= each.line
        return moved

    # -- people ----------------------------------------------------------------------------------------------------

    @api.private
    def _sentences(self, document, answers, moved, unknown):
        """What is said, line by line, for people."""
        said = [fault["detail"] for fault in document["faults"]]
        for each in answers:
            words = f"{each.line.product_id.display_name or each.line.name}: {each.words}."
            if each.line in moved:
                words += " " + self.env._("The day was taken over.")
            said.append(words)
        said += [self.env._("Line %s of the answer is no line of the order.", name) for name in unknown]
        if _only_says_changed(document, answers):
            said.append(self.env._("The supplier accepts it with changes and names none."))
        return said

    @api.private
    def _note(self, work, order, document, sentences, for_the_buyer):
        """The answer in the order's chatter; the buyer is notified of what is not as ordered."""
        # sudo: the partner's name, which the agent may not read otherwise, says whose answer it is.
        partner = self.env["sync.trading.partner"].sudo().browse(work.trading_partner_id)
        head = self.env._(
            "%(partner)s answered: %(answer)s.",
            partner=partner.name,
            answer=dict(order._fields["supplier_answer"]._description_selection(self.env))[order.supplier_answer],
        )
        if document.get("reference"):
            head += " " + self.env._("Its number: %s.", document["reference"])
        lines = Markup().join(Markup("<li>%s</li>") % sentence for sentence in sentences)
        body = Markup("<p>%s</p>") % head + (Markup("<ul>%s</ul>") % lines if lines else Markup())
        order.message_post(
            body=body,
            subtype_xmlid="mail.mt_note",
            partner_ids=order.user_id.partner_id.ids if for_the_buyer and order.user_id.active else [],
        )

    @api.private
    def _tell_buyer(self, work, order, document, sentences, news):
        """One exception for each order whose answer differs; over when it agrees, or when the order is cancelled."""
        interface = self.env["sync.interface"].browse(work.interface_id)
        # sudo: exceptions are the system's; the agent neither reads nor works them.
        exceptions, subject = self.env["sync.exception"].sudo(), f"answer to {order.name}"
        if sentences is None or order.state == "cancel":
            note = self.env._("The supplier's answer agrees with the order.")
            exceptions._over(DIFFERS, subject=subject, company=order.company_id, interface=interface, note=note)
        elif news:
            opened = exceptions._open(
                DIFFERS,
                detail=" ".join(sentences),
                subject=subject,
                company=order.company_id,
                document=order.name,
                trading_partner=interface.trading_partner_id,
                interface=interface,
            )
            if order.user_id != opened.user_id and opened._may_work(order.user_id):
                opened.user_id = order.user_id


def _given(document):
    """When the supplier says that it decided, as naive UTC; None where it does not say."""
    said = document.get("answered_at")
    return moment(said) if said else None


def _only_says_changed(document, answers):
    return document["status"] == "accepted_with_changes" and not answers and not document.get("lines")
