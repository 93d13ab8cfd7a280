"""label.booked and label.voided: what a label service answers reaches the transfer."""

import base64
import binascii

from markupsafe import Markup

from odoo import api, models

from ....core.faults import Fault
from ....core.work import Done, Effect
from ..reading import decimal

ENDINGS = {"application/pdf": "pdf", "image/png": "png", "application/zpl": "zpl"}


class LabelBooked(models.AbstractModel):
    """The labels are attached to the transfer, the tracking numbers and the price are noted. The same answer again
    changes nothing; another label for a transfer that has one is paid twice, and for a person.

    A transfer that was cancelled meanwhile gives the label back at once.
    """

    _name = "sync.handler.label.booked"
    _description = "Labels booked"
    _inherit = "sync.handler"
    _handler = "label.booked"
    _document_types = ("label.booked",)
    _repeatable = True

    @api.private
    def _apply_one(self, work):
        document = work.canonical
        picking = self.env["stock.picking"]._governed_shipment(document["request_number"])
        number = document["number"]
        if picking.label_number == number and picking.label_state != "requested":
            return done(picking, number, f"{picking.name} has the label {number} already.", "linked")
        if picking.label_state not in ("requested", False):
            raise Fault(
                "apply.already_applied",
                f"{picking.name} has the label {picking.label_number}, and the service booked {number} as well: have"
                " one of them voided at the service.",
                found=number,
                reference=number,
                subject=f"label of {picking.name}",
            )
        values = {"label_state": "booked", "label_number": number}
        values["carrier_tracking_ref"] = ",".join(
            dict.fromkeys(each["tracking_number"] for each in document["parcels"])
        )
        price = document.get("price")
        if price and price["currency"] == picking.company_id.currency_id.name:
            values["carrier_price"] = float(decimal(price["amount"]))
        picking.sudo().write(values)  # sudo: the label's state is the system's to write
        self._tell(picking, document)
        note = f"{picking.name} has the label {number}."
        if picking.state == "cancel":
            picking._void_label()
            note = f"{picking.name} was cancelled meanwhile: its label {number} is given back."
        return done(picking, number, note)

    @api.private
    def _tell(self, picking, document):
        """The label as an attachment of a note on the transfer."""
        said = [self.env._("Label %s", document["number"]), values_of(document)]
        label = document.get("label")
        files = [(f"{document['number']}.{ENDINGS[label['media_type']]}", file_of(label, "label"))] if label else []
        picking.message_post(
            body=Markup("<br/>").join(each for each in said if each), attachments=files, message_type="notification"
        )


class LabelVoided(models.AbstractModel):
    """A label that is taken back leaves the transfer; one that is not stays, and somebody is told."""

    _name = "sync.handler.label.voided"
    _description = "Labels voided"
    _inherit = "sync.handler"
    _handler = "label.voided"
    _document_types = ("label.voided",)
    _repeatable = True

    @api.private
    def _apply_one(self, work):
        document = work.canonical
        picking = self.env["stock.picking"]._governed_shipment(document["request_number"])
        number = document["number"]
        if picking.label_number != number:
            return done(picking, number, f"{picking.name} has another label than {number} by now.", "linked")
        if not document["approved"]:
            said = document.get("message") or "no reason said"
            raise Fault(
                "apply.refused",
                f"The label {number} of {picking.name} is not taken back: {said}",
                reference=number,
                subject=f"label of {picking.name}",
            )
        if picking.label_state == "voided":
            return done(picking, number, f"The label {number} is taken back already.", "linked")
        picking.sudo().write({"label_state": "voided", "carrier_tracking_ref": False})  # sudo: the system's to write
        picking.message_post(body=self.env._("Label %s is taken back.", number), message_type="notification")
        if manifest := picking.sudo().label_manifest_id:  # sudo: manifests are the system's
            self._tell(work, picking, manifest)
        return done(picking, number, f"The label {number} of {picking.name} is taken back.")

    @api.private
    def _tell(self, work, picking, manifest):
        self.env["sync.exception"]._open(
            "apply.manifest_outdated",
            detail=f"The label {picking.label_number} of {picking.name} is taken back, and {manifest.name}"
            f" ({manifest.number or 'asked for'}) names it.",
            subject=f"label {picking.label_number} on {manifest.name}",
            company=picking.company_id,
            document=f"Manifest {manifest.name}",
            document_domain="warehouse",
            trading_partner=manifest.carrier_id.label_partner_id,
            endpoint=self.env["sync.endpoint"].browse(work.endpoint_id),
            interface=self.env["sync.interface"].browse(work.interface_id),
        )


def file_of(document, what):
    """The bytes of a file that came as base64.

    :raises Fault: ``apply.refused``
    """
    try:
        return base64.b64decode(document["content"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise Fault("apply.refused", f"The {what} is no file in base64.", subject=what) from error


def values_of(document):
    """The price in words, or nothing."""
    price = document.get("price")
    return f"{price['amount']} {price['currency']}" if price else ""


def done(picking, number, note, kind="updated"):
    """The outcome of a document about a transfer's label."""
    return Done(effects=[Effect(kind, "stock.picking", picking.id, picking.name)], reference=number, note=note)
