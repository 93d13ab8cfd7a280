"""The dated facts of a process."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..governance.domains import DOMAINS
from .milestone_type import LEVEL_MODELS

DUE = "milestone.due"
"""The kind of due time of a milestone that is expected."""
AGAIN_SECONDS = 1
"""A milestone that another transaction held at its due time is looked at again after this."""
STATES = [("expected", "Expected"), ("reached", "Reached"), ("overdue", "Overdue"), ("waived", "Waived")]


class SyncMilestone(models.Model):
    """One milestone of one subject (the process itself, a shipment, an invoice).

    Rows are written by the set-based methods below: a milestone is reached once, the earliest occurrence wins whatever
    the order of arrival, and the unique index decides between two transactions that report it at the same time (the
    later one fails to serialize and is retried by the engine).
    """

    _name = "sync.milestone"
    _description = "Milestone"
    _log_access = False
    _order = "process_id desc, sequence, id"
    _rec_name = "name"

    process_id = fields.Many2one("sync.process", required=True, readonly=True, ondelete="cascade")
    type_id = fields.Many2one("sync.milestone.type", required=True, readonly=True, index=True, ondelete="restrict")
    name = fields.Char(related="type_id.name")
    code = fields.Char(related="type_id.code", store=True)
    sequence = fields.Integer(related="type_id.sequence", store=True)
    required = fields.Boolean(related="type_id.required")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    subject_model = fields.Char(required=True, readonly=True)
    subject_id = fields.Many2oneReference(model_field="subject_model", required=True, readonly=True)
    subject_name = fields.Char(string="Of", readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True)
    due_at = fields.Datetime(string="Due", readonly=True)
    occurred_at = fields.Datetime(string="Happened", readonly=True)
    recorded_at = fields.Datetime(string="Known since", readonly=True)
    message_id = fields.Many2one("sync.message", readonly=True, ondelete="set null", index="btree_not_null")
    waived_by_id = fields.Many2one("res.users", string="Waived by", readonly=True, ondelete="restrict")
    waived_reason = fields.Char(string="Reason", readonly=True)

    _once = models.UniqueIndex("(process_id, type_id, subject_model, subject_id)")
    _due = models.Index("(due_at) WHERE state = 'expected' AND due_at IS NOT NULL")
    _by_message = models.Index("(message_id) WHERE message_id IS NOT NULL")
    _known_state = models.Constraint("CHECK (state IN ('expected', 'reached', 'overdue', 'waived'))", "Unknown state.")
    _reached_has_time = models.Constraint(
        "CHECK ((state = 'reached') = (occurred_at IS NOT NULL))", "A reached milestone has the time it happened."
    )

    # -- what the process asks for ---------------------------------------------------------------------------------

    @api.model
    def _expect(self, processes, level, subjects=None, tracked=False):
        """Write down what is now expected of the processes, or of ``subjects`` that belong to the one process given."""
        wanted = ["always", "tracked"] if tracked else ["always"]
        rows = []
        for process in processes:
            for subject in subjects if subjects is not None else process:
                rows += [
                    (
                        process.id,
                        kind.id,
                        kind.code,
                        kind.sequence,
                        process.company_id.id,
                        subject._name,
                        subject.id,
                        subject.display_name,
                    )
                    for kind in process.process_type_id.milestone_type_ids
                    if kind.level == level and kind.expected in wanted
                ]
        if not rows:
            return
        self.flush_model()
        self.env.cr.execute_values(
            """INSERT INTO sync_milestone (process_id, type_id, code, sequence, company_id, subject_model, subject_id,
                                           subject_name, state)
               VALUES %s ON CONFLICT (process_id, type_id, subject_model, subject_id) DO NOTHING""",
            rows,
            template="(%s, %s, %s, %s, %s, %s, %s, %s, 'expected')",
        )
        self._schedule(processes)

    @api.model
    def _reach(self, processes, code, occurred_at, subject=None, message_id=None):
        """Record that the processes reached a milestone; returns the milestones that are news.

        A milestone of the whole process may be reported with the document that reached it.
        """
        level = LEVEL_MODELS.get(subject._name, "process") if subject else "process"
        rows = []
        for process in processes:
            kinds = process.process_type_id.milestone_type_ids.filtered(lambda t: t.code == code)
            kind = kinds.filtered(lambda t: t.level == level) or kinds.filtered(lambda t: t.level == "process")
            if not kind:
                raise LookupError(f"{process.process_type_id.code} has no milestone {code} of a {level}")
            of = process if kind.level == "process" else subject
            rows.append(
                (
                    process.id,
                    kind.id,
                    kind.code,
                    kind.sequence,
                    process.company_id.id,
                    of._name,
                    of.id,
                    of.display_name,
                    occurred_at,
                    message_id or None,
                )
            )
        if not rows:
            return self.browse()
        self.flush_model()
        changed = self.env.cr.execute_values(
            """INSERT INTO sync_milestone AS m (process_id, type_id, code, sequence, company_id, subject_model,
                                                subject_id, subject_name, state, occurred_at, recorded_at, message_id)
               VALUES %s
               ON CONFLICT (process_id, type_id, subject_model, subject_id) DO UPDATE
                  SET state = 'reached', occurred_at = EXCLUDED.occurred_at,
                      recorded_at = COALESCE(m.recorded_at, EXCLUDED.recorded_at),
                      message_id = COALESCE(EXCLUDED.message_id, m.message_id)
                WHERE m.state <> 'reached' OR m.occurred_at > EXCLUDED.occurred_at
               RETURNING id""",
            rows,
            template="(%s, %s, %s, %s, %s, %s, %s, %s, 'reached', date_trunc('second', %s::timestamp), "
            "now() AT TIME ZONE 'UTC', %s)",
            fetch=True,
        )
        if changed:
            self.env["sync.due"]._cancel(DUE, [row[0] for row in changed])
            self._schedule(processes)
        return self.browse(row[0] for row in changed)

    @api.model
    def _forget(self, message_id):
        """Expect again what a message reached; only ever in a transaction that is rolled back."""
        self.flush_model()
        self.env.cr.execute(
            """UPDATE sync_milestone SET state = 'expected', occurred_at = NULL, recorded_at = NULL, message_id = NULL
                WHERE message_id = %s AND state = 'reached'""",
            [message_id],
        )
        self.invalidate_model()

    @api.model
    def _schedule(self, processes):
        """Set the due times that follow from what the processes have reached."""
        self.env.cr.execute(
            """UPDATE sync_milestone d
                  SET due_at = r.due_at,
                      state = CASE WHEN r.due_at > now() AT TIME ZONE 'UTC' THEN 'expected' ELSE d.state END
                 FROM (SELECT d.id, min(r.occurred_at) + t.due_after_hours * interval '1 hour' AS due_at
                         FROM sync_milestone d
                         JOIN sync_milestone_type t ON t.id = d.type_id AND t.due_after_hours > 0
                         JOIN sync_milestone r ON r.process_id = d.process_id AND r.type_id = t.due_relative_to_id
                                              AND r.state = 'reached'
                                              AND (r.subject_model <> d.subject_model OR r.subject_id = d.subject_id)
                        WHERE d.process_id = ANY(%s) AND d.state IN ('expected', 'overdue')
                        GROUP BY d.id, t.due_after_hours) r
                WHERE d.id = r.id AND d.due_at IS DISTINCT FROM r.due_at
            RETURNING d.id, d.company_id, d.due_at, d.state = 'expected'""",
            [processes.ids],
        )
        moved = self.env.cr.fetchall()
        self.env["sync.due"]._schedule(DUE, [row[:3] for row in moved if row[3]])
        self.invalidate_model()
        processes.invalidate_recordset(["milestone_ids"])

    @api.model
    def _schedule_again(self, processes):
        """Due times of everything the processes still expect: they were dropped while the processes were at rest."""
        expected = self.search(
            [("process_id", "in", processes.ids), ("state", "=", "expected"), ("due_at", "!=", False)]
        )
        self.env["sync.due"]._schedule(DUE, [(m.id, m.company_id.id, m.due_at) for m in expected])

    # -- overdue ---------------------------------------------------------------------------------------------------

    @api.model
    def _mark_overdue(self, milestone_ids):
        """Mark those of ``milestone_ids`` that are past their due time; returns them.

        What a business transaction holds just now is not waited for, but looked at again.
        """
        self.flush_model()
        self.env.cr.execute(
            """UPDATE sync_milestone SET state = 'overdue'
                WHERE id IN (SELECT m.id FROM sync_milestone m JOIN sync_process p ON p.id = m.process_id
                              WHERE m.id = ANY(%s) AND m.state = 'expected' AND m.due_at <= now() AT TIME ZONE 'UTC'
                                AND p.state IN ('running', 'on_hold')
                              ORDER BY m.id FOR NO KEY UPDATE OF m SKIP LOCKED)
               RETURNING id""",
            [list(milestone_ids)],
        )
        overdue = self.browse(row[0] for row in self.env.cr.fetchall())
        self.env.cr.execute(
            """SELECT m.id, m.company_id,
                      greatest(m.due_at, (now() AT TIME ZONE 'UTC') + make_interval(secs => %s))
                 FROM sync_milestone m JOIN sync_process p ON p.id = m.process_id
                WHERE m.id = ANY(%s) AND m.state = 'expected' AND p.state IN ('running', 'on_hold')
                  AND m.due_at IS NOT NULL""",
            [AGAIN_SECONDS, list(milestone_ids)],
        )
        self.env["sync.due"]._schedule(DUE, self.env.cr.fetchall())
        self.invalidate_model(["state"])
        return overdue

    # -- waive -----------------------------------------------------------------------------------------------------

    def action_waive(self):
        """Go on without this milestone: gates take it as reached, completion does not wait for it."""
        reason = self.env.context.get("waived_reason") or self.env._("Waived by %s", self.env.user.name)
        self.check_access("read")
        for domain in set(self.type_id.mapped("domain")):
            if not self.env.su and not self.env.user.has_group(f"sync_governance.group_approver_{domain}"):
                raise AccessError(
                    self.env._("Only an approver of the domain “%s” can waive this.", dict(DOMAINS)[domain])
                )
        if wrong := self.filtered(lambda m: m.state not in ("expected", "overdue")):
            raise UserError(self.env._("“%s” is not open.", wrong[0].name))
        # sudo: nobody writes milestones directly; who may waive was checked above.
        self.sudo().write({"state": "waived", "waived_by_id": self.env.uid, "waived_reason": reason})
        self.env["sync.due"]._cancel(DUE, self.ids)
        self.process_id._wake_waiting()
        self.process_id._check_completed()

    def action_open_message(self):
        """Open the message that reported the milestone."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sync.message",
            "res_id": self.message_id.id,
            "views": [(False, "form")],
        }


class SyncDueMilestone(models.AbstractModel):
    """An expected milestone has not been reached by its time."""

    _name = "sync.due.milestone"
    _description = "Due time of a milestone"
    _inherit = ["sync.due.kind"]
    _kind = DUE
    _title = "A milestone is due"
    _about = "sync.milestone"

    @api.model
    @api.private
    def _name_for_people(self, record):
        return f"{record.process_id.display_name}: {record.name}"

    @api.model
    @api.private
    def _due(self, due_times):
        self.env["sync.milestone"]._mark_overdue([due.res_id for due in due_times])
