"""By which names an endpoint exchanges EDI interchanges, and how it answers those that come."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...core.codecs.edi.enveloping import Identity
from ...core.faults import Fault

EDI = ("x12", "edifact")
LONGEST = {"x12": (15, 2), "edifact": (35, 4)}
"""How long an identifier and its qualifier may be."""


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    edi_own_id = fields.Char(
        string="Our identity",
        tracking=True,
        help="By which the partner knows us: a GLN, a DUNS number or what was agreed (ISA06 and UNB sender of what we"
        " send, ISA08 and UNB receiver of what we receive). Where an endpoint receives and names it, interchanges for"
        " anybody else are refused.",
    )
    edi_own_qualifier = fields.Char(
        string="Its qualifier",
        tracking=True,
        help="What kind of identity it is: ZZ for agreed between us, 01 DUNS, 14 GLN. X12 always has one.",
    )
    edi_partner_id = fields.Char(
        string="The partner's identity",
        tracking=True,
        help="By which it calls itself (ISA08 and UNB receiver of what we send, ISA06 and UNB sender of what we"
        " receive). Where an endpoint receives and names it, interchanges of anybody else are refused.",
    )
    edi_partner_qualifier = fields.Char(string="Qualifier of the partner", tracking=True)
    edi_version = fields.Char(
        string="Version of the envelope",
        tracking=True,
        help="X12: 00401 or 00501 (ISA12). EDIFACT: the syntax and its version, UNOC:3 or UNOB:4.",
    )
    edi_own_application = fields.Char(
        string="Our name in groups", tracking=True, help="X12, GS02. Empty: our identity."
    )
    edi_partner_application = fields.Char(
        string="The partner's name in groups", tracking=True, help="X12, GS03. Empty: its identity."
    )
    edi_answer = fields.Selection(
        [("none", "Never"), ("always", "Each interchange"), ("errors", "Only what has errors")],
        string="Acknowledge interchanges",
        default="none",
        tracking=True,
        help="Whether the sender of an interchange is told by a 997, 999 or CONTRL that it can be read, and which of"
        " its documents cannot. It leaves by the interface of this partner that carries syntax acknowledgements.",
    )
    edi_answer_kind = fields.Selection(
        [("997", "997"), ("999", "999 (implementation)")],
        string="Acknowledged by",
        default="997",
        tracking=True,
        help="X12 only. EDIFACT has one kind, CONTRL.",
    )
    edi_gap = fields.Char(string="What EDI lacks", compute="_compute_edi_gap")

    @api.depends("codec", "direction", "edi_own_id", "edi_partner_id", "edi_answer", "trading_partner_id")
    def _compute_edi_gap(self):
        for endpoint in self:
            endpoint.edi_gap = endpoint.codec in EDI and endpoint._what_edi_lacks()

    def _what_edi_lacks(self):
        if self.direction == "outbound" and not (self.edi_own_id and self.edi_partner_id):
            return self.env._(
                "Enter our identity and that of the partner under EDI, unless the mapping names sender and receiver."
            )
        if self.direction == "inbound" and (self.edi_answer or "none") != "none" and not self._answering_interfaces():
            return self.env._(
                "Interchanges are to be acknowledged, and no live interface of this partner sends syntax"
                " acknowledgements. Add one to an endpoint that sends EDI."
            )
        return False

    @api.private
    def _answering_interfaces(self):
        """The live interfaces of the same partner that send the acknowledgements of interchanges."""
        return self.trading_partner_id.interface_ids.filtered(
            lambda line: (
                line.state in ("live", "suspended")
                and line.direction == "outbound"
                and line.document_type == "interchange.acknowledgement"
            )
        )

    @api.constrains(
        "codec", "edi_own_id", "edi_own_qualifier", "edi_partner_id", "edi_partner_qualifier", "edi_version"
    )
    def _check_edi(self):
        for endpoint in self.filtered(lambda each: each.codec in EDI):
            longest, of_qualifier = LONGEST[endpoint.codec]
            for identity, qualifier in (
                (endpoint.edi_own_id, endpoint.edi_own_qualifier),
                (endpoint.edi_partner_id, endpoint.edi_partner_qualifier),
            ):
                if len(identity or "") > longest or len(qualifier or "") > of_qualifier:
                    raise ValidationError(
                        self.env._(
                            "An identity has at most %(longest)s characters in this standard, its qualifier"
                            " %(qualifier)s.",
                            longest=longest,
                            qualifier=of_qualifier,
                        )
                    )

    @api.private
    def _edi_identity(self, acknowledge=False):
        """Who sends to whom by interchanges of this endpoint; None where it speaks no EDI.

        :param acknowledge: whether the partner is to acknowledge what it gets
        """
        self.ensure_one()
        if self.codec not in EDI:
            return None
        return Identity(
            standard=self.codec,
            ours=_party(self.edi_own_id, self.edi_own_qualifier),
            theirs=_party(self.edi_partner_id, self.edi_partner_qualifier),
            version=(self.edi_version or "").strip(),
            application=(self.edi_own_application or "", self.edi_partner_application or ""),
            test=self.environment != "production",
            acknowledge=acknowledge and self.codec == "edifact",
        )

    def write(self, vals):
        result = super().write(vals)
        if any(name.startswith("edi_") for name in vals):
            self.env.registry.clear_cache()
        return result

    def _reads_body(self):
        # An acknowledgement is known by what it is, and waits behind no order.
        return self.codec in EDI or super()._reads_body()

    def _profile(self):
        return {
            **super()._profile(),
            "edi_identity": self._edi_identity(),
            "edi_answer": (self.edi_answer or "none") if self.codec in EDI else "none",
            "edi_answer_kind": self.edi_answer_kind or "997",
        }


def party_fault(identity, interchange):
    """The fault of an interchange that is from or for somebody else than its endpoint says, or None.

    :param identity: of :meth:`SyncEndpoint._edi_identity`; what it leaves open is not compared
    :param interchange: its header, as the codecs read it
    """
    for role, segment, agreed in (("sender", "from", identity.theirs), ("receiver", "for", identity.ours)):
        found = interchange.get(role) or {}
        said, right = _words(found), _words(agreed)
        same_kind = not (agreed.get("qualifier") and found.get("qualifier")) or (
            agreed["qualifier"] == found["qualifier"]
        )
        if agreed and not (same_kind and agreed["id"] == (found.get("id") or "").strip()):
            return Fault(
                "decode.wrong_party",
                f"The interchange {interchange.get('reference', '')} is {segment} {said}, agreed is {right}.",
                pointer=f"/interchange/{role}",
                expected=right,
                found=said,
                subject=f"{role} {said}",
            )
    return None


def _words(party):
    return " ".join(part for part in (party.get("qualifier"), party.get("id")) if part) or "nobody"


def _party(identity, qualifier):
    if not identity:
        return {}
    return {"id": identity.strip(), **({"qualifier": qualifier.strip()} if qualifier else {})}
