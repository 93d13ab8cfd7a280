"""A business process from its first document to its last payment."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

STATES = [("running", "Running"), ("on_hold", "On hold"), ("completed", "Completed"), ("cancelled", "Cancelled")]
# Members of canonical documents that name what a process is about. The number of a document itself does not: the
# shop's order 1001 and the carrier's parcel 1001 are different things.
NUMBERS = ("order_number", "request_number", "tracking_number")


class SyncProcess(models.Model):
    """One order-to-cash process: its documents, milestones, holds and every message of the correlation.

    Business code writes it through the private methods at the end, always as superuser: a process records what
    documents did, so whoever may change the document moves its process, and nobody else does.
    """

    _name = "sync.process"
    _description = "Process"
    _order = "id desc"
    _rec_names_search = ["name", "reference"]

    name = fields.Char(required=True, readonly=True)
    process_type_id = fields.Many2one(
        "sync.process.type", string="Type", required=True, readonly=True, ondelete="restrict"
    )
    correlation_key = fields.Char(required=True, readonly=True, help="Identifies the process among those of its type.")
    reference = fields.Char(string="Order number", readonly=True, help="The number under which the customer ordered.")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    trading_partner_id = fields.Many2one(
        "sync.trading.partner", string="Trading partner", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    state = fields.Selection(STATES, required=True, readonly=True, default="running", index=True, group_expand=True)
    started_at = fields.Datetime(string="Started", required=True, readonly=True, default=fields.Datetime.now)
    completed_at = fields.Datetime(string="Ended", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True, ondelete="restrict")
    amount = fields.Monetary(readonly=True)

    link_ids = fields.One2many("sync.process.link", "process_id", string="Documents")
    milestone_ids = fields.One2many("sync.milestone", "process_id", string="Milestones")
    hold_ids = fields.One2many("sync.hold", "process_id", string="Holds")
    parcel_ids = fields.One2many("sync.parcel", "process_id", string="Parcels")
    message_ids = fields.One2many("sync.message", "process_id", string="Messages")

    message_count = fields.Integer(compute="_compute_counts")
    attention_count = fields.Integer(compute="_compute_counts", string="Need attention")
    document_count = fields.Integer(compute="_compute_counts")
    overdue_count = fields.Integer(string="Overdue count", compute="_compute_progress", search="_search_overdue_count")
    next_milestone = fields.Char(compute="_compute_progress", string="Next")
    progress = fields.Integer(compute="_compute_progress", help="Required milestones reached, in percent.")

    _correlation_uniq = models.UniqueIndex(
        "(company_id, process_type_id, correlation_key)", "The process exists already."
    )
    _by_reference = models.Index("(company_id, reference)")
    _ended_has_time = models.Constraint(
        "CHECK ((state IN ('completed', 'cancelled')) = (completed_at IS NOT NULL))",
        "An ended process has the time it ended.",
    )

    # -- what people see -------------------------------------------------------------------------------------------

    @api.depends("message_ids", "link_ids")
    def _compute_counts(self):
        messages = {
            process: (total, states)
            for process, total, states in self.env["sync.message"]._read_group(
                [("process_id", "in", self.ids)], ["process_id"], ["__count", "state:array_agg"]
            )
        }
        documents = dict(
            self.env["sync.process.link"]._read_group([("process_id", "in", self.ids)], ["process_id"], ["__count"])
        )
        for process in self:
            total, states = messages.get(process, (0, []))
            process.message_count = total
            process.attention_count = states.count("failed")
            process.document_count = documents.get(process, 0)

    @api.depends("milestone_ids.state")
    def _compute_progress(self):
        for process in self:
            milestones = process.milestone_ids
            required = milestones.filtered("required")
            met = required.filtered(lambda m: m.state in ("reached", "waived"))
            still_open = (milestones.filtered(lambda m: m.state in ("expected", "overdue"))).sorted("sequence")
            process.progress = 100 * len(met) // len(required) if required else 0
            process.next_milestone = still_open[:1].name
            process.overdue_count = len(milestones.filtered(lambda m: m.state == "overdue"))

    def _search_overdue_count(self, operator, value):
        if (operator, value) not in ((">", 0), ("!=", 0), ("=", 0)):
            return NotImplemented
        overdue = self.env["sync.milestone"]._search([("state", "=", "overdue")])
        return [("milestone_ids", "not any" if operator == "=" else "any", [("id", "in", overdue)])]

    def action_view_messages(self):
        """Every message of the correlation."""
        return self._open_list("sync.message", self.env._("Messages"), [("process_id", "in", self.ids)])

    def action_view_attention(self):
        """The messages that wait for a person."""
        return self._open_list(
            "sync.message",
            self.env._("Messages that need attention"),
            [("process_id", "in", self.ids), ("state", "=", "failed")],
        )

    @api.private
    def _open_list(self, model, name, domain):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "list,form",
            "domain": domain,
            "context": {"create": False},
        }

    def action_hold(self):
        """Stop the process: its gates stay closed until an approver releases the hold."""
        self.check_access("read")
        self._check_approver()
        self._hold("person", self.env._("Put on hold by %s", self.env.user.name))

    def action_reopen(self):
        """Follow a completed process again."""
        self.check_access("read")
        self._check_approver()
        self.filtered(lambda p: p.state == "completed")._move_to("running")

    @api.private
    def _check_approver(self):
        if not self.env.su and not self.env.user.has_group("sync_governance.group_approver"):
            raise AccessError(self.env._("Only an approver can decide this."))

    # -- finding ---------------------------------------------------------------------------------------------------

    @api.model
    def _of(self, records):
        """The processes (one or none for one record) that documents belong to, as superuser."""
        ids = records.ids
        if not ids:
            return self.sudo().browse()  # sudo: see below
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT process_id FROM sync_process_link WHERE res_model = %s AND res_id = ANY(%s)",
                records._name,
                ids,
            )
        )
        # sudo: every extension of a document asks this with the rights of whoever moves the document.
        return self.sudo().browse(row[0] for row in rows)

    @api.model
    def _by_record(self, records):
        """``{record id: process}`` of those records that belong to one, as superuser."""
        if not records.ids:
            return {}
        rows = self.env.execute_query(
            SQL(
                "SELECT res_id, process_id FROM sync_process_link WHERE res_model = %s AND res_id = ANY(%s)",
                records._name,
                records.ids,
            )
        )
        return {res_id: self.sudo().browse(process_id) for res_id, process_id in rows}  # sudo: as in _of

    @api.model
    def _find(self, type_code, reference, company):
        """The processes of a company under which a customer's or our own order number is known."""
        return self.sudo().search(  # sudo: as in _of
            [
                ("process_type_id.code", "=", type_code),
                ("company_id", "=", company.id),
                ("reference", "=", reference),
                ("state", "!=", "cancelled"),
            ]
        )

    @api.model
    def _find_by_document(self, company_id, documents):
        """The process id, or None, of each canonical document: by the order, transfer or invoice number it names.

        Only what is unmistakable counts; a handler that knows more says so in its outcome.
        """
        wanted = {document.get(key) for document in documents for key in NUMBERS} - {None}
        if not wanted:
            return [None] * len(documents)
        rows = self.env.execute_query(
            SQL(
                """SELECT reference, array_agg(id) FROM sync_process
                    WHERE company_id = %(company)s AND reference = ANY(%(numbers)s) AND state <> 'cancelled' GROUP BY 1
                   UNION ALL
                   SELECT p.name, array_agg(l.process_id) FROM stock_picking p
                     JOIN sync_process_link l ON l.res_model = 'stock.picking' AND l.res_id = p.id
                    WHERE p.company_id = %(company)s AND p.name = ANY(%(numbers)s) GROUP BY 1
                   UNION ALL
                   SELECT c.tracking_number, array_agg(DISTINCT c.process_id) FROM sync_parcel c
                    WHERE c.company_id = %(company)s AND c.tracking_number = ANY(%(numbers)s) GROUP BY 1""",
                company=company_id,
                numbers=sorted(wanted),
            )
        )
        found = {number: ids[0] for number, ids in rows if len(ids) == 1}
        return [
            next((found[document[key]] for key in NUMBERS if document.get(key) in found), None)
            for document in documents
        ]

    @api.model
    def _known_as(self, model, trading_partner_id, number):
        """The document of the company that a trading partner knows under that number, possibly empty."""
        rows = self.env.execute_query(
            SQL(
                """SELECT res_id FROM sync_process_link
                    WHERE company_id = %s AND trading_partner_id = %s AND res_model = %s AND partner_number = %s""",
                self.env.company.id,
                trading_partner_id,
                model,
                number,
            )
        )
        return self.env[model].browse(row[0] for row in rows).exists()

    def _linked(self, model):
        """The documents of these processes of one model, in the environment of ``self``: superuser if that is."""
        rows = self.env.execute_query(
            SQL(
                "SELECT res_id FROM sync_process_link WHERE res_model = %s AND process_id = ANY(%s) ORDER BY id",
                model,
                self.ids,
            )
        )
        return self.env[model].browse(row[0] for row in rows).exists()

    # -- moving ----------------------------------------------------------------------------------------------------

    @api.model
    def _ensure(self, type_code, correlation_key, company, records=None, **values):
        """The process of that correlation, created if it is new, with its documents linked.

        ``values`` are fields of a new process: ``name``, ``reference``, ``trading_partner_id``, ``started_at``.
        Two transactions that start the same process at once are decided by the unique index: the later one fails to
        serialize and is retried by the engine.
        """
        kind = self.env["sync.process.type"].sudo().search([("code", "=", type_code)], limit=1)  # sudo: catalogue
        if not kind:
            raise LookupError(f"no process type {type_code}")
        self.flush_model()
        self.env.cr.execute(
            """INSERT INTO sync_process (process_type_id, correlation_key, company_id, name, reference, state,
                                         trading_partner_id, started_at, create_uid, create_date, write_uid, write_date)
               VALUES (%s, %s, %s, %s, %s, 'running', %s, COALESCE(%s, now() AT TIME ZONE 'UTC'),
                       %s, now() AT TIME ZONE 'UTC', %s, now() AT TIME ZONE 'UTC')
               ON CONFLICT (company_id, process_type_id, correlation_key) DO NOTHING RETURNING id""",
            [
                kind.id,
                correlation_key,
                company.id,
                values.get("name") or values.get("reference") or correlation_key,
                values.get("reference"),
                values.get("trading_partner_id"),
                values.get("started_at"),
                self.env.uid,
                self.env.uid,
            ],
        )
        if created := self.env.cr.fetchone():
            process = self.sudo().browse(created[0])  # sudo: as in _of
            self.env["sync.milestone"].sudo()._expect(process, "process")
        else:
            process = self.sudo().search(
                [
                    ("process_type_id", "=", kind.id),
                    ("company_id", "=", company.id),
                    ("correlation_key", "=", correlation_key),
                ]
            )
        for model_records in records or ():
            process._link(model_records)
        return process

    def _link(self, records):
        """Make documents part of this process, unless they have one; returns those that are new to it."""
        self.ensure_one()
        if not records:
            return records
        self.env["sync.process.link"].flush_model()
        linked = self.env.cr.execute_values(
            """INSERT INTO sync_process_link (process_id, company_id, res_model, res_id) VALUES %s
               ON CONFLICT (res_model, res_id) DO NOTHING RETURNING res_id""",
            [(self.id, self.company_id.id, records._name, record_id) for record_id in records.ids],
            fetch=True,
        )
        self.invalidate_recordset(["link_ids"])
        if "process_id" in records._fields:
            records.invalidate_recordset(["process_id"])
        return records.browse(row[0] for row in linked)

    def _identify(self, record, trading_partner_id, number):
        """Remember under which number a trading partner knows a document of this process.

        One number is one document: of two transactions that take the same one in, the later fails to serialize (that
        is why the row is inserted again and not updated) and finds the document when the engine runs it again.
        """
        self.ensure_one()
        self.env.cr.execute(
            "DELETE FROM sync_process_link WHERE res_model = %s AND res_id = %s AND process_id = %s",
            [record._name, record.id, self.id],
        )
        self.env.cr.execute(
            """INSERT INTO sync_process_link (process_id, company_id, res_model, res_id, trading_partner_id,
                                              partner_number)
               VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
            [self.id, self.company_id.id, record._name, record.id, trading_partner_id, number],
        )
        if not self.env.cr.rowcount:
            raise LookupError(f"{number} of trading partner {trading_partner_id} is known already")
        self.env["sync.process.link"].invalidate_model()
        self.invalidate_recordset(["link_ids"])

    def _expect(self, level, subjects, tracked=False):
        """Expect the milestones of new shipments or invoices of this process."""
        self.env["sync.milestone"].sudo()._expect(self, level, subjects, tracked)  # sudo: see the class

    def _reach(self, milestone_code, occurred_at=None, subject=None, message_id=None):
        """Record a milestone (see ``sync.milestone``), wake what waits for it, complete what has nothing left."""
        if not self:
            return
        milestones = self.env["sync.milestone"].sudo()  # sudo: see the class
        message_id = message_id or self.env.context.get("sync_message_id")
        changed = milestones._reach(self, milestone_code, occurred_at or fields.Datetime.now(), subject, message_id)
        if changed:
            self._wake_waiting()
            self._check_completed()

    def _wake_waiting(self):
        """Let messages go on that wait for something to happen in these processes."""
        messages = self.env["sync.message"].sudo()  # sudo: see the class
        messages._release_waiting("process", [str(pid) for pid in self.ids])

    def _hold(self, reason_code, reason, gate=None, message_id=None):
        """Stand still for a reason, once."""
        holds = self.env["sync.hold"].sudo()  # sudo: see the class
        held = holds.search(
            [("process_id", "in", self.ids), ("reason_code", "=", reason_code), ("released_at", "=", False)]
        )
        for process in self - held.process_id:
            holds.create(
                {
                    "process_id": process.id,
                    "reason_code": reason_code,
                    "reason": reason,
                    "gate_id": gate.id if gate else False,
                    "message_id": message_id,
                }
            )
        self.filtered(lambda p: p.state == "running")._move_to("on_hold")

    def _resume(self):
        """Run again where no hold is left."""
        free = self.sudo().filtered(
            lambda p: p.state == "on_hold" and all(h.released_at for h in p.hold_ids)
        )  # sudo: see the class
        free._move_to("running")
        self._wake_waiting()
        free._check_completed()

    def _cancel(self):
        """End processes whose order was cancelled; what waits for them is woken and finds the order cancelled."""
        self.filtered(lambda p: p.state in ("running", "on_hold"))._move_to("cancelled")
        self._wake_waiting()

    def _check_completed(self):
        """Complete what runs and has nothing left: every required milestone met, no hold, no document still open."""
        for process in self.sudo().filtered(lambda p: p.state == "running"):  # sudo: see the class
            waits = process.milestone_ids.filtered(lambda m: m.required and m.state in ("expected", "overdue"))
            if not waits and not process._open_documents():
                process._move_to("completed")

    def _open_documents(self):
        """Why documents of this process still hold it open, in words; extended by whoever links documents."""
        return []

    @api.private
    def _forget(self, message_id):
        """Take back what a message told of these processes, so that it can tell it again; only ever in a transaction
        that is rolled back.
        """
        self.env["sync.milestone"].sudo()._forget(message_id)  # sudo: see the class
        ended = self.sudo().filtered(lambda p: p.state in ("completed", "cancelled"))  # sudo: see the class
        ended.write({"state": "running", "completed_at": False})

    @api.private
    def _move_to(self, state):
        allowed = {
            "running": ("on_hold", "completed"),
            "on_hold": ("running",),
            "completed": ("running",),
            "cancelled": ("running", "on_hold"),
        }
        for process in self.sudo():  # sudo: see the class
            if process.state not in allowed[state]:
                raise UserError(
                    self.env._(
                        "%(process)s cannot become “%(state)s”.", process=process.name, state=dict(STATES)[state]
                    )
                )
        self.sudo().write(  # sudo: see the class
            {"state": state, "completed_at": fields.Datetime.now() if state in ("completed", "cancelled") else False}
        )
        if state == "running":
            self.env["sync.milestone"].sudo()._schedule_again(self)  # sudo: see the class
