"""tax_determination.reply: what a tax service determined, line by line beside what Odoo computed."""

from datetime import timezone
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import MissingError
from odoo.fields import Command

from ....core.faults import Fault
from ....core.work import Done, Effect
from ..reading import decimal, plain
from .taxes import net_of, rate_of, taxed, taxes_of, total

ASKED = ("sale.order", "account.move")
DIFFERS = "apply.tax_differs"
SHOWN = 10


class TaxCompared(models.AbstractModel):
    """Odoo's own taxes stand. Where the service says otherwise, by more than the smallest unit of the currency on a
    line, a person decides; the exception has the figures.

    An answer to what has changed meanwhile says nothing: the order as it is now was asked for anew.
    """

    _name = "sync.handler.tax_determination.compared"
    _description = "Taxes determined, compared"
    _inherit = "sync.handler"
    _document_types = ("tax_determination.reply",)
    _repeatable = True
    _writes = False

    @api.private
    def _apply_one(self, work):
        record, document = self._asked(work.request), work.canonical
        effects = [Effect("linked", record._name, record.id, record.name)]
        common = {"reference": document["number"], "process_id": work.process_id}
        if work.fallback:
            return Done(effects=effects, note="Odoo's own taxes stand until the service answers.", **common)
        if self._changed_since(record, work.request.document):
            return Done(effects=effects, note=f"{record.name} has changed since it was asked for.", **common)
        differences = self._differences(record, document)
        if not differences:
            return Done(effects=effects, note="The service determines the same taxes as Odoo.", **common)
        return self._different(record, document, differences, common)

    @api.private
    def _different(self, record, document, differences, common):
        raise self._fault(record, document, differences.values())

    @api.private
    def _fault(self, record, document, sentences):
        shown = list(sentences)
        more = f" And {len(shown) - SHOWN} more lines." if len(shown) > SHOWN else ""
        return Fault(
            DIFFERS,
            f"{record.name}: {' '.join(shown[:SHOWN])}{more}",
            reference=document["number"],
            subject=f"taxes of {record.name}",
        )

    @api.private
    def _asked(self, request):
        """The order or invoice that was asked for.

        :raises Fault: ``apply.order_unknown``
        """
        if request and request.res_model in ASKED:
            record = self.env[request.res_model].browse(request.res_id).exists()
            if record:
                return record
        raise Fault(
            "apply.order_unknown",
            "What the taxes were asked for is not in Odoo any more.",
            subject=f"taxes asked for by {request.uid}" if request else "taxes",
        )

    @api.private
    def _changed_since(self, record, asked):
        """Whether the lines are others, or cost something else, than when they were asked for."""
        now = {str(line.id): net_of(record, line, details) for line, details in taxed(record)}
        return asked is None or now != {line["id"]: line["amount"] for line in asked["lines"]}

    @api.private
    def _differences(self, record, document):
        """{line: a sentence with both figures} of those whose tax differs by more than the currency's smallest unit."""
        said = {line["id"]: line for line in document["lines"]}
        smallest = Decimal(1).scaleb(-record.currency_id.decimal_places)
        found = {}
        for line, details in taxed(record):
            theirs = total(said.get(str(line.id), {}).get("taxes", []))
            ours = total(taxes_of(record, line, details))
            if str(line.id) not in said:
                found[line] = f"{_named(line)}: the service says nothing, Odoo has {plain(ours)}."
            elif abs(theirs - ours) > smallest:
                rates = " + ".join(_percent(tax["rate"]) for tax in said[str(line.id)]["taxes"]) or "no tax"
                found[line] = (
                    f"{_named(line)}: the service determines {plain(theirs)} ({rates}), Odoo has {plain(ours)}"
                    f" {record.currency_id.name}."
                )
        return found

    @api.private
    def _fall_back(self, request):
        """Odoo's own taxes, as the reply would say them."""
        try:
            record = self._asked(request)
            lines = taxed(record)
        except (Fault, MissingError):
            return super()._fall_back(request)
        entries = [
            {
                "id": str(line.id),
                "taxable_amount": net_of(record, line, details),
                "taxes": taxes_of(record, line, details),
            }
            for line, details in lines
        ]
        return {
            "type": "tax_determination.reply",
            "number": record.name,
            "determined_at": fields.Datetime.now().replace(tzinfo=timezone.utc).isoformat(),
            "currency": record.currency_id.name,
            "lines": entries,
            "total_tax": f"{total([tax for entry in entries for tax in entry['taxes']]):f}",
        }


class TaxApplied(models.AbstractModel):
    """The lines of an order get the taxes that the service determined, where Odoo has taxes of these rates.

    Amounts are never set: Odoo computes them from its own taxes, and what still differs is for a person. An invoice
    that is posted is compared only, and so is what was invoiced.
    """

    _name = "sync.handler.tax_determination.applied"
    _description = "Taxes determined, applied"
    _inherit = "sync.handler.tax_determination.compared"
    _handler = "tax.applied"
    _document_types = ()
    _writes = True

    @api.private
    def _different(self, record, document, differences, common):
        if record._name != "sale.order" or record.state != "sale" or record.locked:
            raise self._fault(record, document, differences.values())
        said = {line["id"]: line["taxes"] for line in document["lines"]}
        missing = []
        for line in differences:
            taxes = self._taxes(line, said.get(str(line.id)))
            if taxes is None or line.qty_invoiced:
                missing.append(differences[line] + (" It was invoiced." if line.qty_invoiced else ""))
            else:
                line.with_context(sync_taxes_determined=True).write({"tax_ids": [Command.set(taxes.ids)]})
        if missing:
            raise self._fault(record, document, [*missing, "Odoo has no taxes of these rates that could be set."])
        if rest := self._differences(record, document):
            raise self._fault(record, document, rest.values())
        return Done(
            effects=[Effect("updated", record._name, record.id, record.name)],
            note=f"The taxes of {len(differences)} lines of {record.name} are now as the service determined them.",
            **common,
        )

    @api.private
    def _taxes(self, line, said):
        """Odoo's taxes for the rates that were said of a line: one of the sum, else one of each; None if unclear."""
        if said is None:
            return None
        rates = [decimal(tax["rate"]) for tax in said if decimal(tax["amount"])] or [Decimal(0)]
        for wanted in ([sum(rates, Decimal(0))], rates):
            found = [self._of_rate(line, rate) for rate in wanted]
            if all(found):
                return self.env["account.tax"].union(*found)
        return None

    @api.private
    def _of_rate(self, line, rate):
        """The one tax of a rate (a fraction) that comes on top of the price; of several the one the line has."""
        taxes = self.env["account.tax"].search(
            [
                *self.env["account.tax"]._check_company_domain(line.company_id),
                ("type_tax_use", "=", "sale"),
                ("amount_type", "=", "percent"),
            ]
        )
        fitting = taxes.filtered(lambda tax: not tax.price_include and decimal(rate_of(tax)) == rate)
        mine = fitting & line.tax_ids
        return mine or (fitting if len(fitting) == 1 else taxes.browse())


def _percent(rate):
    return f"{plain(decimal(rate) * 100)} %"


def _named(line):
    return line.product_id.default_code or line.product_id.name or (line.name or "").partition("\n")[0] or "A line"
