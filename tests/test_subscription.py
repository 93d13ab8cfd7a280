"""A partner asks for events over HTTP; two people decide in Odoo, and only then anything is given."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged

from .feed_fixture import FeedCase

WISH = {"name": "Our books", "types": ["invoice.posted"]}


class SubscriptionCase(FeedCase):
    """The interface that delivered invoices is retired: its contract and policy are there and approved."""

    def setUp(self):
        super().setUp()
        self.invoices.action_retire()

    def ask(self, **changes):
        response = self.send({**WISH, **changes}, path="/subscriptions")
        self.assertEqual(response.status_code, 201, response.text)
        return self.env["sync.subscription"].search([("uid", "=", response.json()["id"])])

    def prepared(self, **changes):
        """A wish that a manager has set up."""
        asked = self.ask(**changes).with_user(self.manager)
        asked.write({"endpoint_id": self.feed.id, "policy_id": self.invoices.policy_id.id})
        return asked

    def approved(self, **changes):
        asked = self.prepared(**changes)
        asked.with_user(self.finance_approver).action_approve()
        self.invoices = asked.interface_ids
        return asked

    def status(self, asked):
        return self.get(f"/subscriptions/{asked.uid}").json()["status"]


@tagged("post_install", "-at_install")
class TestSubscription(SubscriptionCase, HttpCase):
    def test_what_is_asked_for_is_given_once_somebody_has_approved_it(self):
        asked = self.prepared()
        self.assertTrue(asked.activity_ids, "somebody is told")
        self.posted("INV/0")
        self.assertProblem(self.get("/events"), 404, "request.address_unknown")
        asked.with_user(self.finance_approver).action_approve()
        self.assertEqual((self.status(asked), asked.interface_ids.state), ("active", "live"))
        self.posted("INV/1")
        self.assertEqual(self.numbers(), ["INV/1"])

    def test_who_set_it_up_does_not_approve_it(self):
        asked = self.prepared()
        self.manager.group_ids |= self.env.ref("sync_governance.group_approver_finance")
        with self.assertRaisesRegex(AccessError, "four eyes"):
            asked.with_user(self.manager).action_approve()
        for user in (self.sales_approver, self.viewer, self.sales_operator):
            with self.assertRaises(AccessError):
                asked.with_user(user).action_approve()
        self.assertFalse(asked.interface_ids)

    def test_nobody_gets_past_the_transition(self):
        asked = self.prepared()
        for values in ({"state": "active"}, {"author_ids": [(5,)]}, {"decided_by": self.viewer.id}):
            with self.assertRaises(UserError):
                asked.with_user(self.manager).write(values)
        with self.assertRaises(UserError):
            self.as_manager("sync.subscription").create(
                {
                    "name": "Mine",
                    "trading_partner_id": self.northwind.id,
                    "document_type_ids": [(6, 0, asked.document_type_ids.ids)],
                    "state": "active",
                }
            )
        with self.assertRaises(AccessError):
            asked.with_user(self.finance_approver).write({"endpoint_id": False})

    def test_what_the_partner_asked_for_is_not_changed_by_others(self):
        asked = self.prepared()
        for values in ({"event_content": "thin"}, {"name": "Other"}, {"event_filter": False}):
            with self.assertRaisesRegex(UserError, "stays as it is"):
                asked.with_user(self.manager).write(values)

    def test_it_says_what_is_missing(self):
        asked = self.ask(types=["invoice.posted", "shipment.dispatched"])
        self.assertRegex(asked.missing, "live endpoint")
        self.assertRegex(asked.missing, "approved policy")
        self.assertRegex(asked.missing, "approved contract of the canonical form of “Shipment")
        with self.assertRaises(UserError):
            asked.with_user(self.approver).action_approve()

    def test_it_is_refused_with_a_reason_that_the_partner_reads(self):
        asked = self.prepared().with_user(self.finance_approver)
        with self.assertRaisesRegex(UserError, "Say why"):
            asked.action_refuse()
        asked.decision_note = "Not for test partners"
        asked.action_refuse()
        told = self.get(f"/subscriptions/{asked.uid}").json()
        self.assertEqual((told["status"], told["reason"]), ("refused", "Not for test partners"))
        with self.assertRaises(UserError):
            asked.action_approve()

    def test_the_partner_ends_it_and_nothing_new_is_given(self):
        asked = self.approved()
        self.posted("INV/1")
        for _time in (1, 2):
            ended = self.send({}, path=f"/subscriptions/{asked.uid}:cancel")
            self.assertEqual((ended.status_code, ended.json()["status"]), (200, "cancelled"))
        self.env.invalidate_all()
        self.assertEqual(asked.interface_ids.state, "retired")
        self.run_engine()
        self.assertEqual(self.message_of("INV/1").state, "cancelled", "nobody wants it any more")
        self.posted("INV/2")
        self.assertFalse(self.message_of("INV/2"))

    def test_only_events_that_the_filter_describes_are_given(self):
        self.approved(filter={"/number": ["INV/1", "INV/3"]})
        self.posted("INV/1", "INV/2", "INV/3")
        self.assertEqual(self.numbers(), ["INV/1", "INV/3"])

    def test_thin_events_say_where_the_document_is_read(self):
        self.approved(content="thin")
        self.posted("INV/1", "INV/2")
        item = self.fetch("?limit=1")["items"][0]
        self.assertEqual(set(item["document"]), {"id", "type", "subject", "time", "href"})
        read = self.get(item["document"]["href"].removeprefix("/sync/v1"))
        self.assertEqual((read.status_code, read.json()["document"]["number"]), (200, "INV/1"))
        self.acknowledge({"ids": [item["id"]]})
        read = self.get(item["document"]["href"].removeprefix("/sync/v1"))
        self.assertEqual(read.json()["document"]["number"], "INV/1", "and afterwards")
        other = self.env["sync.event"].search([("subject", "=", "invoice/INV/2")])
        self.assertProblem(self.get(f"/invoices/{other.uid}"), 404, "request.record_unknown")

    def test_the_same_wish_that_waits_is_kept_once(self):
        first = self.send(WISH, path="/subscriptions")
        again = self.send(WISH, path="/subscriptions")
        self.assertEqual((first.status_code, again.status_code), (201, 200))
        self.assertEqual(first.json()["id"], again.json()["id"])
        self.assertEqual(first.headers["Location"], first.json()["links"]["self"])
        self.assertEqual(len(self.get("/subscriptions").json()["items"]), 1)

    def test_wishes_do_not_fill_the_database(self):
        for number in range(20):
            self.ask(name=f"Wish {number}")
        response = self.send({**WISH, "name": "One more"}, path="/subscriptions")
        self.assertProblem(response, 400, "request.parameter_invalid")

    def test_what_cannot_be_asked_for_is_refused(self):
        for changes in (
            {"types": []},
            {"types": ["order.create"]},
            {"types": "invoice.posted"},
            {"name": ""},
            {"name": "x" * 101},
            {"content": "some"},
            {"filter": {}},
            {"filter": {"/nothing": "x"}},
            {"filter": {"/number": {"$gt": ""}}},
            {"state": "active"},
            {"trading_partner_id": 1},
        ):
            with self.subTest(changes=changes):
                response = self.send({**WISH, **changes}, path="/subscriptions")
                self.assertProblem(response, 400, "request.parameter_invalid")
        self.assertEqual(self.get("/subscriptions").json(), {"items": []})

    def test_a_partner_sees_and_ends_its_own_only(self):
        asked = self.ask()
        key = self.stranger()
        self.assertEqual(self.get("/subscriptions", key=key).json(), {"items": []})
        for response in (
            self.get(f"/subscriptions/{asked.uid}", key=key),
            self.send({}, path=f"/subscriptions/{asked.uid}:cancel", key=key),
        ):
            self.assertProblem(response, 404, "request.record_unknown")
        self.assertEqual(self.status(asked), "requested")

    def test_a_credential_asks_for_what_it_covers(self):
        asked = self.ask()
        self.proof.document_type_ids = self.env["sync.document.type"].search([("code", "=", "shipment.dispatched")])
        response = self.send(WISH, path="/subscriptions")
        self.assertProblem(response, 400, "request.parameter_invalid")
        self.assertEqual(self.get("/subscriptions").json(), {"items": []})
        self.assertProblem(self.get(f"/subscriptions/{asked.uid}"), 404, "request.record_unknown")
        self.proof.document_type_ids = False
        self.proof.may_read = False
        self.assertProblem(self.send(WISH, path="/subscriptions"), 403, "authentication.scope_missing")

    def test_it_stands_in_the_audit_trail(self):
        asked = self.approved()
        entries = self.env["sync.audit.entry"].search([("model", "=", "sync.subscription"), ("res_id", "=", asked.id)])
        self.assertIn(self.finance_approver, entries.user_id)


@tagged("post_install", "-at_install")
class TestInterfaceEvents(SubscriptionCase):
    def test_a_filter_is_one_of_the_catalogue_and_stays_once_it_is_in_use(self):
        line = self.interface(self.feed, code="x", document_type_id=self.invoices.document_type_id.id, topic=False)
        for text in ("{", "[]", '{"/nothing": "x"}'):
            with self.assertRaises(ValidationError):
                line.event_filter = text
        line.event_filter = '{"/number": "INV/1"}'
        with self.assertRaises(UserError):
            self.invoices.event_filter = '{"/number": "INV/1"}'

    def test_only_what_is_fetched_and_can_be_read_is_thin(self):
        unpublished = self.env["sync.document.type"].search([("code", "=", "price.changed")])
        line = self.interface(self.feed, code="y", document_type_id=unpublished.id, topic=False)
        with self.assertRaises(ValidationError):
            line.event_content = "thin"
        sink = self.gives_invoices(self.northwind, "northwind-invoices").endpoint_id
        line = self.interface(sink, code="x", document_type_id=self.invoices.document_type_id.id, topic=False)
        with self.assertRaises(ValidationError):
            line.event_content = "thin"
