"""The sender waits for the result: one document worked at once, by the stages, the fence and the journal of workers.

The request itself holds no transaction while it waits. The document is worked in a thread with cursors of its own; when
the sender's patience ends first, the work goes on and the sender is told where things stand.
"""

import json
import logging
import threading
import time
import uuid
from dataclasses import dataclass, field

from odoo import SUPERUSER_ID, api, models

from ...core import queue
from ...core.faults import taxonomy
from . import interface_hold
from .cursor import read_committed
from .engine import Claim
from .sealing import SEALED, opened
from .worker import Worker, in_test

_logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Result:
    """Where a message stands. ``state`` as on the message; ``fault`` as :meth:`Fault.as_dict` tells it, or None.

    ``effects`` are the changes in Odoo (kind, model, id, label), ``response`` the document made for the sender.
    """

    message_uid: str
    state: str
    reference: str | None = None
    effects: list = field(default_factory=list)
    response: dict | None = None
    fault: dict | None = None


class SyncEngine(models.AbstractModel):
    _inherit = "sync.engine"

    @api.model
    @api.private
    def _take_at_once(self, cr, receipt, worker):
        """Take the lane of what was stored in this very transaction, if nobody holds it and nothing stands before it.

        The lane is locked by the storing, so the answer stays true. Returns the token of the claim, or None.
        """
        token = uuid.uuid4().hex
        cr.execute(
            """UPDATE sync_lane l
                  SET claim = %(token)s, worker_id = %(worker)s, claimed_at = now() AT TIME ZONE 'UTC',
                      strikes = l.strikes + 1
                 FROM sync_endpoint e
                WHERE l.id = %(lane)s AND l.claim IS NULL AND l.blocked_message_id IS NULL
                  AND l.strikes = 0 AND coalesce(l.allowance, 0) = 0
                  AND e.id = l.endpoint_id AND e.state = 'live' AND NOT e.paused
                  AND NOT (e.hold_unread AND l.key = %(unread)s)
                  AND NOT EXISTS (SELECT 1 FROM sync_message m
                                   WHERE m.lane_id = l.id AND m.state = 'ready' AND m.id < %(message)s)
            RETURNING l.id""",
            {
                "token": token,
                "worker": worker.id,
                "lane": receipt.lane_id,
                "unread": queue.UNREAD,
                "message": receipt.message_id,
            },
        )
        return token if cr.fetchone() else None

    @api.model
    @api.private
    def _work_taken(self, worker, token, lane_id):
        """Work the head of the lane that is held under ``token`` and let it go; wake others for what is left."""
        with read_committed(self.env.registry) as cr:
            cr.execute(
                f"""SELECT id, endpoint_id, direction, key, strikes, coalesce(allowance, 0), {queue.CLOCK}
                      FROM sync_lane WHERE id = %s AND claim = %s""",
                [lane_id, token],
            )
            lanes = [queue.ClaimedLane(*row) for row in cr.fetchall()]
            if not lanes:
                return  # taken from us: whoever has it now works it
            heads, probes = interface_hold.let_through(cr, token, queue.heads(cr, [lane.lane_id for lane in lanes]))
            claim = Claim(token, lanes[0].claimed_at, worker)
        self._work_and_let_go(claim, lanes, heads, probes)
        with read_committed(self.env.registry) as cr:
            cr.execute(
                """SELECT EXISTS (SELECT 1 FROM sync_lane WHERE id = %s AND next_at IS NOT NULL)
                       OR EXISTS (SELECT 1 FROM sync_message WHERE id = ANY(%s) AND state = 'failed')""",
                [lane_id, [head.message_id for head in heads]],
            )
            (more,) = cr.fetchone()
        if more:
            self._wake()


def read_result(cr, message_uid):
    """The :class:`Result` of a message, as it is committed now."""
    cr.execute("SELECT id, state, reference FROM sync_message WHERE uid = %s", [message_uid])
    row = cr.fetchone()
    if not row:
        return Result(message_uid, "done")  # a repeat of what retention has removed: it was finished long ago
    message_id, state, reference = row
    if state != "done":
        return Result(message_uid, state, reference, fault=_last_fault(cr, message_id))
    cr.execute("SELECT kind, res_model, res_id, label FROM sync_effect WHERE message_id = %s ORDER BY id", [message_id])
    effects = [dict(zip(("kind", "model", "id", "label"), row, strict=True)) for row in cr.fetchall()]
    cr.execute(f"SELECT {SEALED} FROM sync_payload p WHERE message_id = %s AND kind = 'response'", [message_id])
    kept = cr.fetchone()
    # Superuser: for the server's keys alone.
    response = opened(api.Environment(cr, SUPERUSER_ID, {}), *kept) if kept else None
    return Result(message_uid, state, reference, effects, json.loads(response) if response else None)


def _last_fault(cr, message_id):
    cr.execute(
        """SELECT a.faults, m.fault_code FROM sync_message m LEFT JOIN sync_attempt a ON a.message_id = m.id
            WHERE m.id = %s ORDER BY a.id DESC LIMIT 1""",
        [message_id],
    )
    faults, code = cr.fetchone()
    if faults:
        return json.loads(faults)[0]
    return {"code": code, "title": taxonomy()[code].title} if code else None


class AtOnce:
    """One synchronous document: a worker's row under which its lane is held, and the thread that works it."""

    def __init__(self, registry):
        self.registry = registry
        # Of no pool: it works what it was given, and is no reason to call nobody else.
        self.worker = Worker(registry, "request", pools=())
        self.done = threading.Event()

    def __enter__(self):
        self.worker.__enter__()
        return self

    def __exit__(self, *exc_info):
        self.worker.__exit__(*exc_info)

    def work(self, token, lane_id):
        """Work the head of the lane, then leave; not waited for, except in tests, whose cursors are one."""
        if in_test():
            self._work(token, lane_id)
        else:
            threading.Thread(target=self._work, args=[token, lane_id], name="sync-at-once", daemon=True).start()

    def _work(self, token, lane_id):
        try:
            threading.current_thread().dbname = self.registry.db_name
            with self.registry.cursor() as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, {})  # the engine is nobody; handlers run as endpoint users
                env["sync.engine"]._work_taken(self.worker, token, lane_id)
        except Exception:
            _logger.exception("A document whose sender waits could not be worked; a worker takes it up")
        finally:
            self.done.set()
            self.__exit__()

    def result(self, message_uid, patience):
        """The :class:`Result` once it is there, or where things stand after ``patience`` seconds."""
        deadline = time.monotonic() + patience
        while True:
            self.done.wait(LOOK_SECONDS)
            with read_committed(self.registry) as cr:
                result = read_result(cr, message_uid)
            left = deadline - time.monotonic()
            if result.state != "ready" or left <= 0:
                return result
            if self.done.is_set():
                time.sleep(min(LOOK_SECONDS, left))
