"""Salesforce over real HTTP: a token, records written by number or id, changes fetched by queries, no echo."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch
from urllib.parse import parse_qs, unquote, urlsplit

from odoo.tests import tagged

from odoo.addons.sync_governance.models.exchange import sender_token

from .pack_fixture import PackCase

CLIENT, SECRET = "3MVG9.the-app-of-the-tests", "the-consumer-secret-of-the-tests"
BASE = "/services/data/v64.0"
STAMP = "2026-05-04T07:15:09.000+0000"


class Org(ThreadingHTTPServer):
    """An org that keeps records; ``instead`` is what it answers for once, ``tokens`` are those that it knows."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.records, self.asked, self.instead, self.tokens, self.given = {}, [], [], [], 0
        self.address = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def add(self, sobject, found=None, **values):
        """A record; its id."""
        found = found or f"{'001' if sobject == 'Account' else '003'}5g{len(self.records):010d}"
        self.records[found] = {"attributes": {"type": sobject}, "Id": found, "SystemModstamp": STAMP, **values}
        return found

    def stop(self):
        """Answer nobody any more."""
        self.shutdown()
        self.server_close()


class Answer(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        """A token, for a day that nobody names."""
        form = parse_qs(self.body().decode())
        if urlsplit(self.path).path != "/services/oauth2/token" or form != {
            "grant_type": ["client_credentials"],
            "client_id": [CLIENT],
            "client_secret": [SECRET],
        }:
            return self.say(400, {"error": "invalid_client"})
        self.server.given += 1
        self.server.tokens.append(f"token-{self.server.given}")
        return self.say(200, {"access_token": self.server.tokens[-1], "instance_url": "x", "token_type": "Bearer"})

    def do_PATCH(self):
        """Write a record by its id, or by our number."""
        body = json.loads(self.body())
        if not self.proven():
            return self.say(401, [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}])
        self.server.asked.append((self.path, body))
        if self.server.instead:
            return self.say(*self.server.instead.pop(0))
        steps = [unquote(step) for step in urlsplit(self.path).path.removeprefix(f"{BASE}/sobjects/").split("/")]
        if len(steps) == 2:
            self.server.records[steps[1]].update(body)
            return self.say(204, None)
        sobject, field, number = steps
        known = [one for one in self.server.records.values() if one.get(field) == number]
        if known:
            known[0].update(body)
            return self.say(200, {"id": known[0]["Id"], "success": True, "errors": [], "created": False})
        made = self.server.add(sobject, **{field: number}, **body)
        return self.say(201, {"id": made, "success": True, "errors": [], "created": True})

    def do_GET(self):
        """A query, one record on a page."""
        if not self.proven():
            return self.say(401, [{"errorCode": "INVALID_SESSION_ID"}])
        parts = urlsplit(self.path)
        query = parse_qs(parts.query).get("q", [""])[0]
        self.server.asked.append((parts.path, query))
        if query:
            sobject, at = query.partition(" FROM ")[2].split()[0], 0
        else:
            sobject, at = parts.path.rpartition("/")[2].split("-")
        found = [one for one in self.server.records.values() if one["attributes"]["type"] == sobject]
        at = int(at)
        page = {"totalSize": len(found), "done": len(found) <= at + 1, "records": found[at : at + 1]}
        if not page["done"]:
            page["nextRecordsUrl"] = f"{BASE}/query/{sobject}-{at + 1}"
        return self.say(200, page)

    def proven(self):
        """Whether the newest token is shown."""
        return self.headers["Authorization"].removeprefix("Bearer ") in self.server.tokens

    def body(self):
        """What was sent."""
        return self.rfile.read(int(self.headers["Content-Length"] or 0))

    def say(self, status, document):
        """Send an answer."""
        raw = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args):
        """Nothing."""


@tagged("post_install", "-at_install")
class TestPackSalesforce(PackCase):
    def setUp(self):
        super().setUp()
        self.org = Org()
        self.addCleanup(self.org.stop)
        self.clerk = self.env["res.users"].create(
            {
                "name": "Cleo Clerk",
                "login": "cleo.clerk",
                "group_ids": [(4, self.env.ref(f"base.group_{name}").id) for name in ("user", "partner_manager")],
            }
        )

    def crm(self, *doors):
        """The live partner, with these of the endpoints that it may do without."""
        return self.live_partner(
            "salesforce",
            secrets=dict.fromkeys(["salesforce-records", *doors], SECRET),
            answers={"org": self.org.address, "client": CLIENT},
        )

    def customer(self, **values):
        """A customer that a clerk enters."""
        return self.env["res.partner"].with_user(self.clerk).create({"customer_rank": 1, **values})

    def told(self):
        """The messages to Salesforce, in their order."""
        return self.env["sync.message"].search([("endpoint_id.pack_code", "=", "salesforce-records")], order="id")

    def brought(self):
        """What came from Salesforce, in its order."""
        domain = [("endpoint_id.pack_code", "like", "salesforce-"), ("direction", "=", "inbound")]
        return self.env["sync.message"].search(domain, order="id")

    def look(self, code):
        door = self.env["sync.endpoint"].search([("pack_code", "=", code)])
        door.with_user(self.author).action_poll_now()
        self.run_engine()
        poll = self.env["sync.poll"].search([("endpoint_id", "=", door.id)])
        self.assertFalse(poll.fault_code, poll.fault_detail)
        return poll

    # -- out -----------------------------------------------------------------------------------------------------------

    def test_a_company_and_its_contact_become_an_account_and_a_contact_by_our_numbers(self):
        self.crm()
        company = self.customer(name="Acme / Söhne", is_company=True, ref="K 1/2")
        contact = company.child_ids.create(
            {"name": "Ann de Vries", "parent_id": company.id, "email": "ann@acme.example"}
        )
        self.run_engine()
        self.assertEqual(set(self.told().mapped("state")), {"done"}, self.told().mapped("fault_code"))
        self.assertEqual(
            [path for path, _body in self.org.asked],
            [
                f"{BASE}/sobjects/Account/Odoo_Number__c/{company.id}",
                f"{BASE}/sobjects/Contact/Odoo_Number__c/{contact.id}",
            ],
        )
        account, person = (body for _path, body in self.org.asked)
        self.assertEqual((account["Name"], account["AccountNumber"]), ("Acme / Söhne", "K 1/2"))
        self.assertEqual((person["FirstName"], person["LastName"]), ("Ann", "de Vries"))
        self.assertEqual(person["Account"], {"Odoo_Number__c": str(company.id)})
        self.assertNotIn("Odoo_Number__c", account, "the number stands in the address alone")
        company.with_user(self.clerk).phone = "+32 3 555 01 00"
        self.run_engine()
        self.assertEqual(len([one for one in self.org.records.values() if one["attributes"]["type"] == "Account"]), 1)
        self.assertEqual(self.org.asked[-1][1]["Phone"], "+32 3 555 01 00")

    def test_who_is_no_customer_and_what_is_not_told_is_not_sent(self):
        self.crm()
        self.env["res.partner"].create({"name": "A supplier", "is_company": True, "supplier_rank": 1})
        self.company.partner_id.phone = "+1 555 0100"
        self.clerk.partner_id.write({"customer_rank": 1, "phone": "+1 555 0101"})
        customer = self.customer(name="Told once")
        self.run_engine()
        customer.comment = "Nothing of it is in the document"
        self.run_engine()
        self.assertEqual(len(self.org.asked), 1)

    def test_without_an_interface_that_carries_it_a_customer_costs_no_event(self):
        self.customer(name="Nobody asks")
        self.env.flush_all()
        self.assertFalse(self.env["sync.event"].search([("document_type", "=", "customer.changed")]))

    def test_a_session_that_ended_is_renewed_and_the_record_is_written_once(self):
        self.crm()
        self.customer(name="First")
        self.run_engine()
        self.org.tokens.clear()
        self.startPatcher(patch.object(sender_token, "FRESH_SECONDS", 0))
        self.customer(name="Second")
        self.run_engine()
        self.assertEqual(self.told().mapped("state"), ["done", "done"])
        self.assertEqual([body["LastName"] for _path, body in self.org.asked], ["First", "Second"])

    def test_the_limit_of_requests_is_later_and_several_matches_are_for_a_person(self):
        self.crm()
        self.org.instead = [
            (403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}])
        ]
        self.customer(name="Limited")
        self.run_engine()
        limited = self.told()
        self.assertEqual((limited.state, limited.fault_code), ("ready", "deliver.throttled"))
        self.assertFalse(limited.exception_id, "it goes on by itself")
        self.org.instead = []
        self.env.cr.execute("UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE id = %s", [limited.id])
        self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE id = %s", [limited.lane_id])
        self.env.invalidate_all()
        self.run_engine()
        self.assertEqual(limited.state, "done", "and is told once the limit is over")
        self.org.instead = [(300, [f"{BASE}/sobjects/Contact/003A", f"{BASE}/sobjects/Contact/003B"])]
        self.customer(name="Twice there")
        self.run_engine()
        several = self.told()[-1]
        self.assertEqual((several.state, several.fault_code), ("failed", "deliver.ambiguous"))
        self.assertTrue(several.exception_id)
        self.assertEqual(several.endpoint_id.state, "live", "the next record may go")
        self.org.instead = [(400, [{"errorCode": "DUPLICATES_DETECTED", "message": "Twice there is there"}])]
        self.customer(name="Duplicate")
        self.run_engine()
        refused = self.told()[-1]
        self.assertEqual((refused.state, refused.fault_code), ("failed", "deliver.rejected"))
        self.assertIn("DUPLICATES_DETECTED", refused.exception_id.detail)
        self.assertNotIn("Twice there is there", refused.exception_id.detail)

    def test_an_order_as_it_stands_is_a_record_of_its_own(self):
        partner = self.crm()
        line = partner.interface_ids.filtered(lambda one: one.document_type == "order.changed")
        message = self.happens(line, json.loads(self.sample("salesforce", "samples/order.json")))
        self.run_engine()
        self.assertEqual(message.state, "done", message.fault_code)
        ((path, body),) = self.org.asked
        self.assertEqual(path, f"{BASE}/sobjects/Odoo_Order__c/Odoo_Number__c/S00618")
        wanted = json.loads(self.sample("salesforce", "samples/order.expected.json"))["record"]
        self.assertEqual(body, wanted)

    # -- in ------------------------------------------------------------------------------------------------------------

    def test_an_account_comes_in_and_is_written_by_its_id_and_linked_when_people_change_it(self):
        self.crm("salesforce-accounts", "salesforce-contacts")
        account = "0015g000009999999A"
        self.org.add("Contact", Name="Lou Marchand", AccountId=account, Account={"Odoo_Number__c": None})
        self.look("salesforce-contacts")
        (waiting,) = self.brought()
        self.assertEqual((waiting.state, waiting.fault_code), ("parked", "apply.customer_unknown"))
        self.org.add(
            "Account", account, Name="Rhônes Épices SA", BillingStreet="8 quai du Port\nB", BillingCountry="FR"
        )
        self.org.add("Account", Name="Second page")
        self.assertEqual(self.look("salesforce-accounts").taken, 2)
        company = self.env["res.partner"].search([("name", "=", "Rhônes Épices SA")])
        self.assertEqual((company.street, company.street2, company.is_company), ("8 quai du Port", "B", True))
        self.assertEqual(waiting.state, "done", waiting.fault_code)
        self.assertEqual(company.child_ids.mapped("name"), ["Lou Marchand"])
        self.assertFalse(self.told(), "what Salesforce has said is not told to Salesforce")

        company.with_user(self.clerk).phone = "+33 4 55 55 01 21"
        self.run_engine()
        path, body = self.org.asked[-1]
        self.assertEqual(path, f"{BASE}/sobjects/Account/{account}")
        self.assertEqual((body["Odoo_Number__c"], body["Phone"]), (str(company.id), "+33 4 55 55 01 21"))
        self.assertEqual(self.told().mapped("state"), ["done"])

        before, known = len(self.told()), self.env["res.partner"].search_count([])
        self.org.records[account]["SystemModstamp"] = "2026-05-04T08:00:00.000+0000"
        self.look("salesforce-accounts")
        self.assertEqual(self.brought()[-1].state, "done")
        self.assertEqual((len(self.told()), self.env["res.partner"].search_count([])), (before, known), "the echo ends")

    def test_a_customer_of_ours_that_was_changed_there_is_found_by_our_number(self):
        self.crm("salesforce-accounts")
        company = self.customer(name="Scheldehaven", is_company=True)
        self.run_engine()
        (record,) = self.org.records.values()
        record.update(Name="Scheldehaven NV", Phone="+32 3 555 01 99")
        self.look("salesforce-accounts")
        self.assertEqual((company.name, company.phone), ("Scheldehaven NV", "+32 3 555 01 99"))

    def test_no_number_of_a_document_reaches_a_person_who_works_with_odoo(self):
        self.crm("salesforce-accounts")
        self.org.add("Account", Name="Intruder", Odoo_Number__c=str(self.clerk.partner_id.id))
        self.look("salesforce-accounts")
        self.assertEqual(self.clerk.partner_id.name, "Cleo Clerk")
        self.assertTrue(self.env["res.partner"].search([("name", "=", "Intruder")]))

    def test_the_query_asks_for_what_is_newer_with_an_overlap(self):
        self.crm("salesforce-accounts")
        self.org.add("Account", Name="Acme")
        self.look("salesforce-accounts")
        self.assertIn("SystemModstamp>=1999-12-31T23:50:00Z", self.org.asked[0][1])
        self.look("salesforce-accounts")
        self.assertIn("SystemModstamp>=2026-05-04T07:05:09.000+00:00", self.org.asked[-1][1])
        self.assertEqual(len(self.brought()), 1, "what came twice is recognised")
