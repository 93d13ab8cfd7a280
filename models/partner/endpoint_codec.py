"""How the documents of an endpoint are written: the codec, and what it must know of the partner's files."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...core.codecs import codec, codec_names
from ...core.faults import Fault

LABELS = {
    "ndjson": "JSON lines",
    "flat": "CSV and other flat files",
    "xml": "XML",
    "ubl": "UBL 2.0 and 2.1",
    "x12": "EDI: X12",
    "edifact": "EDI: UN/EDIFACT",
}
CODECS = [(name, LABELS.get(name, name)) for name in codec_names() if name != "json"]


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    codec = fields.Selection(selection_add=CODECS, ondelete={name: "set default" for name, _label in CODECS})
    codec_options = fields.Text(
        string="Layout",
        tracking=True,
        help="JSON. How the partner lays out its files: delimiter, columns, kinds of lines, where a document ends; "
        "for XML its namespaces and lists. See docs/files.md.",
    )

    @api.constrains("codec", "codec_options")
    def _check_codec_options(self):
        for endpoint in self:
            try:
                codec(endpoint.codec, endpoint.codec_options or "")
            except Fault as fault:
                said = [cause.detail for cause in fault.causes] or [fault.detail]
                raise ValidationError("\n".join(said)) from fault

    @api.constrains("codec", "transport", "event_form")
    def _check_codec_of_events(self):
        for endpoint in self:
            enclosed = endpoint.transport == "feed" or endpoint.event_form in ("structured", "batched")
            if enclosed and endpoint.codec != "json":
                raise ValidationError(
                    self.env._("%s: what is fetched, or sent inside an event, is written as JSON.", endpoint.name)
                )

    def _profile(self):
        return {**super()._profile(), "codec_options": self.codec_options or ""}
