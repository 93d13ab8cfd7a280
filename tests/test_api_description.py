"""The description of the API is what the server does: requests are made from it, and the answers held against it."""

import copy
import json
import random

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.api.problems import published
from odoo.addons.sync_governance.core.canonical import catalogue
from odoo.addons.sync_governance.core.contracts.formats import format_checker
from odoo.addons.sync_governance.core.faults import taxonomy

from .feed_fixture import FeedCase

CHANGES = 100
VALUES = (None, True, 7, -1, "", "x", "é" * 300, [], {}, [None], "0", "-0.50", "2026-13-40", "EUR")


@tagged("post_install", "-at_install")
class TestDescription(FeedCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.gives_invoices(self.northwind, "northwind-invoices")
        self.synchronous()
        self.description = self.get("/openapi.json").json()

    def validator(self, schema):
        """The schema of the description, by a public implementation of JSON Schema."""
        root = {"$id": "urn:description", "$schema": "https://json-schema.org/draft/2020-12/schema", **self.description}
        registry = Registry().with_resource("urn:description", Resource.from_contents(root, DRAFT202012))
        return Draft202012Validator(_absolute(schema), registry=registry, format_checker=format_checker())

    def assertDescribed(self, response, operation):
        """The answer has a status that the operation names, and the shape that it gives to it."""
        described = operation["responses"].get(str(response.status_code))
        self.assertIsNotNone(described, f"{operation['operationId']}: {response.status_code} {response.text}")
        contents = described.get("content", {})
        if contents and "*/*" not in contents:
            self.assertIn(response.headers["Content-Type"], contents)
            schema = contents[response.headers["Content-Type"]]["schema"]
            faults = [error.message for error in self.validator(schema).iter_errors(response.json())]
            self.assertFalse(faults, response.text)

    def operations(self):
        for path, methods in self.description["paths"].items():
            for method, operation in methods.items():
                yield method.upper(), path.removeprefix("/sync/v1"), operation

    # -- what is in it -------------------------------------------------------------------------------------------------

    def test_it_is_what_this_partner_may_use_and_nothing_more(self):
        self.assertEqual(
            sorted((method, path) for method, path, _operation in self.operations()),
            [
                ("GET", "/asyncapi.json"),
                ("GET", "/events"),
                ("GET", "/invoices"),
                ("GET", "/invoices/{id}"),
                ("GET", "/messages/{id}"),
                ("GET", "/messages/{id}/raw"),
                ("GET", "/openapi.json"),
                ("GET", "/subscriptions"),
                ("GET", "/subscriptions/{id}"),
                ("POST", "/events:acknowledge"),
                ("POST", "/messages:batch"),
                ("POST", "/orders"),
                ("POST", "/subscriptions"),
                ("POST", "/subscriptions/{id}:cancel"),
            ],
        )
        self.assertEqual(
            {name for name in self.description["components"]["schemas"] if name in catalogue()},
            {"order.create", "invoice.posted"},
        )
        self.proof.may_read = False
        paths = self.get("/openapi.json").json()["paths"]
        self.assertNotIn("/sync/v1/invoices", paths)
        self.assertNotIn("/sync/v1/events", paths)

    def test_events_are_given_in_the_forms_that_are_described(self):
        operation = self.description["paths"]["/sync/v1/events"]["get"]
        self.given_invoices("INV/1")
        for media_type in ("application/cloudevents-batch+json", "application/json"):
            response = self.get("/events?since=2001-01-01T00:00:00Z", headers={"Accept": media_type})
            self.assertEqual(response.headers["Content-Type"], media_type)
            self.assertIn("INV/1", response.text)
            self.assertDescribed(response, operation)
        page = response.json()
        answer = self.send({"cursor": page["next"]}, path="/events:acknowledge")
        self.assertDescribed(answer, self.description["paths"]["/sync/v1/events:acknowledge"]["post"])
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        page["items"][0]["document"]["number"] = 7
        self.assertFalse(self.validator(schema).is_valid(page))

    def test_every_reference_leads_somewhere_inside(self):
        text = json.dumps(self.description)
        self.assertNotIn("urn:sync-governance:definitions", text)
        for target in set(_references(self.description)):
            found = self.description
            for step in target.removeprefix("#/").split("/"):
                self.assertIn(step, found, target)
                found = found[step]

    def test_every_schema_is_one(self):
        for schema in self.description["components"]["schemas"].values():
            Draft202012Validator.check_schema(schema)

    def test_the_contract_of_the_partner_is_in_it_where_it_says_more(self):
        schema = {**json.loads(self.orders.contract_id.schema), "required": ["type", "number", "partner_reference"]}
        self.configure(self.orders.contract_id, schema=json.dumps(schema))
        self.description = self.get("/openapi.json").json()
        body = self.description["paths"]["/sync/v1/orders"]["post"]["requestBody"]["content"]["application/json"]
        document = self.order()
        self.assertTrue(self.validator(body["schema"]).is_valid({**document, "partner_reference": "x"}))
        document.pop("partner_reference", None)
        self.assertFalse(self.validator(body["schema"]).is_valid(document))
        self.assertProblem(self.send(document), 422, "validate.contract")

    def test_the_channels_are_what_is_sent_and_taken(self):
        told = self.get("/asyncapi.json").json()
        self.assertEqual(set(told["operations"]), {"receive.order.create", "send.invoice.posted"})
        self.assertNotIn("partner.example", json.dumps(told))
        self.assertEqual(told["channels"]["send.invoice.posted"]["address"], "/sync/v1/events")
        self.proof.may_write = False
        self.assertEqual(set(self.get("/asyncapi.json").json()["operations"]), {"send.invoice.posted"})

    # -- the server does what it says ----------------------------------------------------------------------------------

    def test_its_samples_are_taken(self):
        for number, one in enumerate(self.samples()):
            response = self.send({**one["value"], "number": f"S-{number}"})
            self.assertEqual(response.status_code, 201, response.text)
            self.assertDescribed(response, self.description["paths"]["/sync/v1/orders"]["post"])

    def samples(self):
        body = self.description["paths"]["/sync/v1/orders"]["post"]["requestBody"]["content"]["application/json"]
        self.assertTrue(body["examples"])
        return list(body["examples"].values())

    def test_documents_that_were_changed_at_random_are_judged_as_it_says(self):
        operation = self.description["paths"]["/sync/v1/orders"]["post"]
        validator = self.validator(operation["requestBody"]["content"]["application/json"]["schema"])
        chance, judged = random.Random(19), {True: 0, False: 0}
        self.configure(self.orders.policy_id, head_policy="skip")  # no document waits for one that was refused
        for number in range(CHANGES):
            sample = {**copy.deepcopy(chance.choice(self.samples())["value"]), "number": f"N-{number}"}
            document = _changed(sample, chance)
            headers = {"Idempotency-Key": f'"change-{number}"'}
            response = self.send(document, headers=headers)
            valid = validator.is_valid(document)
            judged[valid] += 1
            self.assertDescribed(response, operation)
            self.assertEqual(not self.is_refused(response), valid, f"{response.text}\n{json.dumps(document)}")
        self.assertGreater(min(judged.values()), 10, "both kinds came up")

    def is_refused(self, response):
        """Whether a document was found to differ from what is described, at once or when its turn came."""
        if response.status_code == 202:
            self.run_engine()
            told = self.get(f"/messages/{response.json()['id']}").json()
            return told["status"] == "failed" and told["problem"]["code"].startswith("validate.")
        return response.status_code == 422 and response.json()["code"].startswith("validate.")

    @mute_logger("odoo.http")
    def test_calls_made_of_it_are_answered_as_it_says(self):
        self.given_invoices("INV/1", "INV/2")
        chance = random.Random(19)
        known = {
            "/invoices/{id}": self.get("/invoices").json()["items"][0]["id"],
            "/messages/{id}": self.send(self.order()).json()["id"],
        }
        known["/messages/{id}/raw"] = known["/messages/{id}"]
        for method, path, operation in self.operations():
            for _time in range(25):
                query, headers, body = self.arguments(operation, chance)
                address = path.replace("{id}", chance.choice([known.get(path, ""), "x", "msg_0", "0" * 64]))
                with self.subTest(method=method, address=address, query=query, headers=headers):
                    response = self.call(method, address + query, body=body, headers=headers)
                    self.assertDescribed(response, operation)

    def arguments(self, operation, chance):
        """A query, headers and a body, right or wrong."""
        query, headers = [], {}
        for parameter in operation.get("parameters", ()):
            values = {"integer": ("1", "50", "200", "0", "201", "x", ""), "string": ('"a"', "a", "", "%2F", "*", "\"'")}
            value = chance.choice(values[parameter["schema"]["type"]])
            if parameter["in"] == "query" and chance.random() < 0.6:
                query.append(f"{parameter['name']}={value}")
            elif parameter["in"] == "header" and chance.random() < 0.6:
                headers[parameter["name"]] = value
        if chance.random() < 0.2:
            query.append("unknown=1")
        headers |= chance.choice([{}, {"Accept": "text/html"}, {"Accept": "*/*"}])
        body = None
        if "requestBody" in operation:
            body = chance.choice(
                [b"", b"{", b"[]", b"{}", b"\xff", b"0", b'{"a":NaN}', json.dumps(self.order()).encode()]
            )
            headers |= chance.choice([{}, {"Content-Type": "text/plain"}])
        return f"?{'&'.join(query)}" if query else "", headers, body

    # -- for people ----------------------------------------------------------------------------------------------------

    def test_the_page_needs_no_host_outside_and_shows_no_data(self):
        page = self.url_open("/sync/v1/docs")
        self.assertEqual(page.status_code, 200)
        self.assertIn("default-src 'none'", page.headers["Content-Security-Policy"])
        self.assertNotIn("http", page.text.replace("http-equiv", ""))
        for name in ("docs.js", "docs.css"):
            self.assertIn(f"/sync_governance/static/api/{name}", page.text)
            self.assertEqual(self.url_open(f"/sync_governance/static/api/{name}").status_code, 200)

    def test_the_codes_are_published_for_people_and_machines(self):
        told = self.url_open("/sync/v1/problems").json()
        self.assertEqual(told, published())
        ours = {code for code in taxonomy() if code.startswith("engine.")}
        self.assertEqual({one["code"] for one in told}, set(taxonomy()) - ours)
        page = self.url_open("/sync/v1/problems", headers={"Accept": "text/html"})
        self.assertIn('id="request.in_progress"', page.text)


# -- changing documents ------------------------------------------------------------------------------------------------


def _changed(document, chance):
    """The document with one or two changes at places anywhere in it."""
    for _time in range(chance.choice((1, 1, 2))):
        places = [place for place in _places(document) if place]
        *above, last = chance.choice(places)
        holder = document
        for step in above:
            holder = holder[step]
        kind = chance.random()
        if kind < 0.3:
            del holder[last]
        elif kind < 0.85:
            holder[last] = chance.choice(VALUES)
        elif isinstance(holder, dict):
            holder["unknown"] = "x"
    return document


def _places(value, above=()):
    yield above
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in members:
        yield from _places(one, (*above, step))


def _absolute(value):
    """The schema with references into the description."""
    if isinstance(value, dict):
        return {
            key: f"urn:description{one}" if key == "$ref" and one.startswith("#") else _absolute(one)
            for key, one in value.items()
        }
    return [_absolute(one) for one in value] if isinstance(value, list) else value


def _references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from _references(one)
    elif isinstance(value, list):
        for one in value:
            yield from _references(one)
