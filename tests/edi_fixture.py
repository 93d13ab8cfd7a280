"""A partner that exchanges X12 with us, for tests of envelopes and acknowledgements."""

import json

from odoo.addons.sync_governance.core.codecs.edi.interchanges import read_interchanges

from .delivery_fixture import SECRET, DeliveryCase

RULES = {
    "mapping": "finance.invoice.posted",
    "source": "invoice.posted",
    "target": "x12.810",
    "rules": [
        {"to": "message.type", "value": "810"},
        {"to": "beginning.date", "value": "2026-03-15"},
        {"to": "beginning.number", "from": "number", "required": True},
        {"to": "total", "value": {"amount": "10.00"}},
    ],
}
HEAD = "ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{receiver:<15}*260315*0930*U*00401*{number:09d}*{ask}*P*>~"
ORDER = "BEG*00*SA*{number}**20260315~PO1*1*2*EA*9.50**VN*L-100~CTT*1~"


def x12(*bodies, number=7, group="PO", sender="LAMPSHOP", receiver="BULBWORKS", kind="850", ask=0):
    """One X12 interchange of one group; ``bodies`` are the segments between ST and SE."""
    sets = [f"ST*{kind}*{at:04d}~{body}SE*{body.count('~') + 2}*{at:04d}~" for at, body in enumerate(bodies, 1)]
    head = HEAD.format(sender=sender, receiver=receiver, number=number, ask=ask)
    group = f"GS*{group}*{sender}*{receiver}*20260315*0930*{number}*X*004010~"
    return f"{head}{group}{''.join(sets)}GE*{len(sets)}*{number}~IEA*1*{number:09d}~".encode()


def ta1(number, status="A", code="000"):
    """An interchange that carries nothing but a TA1 about our interchange ``number``."""
    head = HEAD.format(sender="LAMPSHOP", receiver="BULBWORKS", number=99, ask=0)
    return f"{head}TA1*{number:09d}*260315*0930*{status}*{code}~IEA*0*000000099~".encode()


def read(data):
    """The documents of an interchange as its receiver reads them."""
    parts = list(read_interchanges(data))
    faults = [fault.detail for part in parts for fault in (*part.faults, *part.findings)]
    assert not faults, faults
    return [part.document for part in parts if part.document]


class EdiCase(DeliveryCase):
    """``self.endpoint`` sends invoices as X12 810 and acknowledgements; ``self.door`` takes what the partner sends."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.endpoint.write(
            {
                "codec": "x12",
                "edi_own_id": "BULBWORKS",
                "edi_own_qualifier": "ZZ",
                "edi_partner_id": "LAMPSHOP",
                "edi_partner_qualifier": "ZZ",
                "edi_version": "00401",
            }
        )
        cls.approved(cls.interface.contract_id, schema=json.dumps({"type": "object"}))
        cls.approved(cls.interface.mapping_id, document=json.dumps(RULES))
        cls.door = cls.env["sync.endpoint"].create(
            {
                "name": "What finance sends by EDI",
                "code": "finance-edi",
                "trading_partner_id": cls.partner.id,
                "direction": "inbound",
                "codec": "x12",
                "edi_answer": "always",
                "topic_source": "pointer",
                "topic_value": "/message/type",
                "key_source": "pointer",
                "key_value": "/beginning/number",
            }
        )
        cls.door._create_agent([], name="What finance sends by EDI")
        cls.env["sync.credential"].create({"name": "finance", "endpoint_id": cls.door.id, "secret_input": SECRET})
        cls.door.action_go_live()
        cls.answering = cls.env["sync.interface"].create(
            {
                "name": "Syntax acknowledgements to finance",
                "code": "finance.acknowledgements",
                "endpoint_id": cls.endpoint.id,
                "document_type_id": cls.env["sync.document.type"]._id_of("interchange.acknowledgement"),
                "policy_id": cls.interface.policy_id.id,
                "owner_id": cls.author.id,
            }
        )
        cls.answering.action_go_live()

    @classmethod
    def approved(cls, record, **values):
        """Change what is approved, as no person may: the test is about its effect."""
        cls.env.flush_all()
        names = ", ".join(f"{name} = %s" for name in values)
        cls.env.cr.execute("SET LOCAL session_replication_role = replica")  # the freeze of approved versions
        cls.env.cr.execute(f"UPDATE {record._table} SET {names} WHERE id = %s", [*values.values(), record.id])
        cls.env.cr.execute("SET LOCAL session_replication_role = origin")
        cls.env.invalidate_all()
        cls.env.registry.clear_cache()

    def comes(self, data):
        """The partner sends a file; what the door answers."""
        return self.receive(self.door.code, None, profile="standard_webhooks", secret=SECRET, raw=data)

    def delivered(self, *keys):
        """Invoices that the partner took, each in an interchange of its own; their messages."""
        messages = self.invoices(*keys)
        with self.partner_answers():
            self.run_engine()
        return messages

    def alerts(self, code):
        return self.env["sync.exception"].search([("code", "=", code), ("is_open", "=", True)])
