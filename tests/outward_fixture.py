"""Business in Odoo that partners are told of: people with their own rights, and partners of packs that listen."""

import json
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.addons.sync_governance.models.packs.onboarding import VERSIONED, take_live

from .pack_fixture import PackCase, secret_of


class OutwardCase(PackCase):
    """What a person does in Odoo leaves as the bytes of a pack."""

    def person(self, login, *groups):
        """An internal user with these groups and no rights in this addon."""
        return (
            self.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": login.title(),
                    "login": f"{login}@outward.example.com",
                    "company_id": self.company.id,
                    "company_ids": [(6, 0, self.company.ids)],
                    "group_ids": [(6, 0, [self.env.ref(name).id for name in ("base.group_user", *groups)])],
                }
            )
        )

    def setUp(self):
        super().setUp()
        root = tempfile.TemporaryDirectory()
        self.addCleanup(root.cleanup)
        self.root = Path(root.name).resolve()
        self.startPatcher(patch.dict("os.environ", {"SYNC_GOVERNANCE_FOLDERS": str(self.root)}))

    def live(self, name, address="https://partner.example.com", contact=None, **values):
        """The live partner of a pack, by the workflow of people; what goes by SFTP goes into a folder."""
        loader = self.env["sync.pack"].with_user(self.author).with_company(self.company)
        endpoints = loader._read(name)["endpoints"]
        doors = [door for door in endpoints if door["transport"] in ("https", "webhook")]
        sends = [door["code"] for door in doors if door["transport"] == "https"]
        contact = contact or self.env["res.partner"].create({"name": f"Company of {name}", "is_company": True})
        partner = loader._load(
            name,
            self.company,
            {
                "environment": "production",
                "partner_id": contact.id,
                "endpoints": [door["code"] for door in endpoints],
                "urls": {code: f"{address}/{code}" for code in sends},
                "private_hosts": {code: address.split("/")[2] for code in sends if address.startswith("http://")},
                "secrets": {door["code"]: secret_of(door["authentication"], door["direction"]) for door in doors},
            },
        )
        if values:
            partner.write(values)
        for place in partner.endpoint_ids.filtered("carrier"):
            self.folder(place).mkdir()
            place.write(
                {
                    "carrier": "folder",
                    "authentication": "none",
                    "folder": str(self.folder(place)),
                    "file_ready": "suffix",
                }
            )
        for door in partner.endpoint_ids.filtered(lambda each: each.codec in ("x12", "edifact")):
            door.write(
                {
                    "edi_own_id": "NORDWIND",
                    "edi_own_qualifier": "ZZ",
                    "edi_own_application": "NORDWIND",
                    "edi_partner_id": "LAKESIDE",
                    "edi_partner_qualifier": "ZZ",
                    "edi_partner_application": "LAKESIDE",
                }
            )
        for version in VERSIONED:
            versions = partner.interface_ids[version].filtered(lambda each: each.state == "draft")
            versions.with_user(self.author).action_submit()
            versions.with_user(self.approver).action_approve()
        take_live(partner, self.author, self.approver)
        return partner

    def folder(self, endpoint):
        return self.root / endpoint.code

    def texts(self, endpoint):
        """What the files of an endpoint's folder say, in the order in which they came."""
        files = sorted(self.folder(endpoint).iterdir(), key=lambda path: path.stat().st_mtime_ns)
        return [path.read_text(encoding="utf-8") for path in files]

    def storable(self, name, sku, **values):
        return self.env["product.product"].create(
            {"name": name, "default_code": sku, "is_storable": True, "type": "consu", **values}
        )

    def happened(self):
        """The person's work is committed: what waits for that is written."""
        self.env.cr.flush()

    def events(self, document_type):
        self.happened()
        return self.env["sync.event"].search([("document_type", "=", document_type)], order="id")

    def documents(self, document_type):
        """What was published of a type, the oldest first."""
        return [json.loads(event.sudo().document) for event in self.events(document_type)]
