"""A broken deploy must not make a hundred thousand exceptions.

When twenty different lines of one interface fail with one error of ours within five minutes, and at least half of what
it did meanwhile, the next document would fail alike: the interface is held. Its documents rest where they are, one
exception says so, and one document a minute is tried, then every two, four … at most fifteen minutes. The first that
gets past the error lets all go on.

Only faults count that say nothing about the document: those with blame ``self`` that no retry cures (an unexpected
error, rights, set-up, a mapping whose result is no document of ours). A document's own fault is for its exception, a
partner's failure for the circuit breaker, and a poisonous document was worked alone already.
"""

import json
import logging

from odoo import api, fields, models

from ...core import queue
from ...core.faults import Fault, taxonomy

_logger = logging.getLogger(__name__)

LANES = 20
WINDOW_SECONDS = 300
FIRST_REST = 60
LONGEST_REST = 900
RECENT_ATTEMPTS = 2000
HELD = "engine.interface_held"
NOT_COUNTED = ("engine.poison", "engine.held")
NOW = queue.UTC_NOW

_PROBE = f"""
    UPDATE sync_interface
       SET held_trips = held_trips + 1,
           held_until = {NOW} + make_interval(
               secs => least({FIRST_REST} * 2 ^ least(held_trips + 1, 10), {LONGEST_REST}))
     WHERE id = %s AND held_until <= {NOW}
    RETURNING extract(epoch FROM held_until - {NOW})::float8
"""
_LOCKED = f"""
    SELECT trouble, trouble_since, trouble_lanes, trouble_since < {NOW} - make_interval(secs => {WINDOW_SECONDS}),
           extract(epoch FROM held_until - {NOW})::float8, {NOW}
      FROM sync_interface WHERE id = %s FOR NO KEY UPDATE
"""


class SyncInterface(models.Model):
    _inherit = "sync.interface"

    health = fields.Selection(
        [("none", "Not on the wire"), ("good", "Good"), ("bad", "Held")], compute="_compute_health"
    )
    held_since = fields.Datetime(string="Held since", readonly=True, copy=False, help="Since when its documents rest.")
    held_until = fields.Datetime(string="Next try", readonly=True, copy=False)
    held_because = fields.Char(string="Held because", readonly=True, copy=False)
    held_trips = fields.Integer(
        string="Tried in vain", readonly=True, copy=False, help="Documents that were tried since and failed alike."
    )
    trouble = fields.Char(readonly=True, copy=False)
    trouble_since = fields.Datetime(readonly=True, copy=False)
    trouble_lanes = fields.Text(readonly=True, copy=False)

    @api.depends("state", "held_until")
    def _compute_health(self):
        for interface in self:
            if interface.state != "live":
                interface.health = "none"
            else:
                interface.health = "bad" if interface.held_until else "good"

    def action_try_now(self):
        """Try one of its documents now; when it goes through, all go on."""
        self.ensure_one()
        self.check_access("write")
        self._rest_no_longer(f"held_until = {NOW}")

    @api.private
    def _rest_no_longer(self, assignment):
        """Change what holds the interface, and let the engine look at the documents that rest."""
        # The engine's own columns: no history, no version of the interface.
        self.env.cr.execute(
            f"UPDATE sync_interface SET {assignment} WHERE id = %s AND held_until IS NOT NULL", [self.id]
        )
        self.invalidate_recordset()
        domain = [("interface_id", "=", self.id), ("fault_code", "=", HELD)]
        self.env["sync.command"]._give("hurry", domain=domain, total=0)

    @api.private
    def _go_on(self):
        """The error is over: nothing is held any more."""
        self._rest_no_longer(
            """held_until = NULL, held_since = NULL, held_because = NULL, held_trips = 0,
               trouble = NULL, trouble_since = NULL, trouble_lanes = NULL"""
        )
        self.env["sync.exception"]._over(
            HELD,
            subject=f"interface {self.code}",
            company=self.company_id,
            interface=self,
            note=self.env._("A document went through again; those that waited go on."),
        )
        _logger.info("The interface %s goes on", self.code)

    @api.private
    def _hold_back(self, fault, lanes):
        """Hold the interface because of ``fault``."""
        self.env.cr.execute(
            f"""UPDATE sync_interface SET held_since = {NOW}, held_because = %s, held_trips = 0,
                       held_until = {NOW} + make_interval(secs => {FIRST_REST}) WHERE id = %s""",
            [fault.detail, self.id],
        )
        self.env["sync.exception"]._open(
            HELD,
            detail=self.env._(
                "%(lines)s lines failed one after the other with: %(error)s", lines=lanes, error=fault.detail
            ),
            subject=f"interface {self.code}",
            company=self.company_id,
            document=self.name,
            document_domain=self.domain,
            trading_partner=self.trading_partner_id,
            endpoint=self.endpoint_id,
            interface=self,
        )
        self.env.flush_all()
        _logger.error("The interface %s is held: %s lines failed with %s", self.code, lanes, fault.code)


# -- before work: what is held rests, but for one -----------------------------------------------------------------


def let_through(cr, token, heads):
    """The heads that may be worked, and the ids of those among them that are tried although their interface is held.

    The lanes of the others are let go until the next try. Belongs to the transaction that claimed them.
    """
    if all(head.held_for is None for head in heads):
        return heads, []
    rests, probes, probed, resting, passing = {}, [], set(), {}, []
    for head in heads:
        if head.held_for is None:
            passing.append(head)
            continue
        interface = head.interface_id
        if interface not in rests:
            rests[interface] = head.held_for
            if head.held_for <= 0:
                cr.execute(_PROBE, [interface])
                if admitted := cr.fetchone():
                    rests[interface] = admitted[0]
                    probes.append(head.message_id)
                    probed.add(head.lane_id)
                    passing.append(head)
                    continue
        if head.lane_id not in probed:
            resting.setdefault(head.lane_id, rest(head.message_id, head.lane_id, rests[interface]))
    if resting:
        queue.settle(cr, token=token, lane_ids=list(resting), verdicts=list(resting.values()))
    return passing, probes


def rest(message_id, lane_id, seconds):
    """The verdict on a message that waits with its interface: nothing is used up."""
    return queue.Verdict(message_id, lane_id, "retry", fault_code=HELD, delay=max(seconds, 1.0), burn=False)


def look_after(env, probes):
    """After the probes were worked: an interface whose document got past the error goes on."""
    env.cr.execute(
        "SELECT interface_id, state, fault_code FROM sync_message WHERE id = ANY(%s)",
        [probes],
    )
    for interface, state, code in env.cr.fetchall():
        blame = taxonomy()[code].blame if code in taxonomy() else None
        if state != "ready" or blame in ("endpoint", "throttle"):
            env["sync.interface"].browse(interface)._go_on()


# -- after work: what failed counts -------------------------------------------------------------------------------


def note(env, failed):
    """Count what failed with errors of ours; returns {interface id: seconds} of those that are held now.

    :param failed: (work, lane id) of works that are about to fail; others than ours are ignored
    """
    troubles = {}
    for work, lane_id in failed:
        if work.interface_id and is_ours(work.outcome):
            key = (work.interface_id, work.outcome.code, work.outcome.subject)
            troubles.setdefault(key, (work.outcome, set()))[1].add(lane_id)
    held = {}
    for (interface_id, code, subject), (fault, lanes) in sorted(troubles.items(), key=lambda item: item[0][:2]):
        seconds = _count(env, interface_id, f"{code} {subject}", fault, lanes)
        if seconds is not None:
            held[interface_id] = seconds
    return held


def is_ours(outcome):
    """Whether the outcome says nothing about its document, so that the next one would fail alike."""
    return (
        isinstance(outcome, Fault)
        and outcome.blame == "self"
        and not outcome.retryable
        and outcome.code not in NOT_COUNTED
    )


def _count(env, interface_id, trouble, fault, lanes):
    env.cr.execute(_LOCKED, [interface_id])
    known, since, known_lanes, late, held_for, now = env.cr.fetchone()
    if held_for is not None:
        return max(held_for, 1.0)
    if known == trouble and not late:
        lanes = lanes | set(json.loads(known_lanes))
    else:
        since = now
    if len(lanes) >= LANES:
        if _went_through(env.cr, interface_id, since) <= len(lanes):
            env["sync.interface"].browse(interface_id)._hold_back(fault, len(lanes))
            return float(FIRST_REST)
        lanes, since = set(), now
    env.cr.execute(
        "UPDATE sync_interface SET trouble = %s, trouble_since = %s, trouble_lanes = %s WHERE id = %s",
        [trouble, since, json.dumps(sorted(lanes)), interface_id],
    )
    return None


def _went_through(cr, interface_id, since):
    """How many documents of the interface were done since, as far as the latest attempts say."""
    cr.execute(
        """SELECT count(*) FROM (SELECT * FROM sync_attempt ORDER BY id DESC LIMIT %s) a
             JOIN sync_message m ON m.id = a.message_id
            WHERE a.outcome = 'done' AND a.ended_at >= %s AND m.interface_id = %s""",
        [RECENT_ATTEMPTS, since, interface_id],
    )
    return cr.fetchone()[0]
