"""What partners send besides what was agreed, counted from a sample of valid documents, minutes after they were worked.

Nothing of it is on the way of a document: the attempt log is read behind, a few documents of each interface a minute.
"""

import json
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command

from ...core.codecs import Place, codec, read_one
from ...core.contracts.drift import declare, unknown
from ...core.faults import Fault
from ...core.queue import schedule_in, watermark

DUE = "contract.drift"
READER = "drift"
EVERY_SECONDS = 60.0
SAMPLE = 20
"""Documents of one interface that are looked at in one round."""
LEARNING = 50
"""So many documents show what is usual beside the contract; what comes later is drift."""
CODE = "validate.drift"

SAMPLED = """
    SELECT interface_id, contract_id, transmission_id
      FROM (SELECT m.interface_id, m.contract_id, m.transmission_id,
                   row_number() OVER (PARTITION BY m.interface_id, m.contract_id ORDER BY m.id DESC) AS place
              FROM sync_attempt a JOIN sync_message m ON m.id = a.message_id
             WHERE a.id > %s AND a.id <= %s AND a.outcome = 'done' AND m.direction = 'inbound'
               AND m.interface_id IS NOT NULL AND m.contract_id IS NOT NULL AND m.transmission_id IS NOT NULL) t
     WHERE place <= %s
     ORDER BY interface_id, contract_id, transmission_id
"""
SURVEYED = """
    INSERT INTO sync_drift_survey AS s (interface_id, company_id, documents) VALUES (%s, %s, %s)
    ON CONFLICT (interface_id) DO UPDATE SET documents = s.documents + EXCLUDED.documents
    RETURNING s.documents - %s
"""
SEEN = """
    INSERT INTO sync_drift AS d (interface_id, contract_id, trading_partner_id, company_id, kind, pointer, sample,
                                 documents, first_seen_at, last_seen_at, known)
    SELECT %s, %s, %s, %s, t.kind, t.pointer, t.sample, t.documents, now() AT TIME ZONE 'UTC',
           now() AT TIME ZONE 'UTC',
           %s OR EXISTS (SELECT FROM sync_drift k WHERE k.interface_id = %s AND k.known
                            AND (k.kind, k.pointer, k.sample) = (t.kind, t.pointer, t.sample))
      FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[]) AS t(kind, pointer, sample, documents)
     ORDER BY 5, 6, 7
    ON CONFLICT (interface_id, contract_id, kind, pointer, sample) DO UPDATE
       SET documents = d.documents + EXCLUDED.documents, last_seen_at = EXCLUDED.last_seen_at
"""


class SyncDriftSurvey(models.Model):
    """How many documents of an interface were looked at."""

    _name = "sync.drift.survey"
    _description = "Documents looked at for drift"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _rec_name = "interface_id"

    interface_id = fields.Many2one("sync.interface", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", readonly=True)
    documents = fields.Integer(string="Documents looked at", readonly=True)

    _once = models.UniqueIndex("(interface_id)")


class SyncDrift(models.Model):
    """A field or a value that valid documents of an interface hold and the contract does not name."""

    _name = "sync.drift"
    _description = "Drift"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "known, last_seen_at desc, id desc"
    _rec_name = "pointer"

    interface_id = fields.Many2one("sync.interface", required=True, readonly=True, ondelete="cascade")
    contract_id = fields.Many2one("sync.contract", required=True, readonly=True, ondelete="cascade")
    trading_partner_id = fields.Many2one(
        "sync.trading.partner", string="Trading partner", readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", readonly=True)
    kind = fields.Selection([("field", "Field"), ("value", "Value")], required=True, readonly=True)
    pointer = fields.Char(string="Place", required=True, readonly=True)
    sample = fields.Char(string="Value", readonly=True)
    documents = fields.Integer(string="Seen in", readonly=True, help="Of the documents that were looked at.")
    first_seen_at = fields.Datetime(string="First seen", readonly=True)
    last_seen_at = fields.Datetime(string="Last seen", readonly=True)
    known = fields.Boolean(readonly=True, help="Usual from the beginning, or said not to matter.")
    request_id = fields.Many2one(
        "sync.change.request", string="Change request", readonly=True, ondelete="set null", index="btree_not_null"
    )

    _once = models.UniqueIndex("(interface_id, contract_id, kind, pointer, sample)")

    def init(self):
        watermark.begin(self.env.cr, READER, "sync_attempt", DUE)

    def action_accept(self):
        """It is known and does not matter; with the last of an interface its notice closes."""
        if not self.env.user.has_group("sync_governance.group_manager"):
            raise AccessError(self.env._("Integration managers say what does not matter."))
        self.check_access("read")
        self.env.cr.execute("UPDATE sync_drift SET known = true WHERE id = ANY(%s)", [self.ids])
        self.invalidate_model()
        for interface in self.interface_id:
            if not self.search_count([("interface_id", "=", interface.id), ("known", "=", False)], limit=1):
                self.env["sync.exception"]._over(
                    CODE,
                    subject=interface._drift_subject(),
                    company=interface.company_id,
                    interface=interface,
                    note=self.env._("All of it is known."),
                )

    # -- the engine's door -------------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _survey(self, low, high):
        """Look at a sample of what the attempts above id ``low`` up to ``high`` finished."""
        self.env.cr.execute(SAMPLED, [low, high, SAMPLE])
        groups = {}
        for interface, contract, transmission in self.env.cr.fetchall():
            groups.setdefault((interface, contract), []).append(transmission)
        for (interface_id, contract_id), transmissions in groups.items():
            interface = self.env["sync.interface"].browse(interface_id)
            contract = self.env["sync.contract"].browse(contract_id)
            self._look_at(interface, contract, self._bodies(transmissions))
        self.invalidate_model()

    def _bodies(self, transmissions):
        self.env.cr.execute(
            """SELECT p.content, t.place_first, t.place_last, t.charset
                 FROM sync_payload p JOIN sync_transmission t ON t.id = p.transmission_id
                WHERE p.kind = 'received' AND p.content IS NOT NULL AND t.id = ANY(%s) ORDER BY p.id""",
            [transmissions],
        )
        return [
            (bytes(content), Place(first, last, charset or "") if first else None)
            for content, first, last, charset in self.env.cr.fetchall()
        ]

    def _look_at(self, interface, contract, bodies):
        counted = {}
        endpoint = interface.endpoint_id
        for body, place in bodies:
            try:
                document = read_one(codec(endpoint.codec, endpoint.codec_options or ""), body, place).document
            except Fault:
                continue  # it was worked, so its endpoint was set up for another form then
            for each in unknown(contract._validator(), document):
                counted[each] = counted.get(each, 0) + 1
        company = interface.company_id.id
        self.env.cr.execute(SURVEYED, [interface.id, company, len(bodies), len(bodies)])
        (before,) = self.env.cr.fetchone()
        if not counted:
            return
        rows = [(each.kind, each.pointer, each.sample, times) for each, times in counted.items()]
        columns = [list(column) for column in zip(*rows, strict=True)]
        partner = interface.trading_partner_id.id
        learning = before < LEARNING
        self.env.cr.execute(SEEN, [interface.id, contract.id, partner, company, learning, interface.id, *columns])
        self.invalidate_model()
        fresh = self.search(
            [("interface_id", "=", interface.id), ("contract_id", "=", contract.id), ("known", "=", False),
             ("request_id", "=", False)], order="id"
        )  # fmt: skip
        if fresh:
            fresh._tell(interface, contract)

    def _tell(self, interface, contract):
        """A notice with an owner, and a draft change request that would declare what is new."""
        request = self._draft_request(interface, contract)
        self.env.cr.execute("UPDATE sync_drift SET request_id = %s WHERE id = ANY(%s)", [request.id, self.ids])
        self.invalidate_model()
        shown = [f"{drift.pointer} = {drift.sample}" if drift.sample else drift.pointer for drift in self]
        self.env["sync.exception"]._open(
            CODE,
            detail=self.env._(
                "Valid documents of %(partner)s hold what the contract %(contract)s does not name: %(places)s. The"
                " change request “%(request)s” would declare it; %(flows)s use the same contract.",
                partner=interface.trading_partner_id.name,
                contract=contract.display_name,
                places=", ".join(shown[:10]) + ("…" if len(shown) > 10 else ""),
                request=request.name,
                flows=", ".join(
                    contract.interface_ids.filtered(lambda i: i.company_id == interface.company_id).mapped("name")
                ),
            ),
            subject=interface._drift_subject(),
            company=interface.company_id,
            document=interface.name,
            document_domain=interface.domain,
            trading_partner=interface.trading_partner_id,
            endpoint=interface.endpoint_id,
            interface=interface,
        )

    def _draft_request(self, interface, contract):
        """The draft that is open for this interface, or a new one; with a version that declares the new fields."""
        requests = self.env["sync.change.request"]
        known = self.search([("interface_id", "=", interface.id), ("request_id.state", "=", "draft")], limit=1)
        request = known.request_id
        draft = request.contract_ids.filtered(lambda c: c.code == contract.code and c.state == "draft")[:1]
        if not draft:
            draft = contract._next_version()
        schema = json.loads(draft.schema, parse_float=Decimal)
        for drift in self.filtered(lambda each: each.kind == "field"):
            schema = declare(schema, drift.pointer)
        draft.schema = json.dumps(schema, indent=2, ensure_ascii=False, default=_number)
        if request:
            return request
        request = requests.create(
            {
                "name": self.env._("What %s holds besides", interface.name),
                "company_id": interface.company_id.id,
                "reason": self.env._(
                    "Documents of %(partner)s hold fields or values that the contract does not name, since %(day)s.",
                    partner=interface.trading_partner_id.name,
                    day=fields.Date.today().isoformat(),
                ),
                "contract_ids": [Command.link(draft.id)],
                "notify": False,
            }
        )
        request.action_find_interfaces()
        return request


class SyncInterface(models.Model):
    _inherit = "sync.interface"

    drift_ids = fields.One2many(
        "sync.drift", "interface_id", string="Not in the contract", domain=[("known", "=", False)], readonly=True
    )

    @api.private
    def _drift_subject(self):
        return f"drift of {self.code}"


class SyncDueDrift(models.AbstractModel):
    """The minute in which a sample of documents is looked at."""

    _name = "sync.due.contract.drift"
    _description = "Time to look for drift"
    _inherit = ["sync.due.kind"]
    _kind = DUE
    _title = "Documents are looked at for drift"

    @api.model
    @api.private
    def _due(self, due_times):
        found = watermark.next_range(self.env.cr, READER, "sync_attempt")
        if found:
            self.env["sync.drift"]._survey(*found)
        behind = found and found[1] - found[0] >= watermark.LONGEST_RANGE
        schedule_in(self.env.cr, DUE, [(0, None, 0.0 if behind else EVERY_SECONDS)])


def _number(value):
    """A decimal of a schema, as JSON writes it."""
    return int(value) if value == value.to_integral_value() else float(value)
