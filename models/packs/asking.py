"""What a pack asks of whoever sets a partner up: what is another one in each environment, and belongs into no pack.

An answer is not kept as such. It goes to the places that the question names (an address, a setting, the user of a
credential, a cross-reference), where it is seen and changed like anything else that was entered; what a pack brings
later leaves it alone, and an export leaves it out.
"""

import json
from urllib.parse import quote, urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError

LONGEST = 200


class SyncTradingPartner(models.Model):
    _inherit = "sync.trading.partner"

    pack_asks = fields.Text(string="What its pack asks", readonly=True, copy=False, help="JSON, as the pack says it.")
    asks_anything = fields.Boolean(compute="_compute_asks_anything")

    def _compute_asks_anything(self):
        for partner in self:
            partner.asks_anything = bool(partner._asks())

    @api.private
    def _asks(self):
        """The questions of its pack that concern the endpoints it has, each with the places there are (``goes_to``)."""
        self.ensure_one()
        asks = []
        for ask in json.loads(self.pack_asks or "[]"):
            places = [place for place in ask["goes_to"] if place["place"] == "reference" or self._door(place)]
            if places:
                asks.append({**ask, "goes_to": places})
        return asks

    @api.private
    def _unanswered(self):
        """The questions without an answer that must have one, by their labels."""
        return [
            ask["label"]
            for ask in self._asks()
            if not ask.get("optional") and not all(self._there(place) for place in ask["goes_to"])
        ]

    @api.private
    def _answer(self, answers):
        """Write answers to where they belong.

        :param answers: {code of a question: text}; empty texts and codes that nobody asks for change nothing
        :raises UserError: for an answer that is none
        """
        for ask in self._asks():
            said = (answers.get(ask["code"]) or "").strip()
            if not said:
                continue
            said = self.env["sync.pack"]._tidy_answer(ask, said)
            for place in ask["goes_to"]:
                self._put(place, _filled(place, ask, said))

    def _door(self, place):
        return self.with_context(active_test=False).endpoint_ids.filtered(
            lambda door: (door.pack_code or door.code) == place.get("endpoint")
        )[:1]

    def _there(self, place):
        """What stands at a place; of a credential that is not there yet nothing is asked."""
        door, kind = self._door(place), place["place"]
        if kind == "url":
            return bool(door.url)
        if kind == "setting":
            return bool(door._settings().get(place["name"]))
        if kind == "user":
            credentials = door.sudo().credential_ids  # sudo: whether there is a name, nothing of it
            return not credentials or all(credentials.mapped("username"))
        return bool(self._reference(place))

    def _reference(self, place):
        return self.env["sync.xref"].search(
            [
                ("trading_partner_id", "=", self.id),
                ("domain", "=", place["name"]),
                ("canonical_code", "=", place["code"]),
            ],
            limit=1,
        )

    def _put(self, place, value):
        door, kind = self._door(place), place["place"]
        if kind == "url" and door.url != value:
            door.url = value
        elif kind == "setting" and door._settings().get(place["name"]) != value:
            settings = {**door._settings(), place["name"]: value}
            door.authentication_settings = json.dumps(settings, indent=2, ensure_ascii=False)
        elif kind == "user":
            named = door.credential_ids.filtered(lambda one: one.username != value)
            if named:
                named.username = value
        elif kind == "reference":
            self._put_reference(place, value)

    def _put_reference(self, place, value):
        known = self._reference(place)
        if known and known.external_id != value:
            known.external_id = value
        elif not known:
            self.env["sync.xref"].create(
                {
                    "trading_partner_id": self.id,
                    "domain": place["name"],
                    "canonical_code": place["code"],
                    "external_id": value,
                }
            )


class SyncPack(models.AbstractModel):
    _inherit = "sync.pack"

    @api.private
    def _asked_settings(self, asks, endpoint):
        """The authentication settings of an endpoint (its code in the pack) that people answer for."""
        return {
            place["name"]
            for ask in asks
            for place in ask["goes_to"]
            if place["place"] == "setting" and place["endpoint"] == endpoint
        }

    @api.private
    def _with_answers(self, pack, entry, endpoint):
        """The entry of an endpoint in a pack, with those settings that people have answered for at the endpoint."""
        asked = self._asked_settings(pack.get("asks", ()), entry["code"])
        answered = endpoint._settings() if endpoint and asked else {}
        kept = {name: answered[name] for name in sorted(asked) if name in answered}
        return (
            {**entry, "authentication_settings": {**entry.get("authentication_settings", {}), **kept}}
            if kept
            else entry
        )

    @api.private
    def _users_answered(self, pack, answers):
        """{endpoint's code: the user of its credential} as people answered."""
        return {
            place["endpoint"]: _filled(place, ask, self._tidy_answer(ask, said))
            for ask in pack.get("asks", ())
            if (said := (answers.get(ask["code"]) or "").strip())
            for place in ask["goes_to"]
            if place["place"] == "user"
        }

    @api.private
    def _tidy_answer(self, ask, said):
        """An answer in the form in which it is used; of an address without what browsers add.

        :raises UserError: when it is none
        """
        refused = self.env._(
            "“%(label)s” is answered like this: %(example)s", label=ask["label"], example=ask["example"]
        )
        if len(said) > LONGEST or not said.isprintable():
            raise UserError(refused)
        if ask["kind"] != "address":
            return said
        try:
            parts = urlsplit(said if "://" in said else f"https://{said}")
            proper = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
        except ValueError:
            proper = False
        if not proper or "@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment or " " in said:
            raise UserError(refused)
        return f"{parts.scheme}://{parts.netloc.lower()}"


def _filled(place, ask, said):
    """The answer as it stands at a place; a text inside an address is one value of it."""
    form = place.get("as", "{}")
    inside = place["place"] in ("url", "setting") and form != "{}" and ask["kind"] == "text"
    return form.replace("{}", quote(said, safe="") if inside else said)
