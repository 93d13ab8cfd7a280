"""identifiers.reported: what a partner calls something of ours becomes cross-references of that partner."""

import json

from odoo import api, models

from ....core.faults import Fault
from ....core.work import Done, Effect


class IdentifiersReported(models.AbstractModel):
    """What is said of a thing holds as a whole: identifiers of it that are not named any more are archived.

    Only kinds that stand for a code are taken, and only for the partner that says so: which record of Odoo an
    identifier means is for people. What failed because one of these was not known is worked again.
    """

    _name = "sync.handler.identifiers.reported"
    _description = "Identifiers reported"
    _inherit = "sync.handler"
    _handler = "identifiers.reported"
    _document_types = ("identifiers.reported",)
    _repeatable = True

    @api.private
    def _apply_one(self, work):
        document = work.canonical
        said = {(each["kind"], each["value"]): each["stands_for"] for each in document["identifiers"]}
        self._refuse_contradictions(document, said)
        xrefs = self.env["sync.xref"]
        ours = [("trading_partner_id", "=", work.trading_partner_id), ("company_id", "=", work.company_id)]
        things = {(kind, code) for (kind, _value), code in said.items()}
        named = [
            "|",
            ("external_id", "in", sorted({value for _kind, value in said})),
            ("canonical_code", "in", sorted(set(said.values()))),
        ]
        known = xrefs.search([*ours, *named]).filtered(
            lambda xref: (xref.domain, xref.canonical_code) in things or (xref.domain, xref.external_id) in said
        )
        gone = known.filtered(lambda xref: said.get((xref.domain, xref.external_id)) != xref.canonical_code)
        gone.active = False
        there = {(xref.domain, xref.external_id) for xref in known - gone}
        new = xrefs.create(
            [
                {
                    "domain": kind,
                    "external_id": value,
                    "canonical_code": code,
                    "trading_partner_id": work.trading_partner_id,
                    "company_id": work.company_id,
                }
                for (kind, value), code in said.items()
                if (kind, value) not in there
            ]
        )
        if new:
            self._work_again(work, new)
        return Done(
            effects=[Effect("created", "sync.xref", xref.id, xref.external_id) for xref in new]
            + [Effect("updated", "sync.xref", xref.id, xref.external_id) for xref in gone],
            reference=document["number"],
            note=f"{len(new)} new, {len(gone)} not used any more, {len(there)} known.",
        )

    @api.private
    def _refuse_contradictions(self, document, said):
        for each in document["identifiers"]:
            if said[each["kind"], each["value"]] != each["stands_for"]:
                raise Fault(
                    "translate.reference_ambiguous",
                    f"The identifiers of {document['number']} name {each['value']} for two things.",
                    found=each["value"],
                    reference=document["number"],
                    subject=f"{each['kind']} {each['value']}",
                )

    @api.private
    def _work_again(self, work, xrefs):
        """Retry what failed on its way to this partner because one of these was not known."""
        # sudo: which documents wait is the engine's to know; they are only tried again.
        gaps = (
            self.env["sync.xref.gap"]
            .sudo()
            .search(
                [
                    ("trading_partner_id", "=", work.trading_partner_id),
                    ("company_id", "=", work.company_id),
                    ("domain", "in", xrefs.mapped("domain")),
                    ("external_id", "in", xrefs.mapped("canonical_code")),
                ]
            )
        )
        exceptions = {exception for gap in gaps for exception in json.loads(gap.exception_ids)}
        failed = (
            self.env["sync.message"]
            .sudo()  # sudo: as above
            .search([("exception_id", "in", sorted(exceptions)), ("state", "=", "failed")])
        )
        if failed:
            # sudo: as above
            self.env["sync.command"].sudo()._give("retry", message_ids=failed.ids)
