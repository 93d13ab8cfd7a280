"""How the engine is, on one page."""

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..exchange.cursor import read_committed
from .checks import LOOKS, Finding

_logger = logging.getLogger(__name__)

STATES = [("ok", "Good"), ("warning", "Look at it"), ("bad", "Needs attention")]
STALE_MINUTES = 5
QUIETLY = {"tracking_disable": True, "mail_auto_subscribe_no_notify": True}
ALARM = "engine.unhealthy"


class SyncEngineCheck(models.Model):
    """One row for each thing that is looked at every minute, with what was found.

    What turns bad becomes one exception for the administrator, however long it lasts, which closes by itself when the
    check is good again.
    """

    _name = "sync.engine.check"
    _description = "Engine health"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "rank desc, sequence"
    _rec_name = "title"

    code = fields.Char(required=True, readonly=True)
    sequence = fields.Integer(readonly=True)
    rank = fields.Integer(readonly=True, help="What is worst comes first.")
    title = fields.Char(string="Check", compute="_compute_texts")
    state = fields.Selection(STATES, required=True, readonly=True)
    sentence = fields.Char(string="Found", readonly=True)
    figure = fields.Float(readonly=True, digits=(16, 1))
    since = fields.Datetime(readonly=True, help="Since when it has been in this state.")
    checked_at = fields.Datetime(string="Looked at", readonly=True)
    advice = fields.Text(string="What to do", compute="_compute_texts")
    detail = fields.Text(
        string="In detail",
        readonly=True,
        groups="sync_governance.group_manager",
        help="Who and what, as the database server names it.",
    )
    noted = fields.Integer(readonly=True)
    noted_at = fields.Datetime(readonly=True)
    alarmed = fields.Boolean(readonly=True)

    _code_uniq = models.UniqueIndex("(code)")

    def _compute_texts(self):
        texts = self._texts()
        for check in self:
            check.title, check.advice = texts.get(check.code, (check.code, False))

    @api.model
    def _texts(self):
        waiting = self.env._(
            "If nobody works the pool, see Workers. If the load is high, start more worker processes. If one kind of"
            " document takes long, its attempts say at which stage."
        )
        return {
            "database": (
                self.env._("This database"),
                self.env._(
                    "If this is a copy, leave it so. If it is the production database, restored, renamed or moved to"
                    " another server, a security officer confirms it, once the original is certain to be off."
                ),
            ),
            "workers": (
                self.env._("Workers"),
                self.env._(
                    "Start a worker process for the pools that are named, or switch on the scheduled action “Sync"
                    " Governance: engine”. If processes die, the server's log says why."
                ),
            ),
            "waiting_real_time": (self.env._("Waiting: at once"), waiting),
            "waiting_standard": (self.env._("Waiting: standard"), waiting),
            "waiting_bulk": (self.env._("Waiting: when there is time"), waiting),
            "waiting_delivery": (self.env._("Waiting: delivery"), waiting),
            "backlog": (
                self.env._("Documents in line"),
                self.env._(
                    "The details name each endpoint. A paused endpoint keeps what arrives; so does one whose partner"
                    " does not answer."
                ),
            ),
            "lost_wakeups": (
                self.env._("Forgotten work"),
                self.env._(
                    "Nothing was lost, but this must not happen: please report it with the server's log of that time."
                ),
            ),
            "requests": (
                self.env._("Requests to the engine"),
                self.env._("See Workers; and the server's log for a request that fails."),
            ),
            "snapshots": (
                self.env._("Long transactions"),
                self.env._(
                    "Find who holds it (a report, an export, a backup, a forgotten console) and end it, or let it run"
                    " at night. Prepared transactions and unused replication slots are ended by the database's"
                    " administrator."
                ),
            ),
            "cleaning": (
                self.env._("Cleaning of the tables"),
                self.env._(
                    "Usually a long transaction is the cause. Else let the database's administrator look at autovacuum."
                ),
            ),
            "retention": (
                self.env._("Retention"),
                self.env._(
                    "See that the scheduled action “Sync Governance: retention” is switched on and does not fail."
                ),
            ),
            "keys": (
                self.env._("Encryption keys"),
                self.env._(
                    "Put the key that is named back into the server's configuration, with its old name, behind the one"
                    " that is first. Until then the endpoints concerned neither take in nor send anything."
                ),
            ),
            "clock": (self.env._("Clocks"), self.env._("Let both servers take their time from the network (NTP).")),
            "ids": (
                self.env._("Numbers of rows"),
                self.env._(
                    "Plan with whoever maintains the installation: at the end of the numbers nothing can be stored."
                ),
            ),
        }

    # -- looking ---------------------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _refresh(self):
        """Look at everything once, write what was found, and raise or end alarms. In transactions of its own."""
        found = {code: self._look(code) for code in LOOKS}
        with read_committed(self.env.registry) as cr:
            for sequence, (code, finding) in enumerate(found.items()):
                cr.execute(
                    """INSERT INTO sync_engine_check AS c (code, sequence, rank, state, sentence, figure, detail, since,
                                                           checked_at)
                       VALUES (%(code)s, %(sequence)s, %(rank)s, %(state)s, %(sentence)s, %(figure)s, %(detail)s,
                               now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
                       ON CONFLICT (code) DO UPDATE
                          SET sequence = EXCLUDED.sequence, rank = EXCLUDED.rank, state = EXCLUDED.state,
                              sentence = EXCLUDED.sentence, figure = EXCLUDED.figure, detail = EXCLUDED.detail,
                              since = CASE WHEN c.state = EXCLUDED.state THEN c.since ELSE EXCLUDED.since END,
                              checked_at = EXCLUDED.checked_at""",
                    {
                        "code": code,
                        "sequence": sequence,
                        "rank": [state for state, _label in STATES].index(finding.state),
                        "state": finding.state,
                        "sentence": finding.sentence,
                        "figure": finding.figure,
                        "detail": finding.detail,
                    },
                )
            cr.execute("DELETE FROM sync_engine_check WHERE code <> ALL(%s)", [list(found)])
        self._alarms()

    def _look(self, code):
        try:
            with read_committed(self.env.registry) as cr:
                return LOOKS[code](api.Environment(cr, api.SUPERUSER_ID, {}), cr)  # the system looks at itself
        except Exception:
            # The page must show the others, and that this one could not be looked at.
            _logger.exception("The check %s failed", code)
            return Finding("warning", "This could not be looked at; the server's log says why.")

    def _alarms(self):
        """One exception per incident: opened when a check is bad, closed when it is good; a warning leaves it."""
        with read_committed(self.env.registry) as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, QUIETLY)  # opened by the system for the administrator
            cr.execute(
                """SELECT code, state, sentence FROM sync_engine_check
                    WHERE (state = 'bad' AND alarmed IS NOT TRUE) OR (state = 'ok' AND alarmed)
                      FOR UPDATE SKIP LOCKED"""
            )
            rows = cr.fetchall()
            if not rows:
                return
            company = env["res.company"].search([], order="id", limit=1)
            texts = env["sync.engine.check"]._texts()
            for code, state, sentence in rows:
                subject = f"check {code}"
                if state == "bad":
                    env["sync.exception"]._open(
                        ALARM, detail=sentence, subject=subject, company=company, document=texts[code][0]
                    )
                else:
                    env["sync.exception"]._over(ALARM, subject=subject, company=company, note=sentence)
            env.flush_all()
            cr.execute(
                "UPDATE sync_engine_check SET alarmed = (state = 'bad') WHERE code = ANY(%s)",
                [[row[0] for row in rows]],
            )

    @api.model
    @api.private
    def _note(self, code, number):
        """Remember something that a later look reports: how many, and when."""
        with read_committed(self.env.registry) as cr:
            cr.execute(
                """INSERT INTO sync_engine_check (code, state, noted, noted_at, since)
                   VALUES (%s, 'ok', %s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
                   ON CONFLICT (code) DO UPDATE SET noted = EXCLUDED.noted, noted_at = EXCLUDED.noted_at""",
                [code, number],
            )

    # -- what people and monitoring ask ----------------------------------------------------------------------------

    def action_refresh(self):
        """Look at everything now."""
        self.check_access("read")
        self._refresh()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_confirm_database(self):
        """This is the database in use; for security officers."""
        if self.env["sync.production"]._standing().reason is None:
            raise UserError(self.env._("This database is in use already."))
        self.env["sync.production"]._confirm()
        self.env.cr.postcommit.add(self._refresh)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    @api.model
    @api.private
    def _report(self):
        """What monitoring reads: (healthy, a dict for JSON). Not healthy: a check is bad, or nobody looked lately."""
        self.env.cr.execute(
            """SELECT code, state, sentence, figure, since, checked_at,
                      checked_at < (now() AT TIME ZONE 'UTC') - make_interval(mins => %s)
                 FROM sync_engine_check WHERE checked_at IS NOT NULL ORDER BY sequence""",
            [STALE_MINUTES],
        )
        rows = self.env.cr.fetchall()
        stale = not rows or any(row[6] for row in rows)
        states = {row[1] for row in rows}
        status = "bad" if "bad" in states or stale else "warning" if "warning" in states else "ok"
        return status != "bad", {
            "status": status,
            "stale": stale,
            "checked_at": f"{max(row[5] for row in rows).isoformat()}Z" if rows else None,
            "checks": [
                {"check": code, "state": state, "found": sentence, "figure": figure, "since": f"{since.isoformat()}Z"}
                for code, state, sentence, figure, since, _checked_at, _stale in rows
            ],
        }
