"""The public test kit: a trading partner from a pack, a signed transmission, the engine run to rest.

Tests of partner packs in other modules may use it as well. Nothing here sleeps and nothing leaves the machine.
"""

import json
import uuid
from contextlib import contextmanager
from datetime import datetime, timezone
from unittest.mock import patch

from odoo.tests import TransactionCase, tagged

from odoo.addons.sync_governance.core.delivery import http, signatures
from odoo.addons.sync_governance.models.exchange.worker import Worker
from odoo.addons.sync_governance.models.packs.onboarding import bring_live

TEST_KEYS = "test:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
# The test server and stub partners speak plain http on loopback.
PLAIN_NETWORKS = "127.0.0.1"
ENVIRONMENT = {"SYNC_GOVERNANCE_KEYS": TEST_KEYS, "SYNC_GOVERNANCE_PLAIN_NETWORKS": PLAIN_NETWORKS}


@tagged("post_install", "-at_install")
class SyncCase(TransactionCase):
    """A company that trades, two people who approve each other's work, and doors to the pipeline."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch.dict("os.environ", ENVIRONMENT))
        cls.company = cls.env.company
        cls.author, cls.approver = cls._people()

    def setUp(self):
        super().setUp()
        self.sent = []

    @classmethod
    def _people(cls):
        """An integration manager who writes, and an approver of every domain who approves."""
        users = cls.env["res.users"].with_context(no_reset_password=True)
        author = users.create(
            {
                "name": "Ada Author",
                "login": "ada.author",
                "email": "ada@example.com",
                "group_ids": [(4, cls.env.ref("sync_governance.group_manager").id)]
                + [(4, cls.env.ref("sync_governance.group_security_officer").id)],
            }
        )
        approver = users.create(
            {
                "name": "Ben Approver",
                "login": "ben.approver",
                "email": "ben@example.com",
                "group_ids": [
                    (4, cls.env.ref(f"sync_governance.group_approver_{domain}").id)
                    for domain in (
                        "sales",
                        "warehouse",
                        "finance",
                        "service",
                        "integration",
                    )
                ],
            }
        )
        return author, approver

    # -- partners ----------------------------------------------------------------------------------------------------

    @classmethod
    def live_partner(cls, pack, secrets=None, urls=None, answers=None):
        """Install a pack and take it live through the real workflow: written by one person, approved by another.

        :param secrets: {endpoint code: secret}
        :param urls: {endpoint code: url} of outbound endpoints
        :param answers: {code of a question of the pack: text}
        """
        return bring_live(
            cls.env,
            pack,
            cls.company,
            author=cls.author,
            approver=cls.approver,
            secrets=secrets,
            addresses=urls,
            answers=answers,
        )

    def goes_over(self, interface, **versions):
        """Put other versions in force at a live interface, as people do: by a change request that another decides.

        :param versions: records by field: ``mapping_id=mapping``; drafts are approved with it
        """
        request = (
            self.env["sync.change.request"]
            .with_user(self.author)
            .create(
                {
                    "name": f"Other versions for {interface.code}",
                    "company_id": interface.company_id.id,
                    **{f"{name}s": [(4, version.id)] for name, version in versions.items()},
                    "line_ids": [
                        (0, 0, {"interface_id": interface.id, **{name: part.id for name, part in versions.items()}})
                    ],
                }
            )
        )
        request.action_submit()
        request.with_user(self.approver).action_approve()
        return request

    def ends(self, version, kind, last_day=None):
        """End a version as people do: one proposes, another agrees; ``kind`` as in ``sync.lifecycle.ending``."""
        ending = (
            self.env["sync.lifecycle.ending"]
            .with_user(self.author)
            .create(
                {
                    "res_model": version._name,
                    "res_id": version.id,
                    "kind": kind,
                    "last_day": last_day,
                    "reason": "The partner has gone over.",
                }
            )
        )
        ending.with_user(self.approver).action_agree()
        return ending

    # -- the wire ----------------------------------------------------------------------------------------------------

    def receive(
        self,
        endpoint,
        document,
        *,
        profile,
        secret,
        headers=None,
        message_id=None,
        raw=None,
    ):
        """Send a signed transmission to an endpoint as a partner would; returns the receipt."""
        body = raw if raw is not None else json.dumps(document).encode()
        signed = signatures.sign(
            body,
            profile=profile,
            secrets=[signatures.Secret("partner", secret)],
            message_id=message_id or f"msg_{uuid.uuid4().hex}",
            now=datetime.now(timezone.utc),
        )
        with self.engine_cursors():
            return self.env["sync.intake"]._receive(endpoint, body, {**signed, **(headers or {})}, "127.0.0.1")

    @contextmanager
    def partner_answers(self, status=202, body=b"{}", fault=None, headers=None):
        """Partners answer every delivery like this; what was sent is collected in ``self.sent``."""

        def send(parcel):
            self.sent.append(parcel)
            return http.DeliveryResult(
                status=status,
                headers=headers or {},
                body=body,
                elapsed=0.001,
                fault=fault,
            )

        with patch.object(type(self.env["sync.transport.https"]), "_send", staticmethod(send)):
            yield

    # -- the engine ---------------------------------------------------------------------------------------------------

    @contextmanager
    def engine_cursors(self):
        """Cursors that the engine opens see what the test has written, and the other way round."""
        self.env.flush_all()
        self.env.cr.flush()
        if type(self)._registry_patched:
            yield
        else:
            with self.enter_registry_test_mode():
                yield
        self.env.invalidate_all()

    def run_engine(self, passes=20):
        """Run the engine until it has nothing left to do."""
        with self.engine_cursors(), Worker(self.registry, "process") as worker:
            for _ in range(passes):
                if not self.env["sync.engine"]._run_pass(worker):
                    return
        self.fail(f"The engine found no rest in {passes} passes")

    def time_comes(self, *kinds):
        """Whatever is due some time (of these kinds) is due now."""
        self.env.flush_all()
        self.env.cr.execute(
            """UPDATE sync_due SET due_at = (now() AT TIME ZONE 'UTC') - interval '1 second'
                WHERE %s OR kind = ANY(%s)""",
            [not kinds, list(kinds)],
        )

    def message(self, receipt):
        """The message of a receipt."""
        return self.env["sync.message"].search([("uid", "=", receipt.message_uid)])

    def assertReached(self, process, *milestones):
        """The process has reached these milestones (codes)."""
        reached = set(process.milestone_ids.filtered(lambda m: m.state == "reached").mapped("code"))
        self.assertLessEqual(set(milestones), reached, f"missing: {sorted(set(milestones) - reached)}")
