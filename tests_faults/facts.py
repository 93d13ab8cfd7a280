"""What the database holds, as the checker wants it."""

from __future__ import annotations

import re

from .checker import Effect, Facts, Stored
from .stage import Stage

OPEN_WORK = """
    SELECT (SELECT count(*) FROM sync_message m LEFT JOIN sync_lane l ON l.id = m.lane_id
             WHERE m.state = 'ready' AND l.blocked_message_id IS NULL)
         + (SELECT count(*) FROM sync_lane WHERE claim IS NOT NULL OR next_at IS NOT NULL)
         + (SELECT count(*) FROM sync_event WHERE state = 'new')
         + (SELECT count(*) FROM sync_command WHERE executed_at IS NULL)
         + (SELECT count(*) FROM sync_message WHERE state = 'failed' AND exception_id IS NULL)
"""


def open_work(stage: Stage) -> int:
    """How much is not at rest: nothing may be, once nobody sends and nobody kills."""
    return stage.sql(OPEN_WORK)[0][0]


def collect(stage: Stage, logs: str) -> Facts:
    """:param logs: what all processes have logged"""
    messages = stage.sql(
        """SELECT m.uid, m.state, m.exception_id IS NOT NULL, m.fault_code
             FROM sync_message m JOIN sync_endpoint e ON e.id = m.endpoint_id
            WHERE e.code IN ('probe-block', 'probe-skip', 'shop-orders')"""
    )
    effects = stage.sql("SELECT uid, line, number FROM sync_faults_effect WHERE line NOT LIKE 'fetched-%' ORDER BY id")
    orders = stage.sql(
        """SELECT m.uid, o.client_order_ref, 1 FROM sale_order o
             LEFT JOIN sync_message m ON m.reference = o.client_order_ref AND m.direction = 'inbound'
            ORDER BY o.id"""
    )
    return Facts(
        messages={row[0]: Stored(*row) for row in messages},
        effects=[Effect(uid or "nobody", line, number) for uid, line, number in [*effects, *orders]],
        claimed_lanes=_one(stage, "SELECT count(*) FROM sync_lane WHERE claim IS NOT NULL"),
        lanes_due=_one(stage, "SELECT count(*) FROM sync_lane WHERE next_at IS NOT NULL"),
        lost_wakeups=sum(map(int, re.findall(r"Found (\d+) lanes asleep with open work", logs))),
        half_stored=_one(
            stage,
            """SELECT count(*) FROM sync_transmission t
                WHERE t.direction = 'inbound' AND t.verdict IN ('accepted', 'conflict') AND NOT (
                      EXISTS (SELECT 1 FROM sync_payload p WHERE p.transmission_id = t.id AND p.kind = 'received')
                  AND EXISTS (SELECT 1 FROM sync_message m WHERE m.transmission_id = t.id))""",
        ),
        undelivered=[
            " ".join(filter(None, row))
            for row in stage.sql(
                """SELECT m.uid, 'is', m.state, m.fault_code,
                          (SELECT string_agg(concat_ws(' ', a.outcome, a.stage, a.fault_code, a.detail), '; '
                                             ORDER BY a.id)
                             FROM sync_attempt a WHERE a.message_id = m.id)
                     FROM sync_message m WHERE m.direction = 'outbound' AND m.state <> 'done' ORDER BY m.id"""
            )
        ],
    )


def _one(stage, statement):
    return stage.sql(statement)[0][0]
