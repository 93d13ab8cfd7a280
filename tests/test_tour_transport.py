"""In the browser: a supplier's SFTP server set up until its first file is seen; what is overdue is sent again."""

import tempfile
from pathlib import Path
from unittest import skipUnless

from odoo.tests import tagged

from odoo.addons.sync_governance.core.delivery import sftp
from odoo.addons.sync_governance.models.packs.onboarding import VERSIONED

from .browser import BrowserCase
from .edi_fixture import EdiCase
from .pack_fixture import PackCase
from .test_tours import person

PASSWORD = "a long word for ada"


@skipUnless(sftp.is_installed(), "paramiko is not installed")
@tagged("post_install", "-at_install")
class TestTransportTour(BrowserCase, PackCase):
    def setUp(self):
        super().setUp()
        from .sftp_server import SftpServer

        self.author.password = self.author.login
        root = tempfile.TemporaryDirectory()
        self.addCleanup(root.cleanup)
        self.there = Path(root.name) / "in"
        self.there.mkdir()
        self.server = SftpServer(root.name, {"ada": PASSWORD})
        self.addCleanup(self.server.stop)
        loader = self.env["sync.pack"].with_user(self.author).with_company(self.company)
        partner = loader._load("supplier-csv", self.company, {"environment": "test"})
        partner.action_start_testing()
        self.interface = partner.interface_ids.filtered(lambda each: each.pack_code == "supplier-csv.price.changed")
        for name in VERSIONED:
            self.interface[name].with_user(self.author).action_submit()
            self.interface[name].with_user(self.approver).action_approve()
        self.door = self.interface.endpoint_id
        # The partner has named a port; whoever looks after the network has allowed it.
        self.door.write(
            {
                "authentication": "basic",
                "sftp_port": self.server.port,
                "allowed_private_hosts": f"127.0.0.1:{self.server.port}",
            }
        )

    def tour(self, name):
        self.start_tour("/odoo", f"sync_governance_transport_{name}", login=self.author.login)
        self.env.invalidate_all()

    def test_an_sftp_server_is_set_up_and_its_first_file_is_seen(self):
        self.tour("sets_up")
        self.assertEqual(self.door.sftp_host_key, self.server.fingerprint)
        self.assertEqual(self.server.logins, [], "nobody has shown a password for that")
        self.env["sync.credential"].with_user(self.author).create(
            {"name": "Log-in", "endpoint_id": self.door.id, "username": "ada", "secret_input": PASSWORD}
        )
        self.tour("goes_live")
        self.assertEqual(self.door.state, "live")
        self.interface.with_user(self.author).action_go_live()
        file = self.there / "prices-may.csv"
        file.write_bytes(self.sample("supplier-csv", "samples/prices.csv"))
        self.tour("looks")
        self.run_engine()
        self.assertFalse(file.exists())
        self.tour("sees_file")


@tagged("post_install", "-at_install")
class TestAcknowledgementTour(BrowserCase, EdiCase):
    def test_an_overdue_acknowledgement_is_seen_and_its_document_sent_again(self):
        operator = person(self.env, "olga.operator", "sync_governance.group_operator_finance")
        self.approved(self.interface.policy_id, await_syntax_hours=4)
        message = self.delivered("INV-1")
        self.env.flush_all()
        self.env.cr.execute("UPDATE sync_acknowledgement SET due_at = due_at - interval '90 days'")
        self.time_comes("acknowledgement.overdue")
        with self.partner_answers():
            self.run_engine()
        self.env.invalidate_all()
        self.assertEqual((message.acknowledged, len(self.sent)), ("overdue", 1))
        self.start_tour("/odoo", "sync_governance_acknowledgement_resent", login=operator.login)
        with self.partner_answers():
            self.run_engine()
        self.assertEqual(len(self.sent), 2)
        self.assertEqual({parcel.headers["webhook-id"] for parcel in self.sent}, {message.uid})
        self.assertEqual(self.sent[0].body, self.sent[1].body, "the same interchange")
