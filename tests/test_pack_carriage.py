"""A pack says how documents travel: all that an endpoint can be set to, and nothing that belongs to one partner."""

import json

from odoo.addons.sync_governance.models.packs import carriage, reading

from .governance_fixture import GovernanceCase

LISTED = {
    "path": "/v1/events?limit=50",
    "content": "list",
    "items": "/data",
    "paging": "cursor",
    "cursor_at": "/next_cursor",
    "parameter": "cursor",
    "first_page": 0,
    "since": "since",
    "changed_at": "/timestamp",
    "overlap_minutes": 15,
    "start": "2026-01-01T00:00:00Z",
}
FILES = {
    "pattern": "*.json",
    "ready": "marker",
    "quiet_seconds": 30,
    "marker": ".ok",
    "suffixes": "",
    "after": "delete",
    "archive": "",
    "refused": "bad",
    "known_by": "name",
    "name": "{type}_{uid}.json",
    "exists": "refuse",
}
LOOKS = {"poll_minutes": 17, "health": {"alert_after_minutes": 7, "stop_after_days": 0}}
IN = {"limits": {"max_body_bytes": 100_000_000, "rate_per_minute": 90, "max_waiting": 5000}}
WAYS = {
    "folder": {"authentication": "none", "files": FILES, **LOOKS, **IN},
    "sftp": {"authentication": "ssh_key", "files": {**FILES, "folder": "out/reports"}, **LOOKS, **IN},
    "https_pull": {
        "authentication": "basic",
        "pull": LISTED,
        **LOOKS,
        "confidential": True,
        "limits": {**IN["limits"], "read_timeout": 45, "delivery_rate": 0.5, "delivery_burst": 3},
    },
    "amqp": {"authentication": "basic", "broker": {"queue": "reports"}, **LOOKS, **IN, "hold_unread": True},
    "kafka": {
        "authentication": "basic",
        "broker": {
            "topic": "reports",
            "group": "odoo-reports",
            "mechanism": "SCRAM-SHA-256",
            "idempotent": False,
            "version": "2.1",
        },
        **LOOKS,
    },
    "mail": {"authentication": "none", "mail": {"mailbox": "wms-reports", "attachments": "*.json"}, **IN},
}
SAID_OTHERWISE = {
    "name", "code", "direction", "carrier", "pulled", "codec", "codec_options", "authentication",
    "authentication_settings", "answer_rules", "key_source", "key_value", "topic_source", "topic_value",
    "test_flag_source", "test_flag_value", "test_flag_words", "business_type_ids", "interface_ids", "edi_own_id",
    "edi_own_qualifier", "edi_own_application", "edi_partner_id", "edi_partner_qualifier", "edi_partner_application",
    "edi_version", "edi_answer", "edi_answer_kind", "documents_together",
}  # fmt: skip
STAYS = {
    "trading_partner_id": "it is loaded for one",
    "user_id": "made for it, from what the pack says of its agent",
    "active": "loaded as a draft",
    "url": "the partner's address",
    "secondary_url": "the partner's address",
    "broker_url": "the partner's address",
    "sftp_host": "the partner's address",
    "sftp_port": "goes with the server",
    "allowed_private_hosts": "hosts",
    "proxy_url": "our own network",
    "allowed_sources": "the partner's networks",
    "authorities": "who is believed, and until when",
    "mail_senders": "the partner's addresses",
    "mail_to": "the partner's address",
    "mail_from": "our own address",
    "mail_vouching": "our own server",
    "credential_ids": "secrets",
    "region_id": "where the partner is",
    "expectation_ids": "agreed with each partner, in its calendar",
    "review_days": "how this company looks after its credentials",
    "review_grace_days": "how this company looks after its credentials",
    "review_unconfirmed": "how this company looks after its credentials",
}


class TestPackCarriage(GovernanceCase):
    maxDiff = None

    def test_whatever_can_be_set_is_said_by_a_pack_or_stays_with_a_reason(self):
        fields = self.env["sync.endpoint"]._fields
        settable = {
            name
            for name, field in fields.items()
            if (field.store or field.type == "one2many")
            and not (field.readonly or field.compute or field.related)
            and not hasattr(self.env["mail.thread"], name)
            and not hasattr(self.env["mail.activity.mixin"], name)
        }
        self.assertEqual(settable - set(carriage.FIELDS) - SAID_OTHERWISE - set(STAYS), set())
        self.assertEqual((set(carriage.FIELDS) | SAID_OTHERWISE | set(STAYS)) - set(fields), set(), "no such field")
        self.assertEqual((set(carriage.FIELDS) | SAID_OTHERWISE) & set(STAYS), set())

    def test_each_way_is_loaded_exported_and_the_same_again(self):
        for transport, said in WAYS.items():
            with self.subTest(transport=transport):
                name = f"reports-{transport.replace('_', '-')}"
                partner, changes = self.applied(self.pack(name, transport, said), name)
                self.assertTrue(changes)
                (door,) = partner.endpoint_ids
                self.assertEqual((door.transport, door.url, door.sftp_host), (transport, False, False))
                exported = self.env["sync.pack"]._export(partner, name)
                (entry,) = json.loads(exported.files["pack.json"])["endpoints"]
                for member, value in said.items():
                    found = entry[member]
                    if isinstance(value, dict):
                        found = {part: found[part] for part in value}
                    self.assertEqual(found, value, member)
                self.assertEqual(self.applied(exported, name)[1], [], "applied again it changes nothing")

    def test_a_change_of_how_it_travels_is_told_and_applied(self):
        self.applied(self.pack("reports", "https_pull", WAYS["https_pull"]), "reports")
        other = {**WAYS["https_pull"], "pull": {**LISTED, "overlap_minutes": 60}, "poll_minutes": 5}
        partner, changes = self.applied(self.pack("reports", "https_pull", other), "reports")
        (change,) = changes
        told = {each["field"]: (each["from"], each["to"]) for each in change.fields}
        self.assertEqual((change.kind, told), ("endpoint", {"pull_overlap_minutes": (15, 60), "poll_minutes": (17, 5)}))
        self.assertEqual(partner.endpoint_ids.pull_overlap_minutes, 60)

    def test_a_second_partner_of_a_pack_gets_a_mailbox_of_its_own(self):
        self.company.alias_domain_id = self.env["mail.alias.domain"].create({"name": "in.example.com"})
        pack = self.pack("reports", "mail", WAYS["mail"])
        first, _changes = self.applied(pack, "reports")
        second, _changes = self.applied(pack, "reports", code="north")
        self.assertEqual(first.endpoint_ids.mail_address, "wms-reports@in.example.com")
        self.assertEqual(second.endpoint_ids.mail_address, "north-wms-reports@in.example.com")
        self.assertEqual(self.applied(pack, "reports", code="north")[1], [], "and keeps it")

    # -- what the tests do -------------------------------------------------------------------------------------------

    def pack(self, name, transport, said):
        """The warehouse's pack with one endpoint that travels by ``transport``."""
        files = {path: reading.content("wms", path) for path in self.paths_of("wms")}
        data = json.loads(files["pack.json"])
        data["endpoints"] = [{**data["endpoints"][0], "code": "reports", "transport": transport, **said}]
        data["endpoints"][0]["topic"] = {"source": "pointer", "value": "/type"}
        data["interfaces"] = [{**each, "endpoint": "reports"} for each in data["interfaces"][:3]]
        data |= {"name": name, "partner": {**data["partner"], "code": name}, "samples": []}
        return reading.PackFiles(name, {**files, "pack.json": json.dumps(data).encode()})

    def paths_of(self, name):
        return reading.from_folder(reading.FOLDER / name).files

    def applied(self, pack, name, code=None):
        with reading.lent(pack):
            loader = self.env["sync.pack"].with_user(self.author).with_company(self.company)
            return loader._apply(name, self.company, {"code": code} if code else None)
