"""manifest.closed: what a label service answers to the labels that were to be on a manifest."""

import base64

from odoo import api, models

from ....core.faults import Fault
from ....core.work import Done, Effect
from .label_booked import file_of

INCOMPLETE = "apply.manifest_incomplete"
SHOWN = 20


class ManifestClosed(models.AbstractModel):
    """The manifest is closed, with its document. Labels that the service left out are open again, and somebody is told
    which and why. The same answer again changes nothing; another manifest for the same labels is for a person.
    """

    _name = "sync.handler.manifest.closed"
    _description = "Manifests closed"
    _inherit = "sync.handler"
    _handler = "manifest.closed"
    _document_types = ("manifest.closed",)
    _repeatable = True

    @api.private
    def _apply_one(self, work):
        document = work.canonical
        manifest = self._manifest(document["request_number"])
        number = document["number"]
        if manifest.state == "closed" and manifest.number == number:
            return done(manifest, number, f"{manifest.name} is {number} already.", "linked")
        if manifest.state != "requested":
            was = "was given up" if manifest.state == "given_up" else f"is {manifest.number} already"
            raise Fault(
                "apply.refused" if manifest.state == "given_up" else "apply.already_applied",
                f"{manifest.name} {was}, and the service closed {number}: settle with it which one counts.",
                found=number,
                reference=number,
                subject=f"manifest {manifest.name}",
            )
        file = document.get("document")
        raw = file_of(file, "document") if file else None
        left_out = manifest._file_away(document, raw and base64.b64encode(raw))
        note = f"{manifest.name} is {number}, with {manifest.label_count} labels."
        if left_out:
            self._tell(work, manifest, left_out, document)
            note = f"{note} {len(left_out)} are left out, and open again."
        return done(manifest, number, note)

    @api.private
    def _manifest(self, number):
        # sudo: manifests are the system's to write; searched in the company alone
        manifests = self.env["sync.manifest"].sudo()
        manifest = manifests.search([("name", "=", number), ("company_id", "=", self.env.company.id)], limit=1)
        if not manifest:
            raise Fault(
                "apply.shipment_unknown",
                f"There is no manifest {number} in {self.env.company.name}.",
                found=number,
                reference=number,
                subject=f"manifest {number}",
            )
        return manifest

    @api.private
    def _tell(self, work, manifest, left_out, document):
        reasons = {each["number"]: each.get("reason") for each in document.get("left_out", [])}
        said = [
            f"{picking.name} (label {picking.label_number}): {reasons.get(picking.label_number) or 'no reason said'}"
            for picking in left_out.sorted("id")
        ]
        more = f"; and {len(said) - SHOWN} more" if len(said) > SHOWN else ""
        self.env["sync.exception"]._open(
            INCOMPLETE,
            detail=f"{manifest.name}: {'; '.join(said[:SHOWN])}{more}.",
            subject=f"manifest {manifest.name}",
            company=manifest.company_id,
            document=f"Manifest {manifest.name}",
            document_domain="warehouse",
            trading_partner=manifest.carrier_id.label_partner_id,
            endpoint=self.env["sync.endpoint"].browse(work.endpoint_id),
            interface=self.env["sync.interface"].browse(work.interface_id),
        )


def done(manifest, number, note, kind="updated"):
    """The outcome of a document about a manifest."""
    return Done(effects=[Effect(kind, "sync.manifest", manifest.id, manifest.name)], reference=number, note=note)
