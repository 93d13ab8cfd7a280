"""Write back what became of claimed work, and let the lanes go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .claim import COMPANY
from .parking import AGAIN_SECONDS, schedule_deadlines
from .sql import AS_ITS_HEAD_SAYS, HEADS, UTC_NOW, Cursor, Frequent, stop_lanes

ABANDONED_REST_SECONDS = 5
TRUSTED = 512
"""A lane that has come so far (see :class:`.claim.ClaimedLane`), or runs empty, is in good standing again."""
SUSPICION = f"""strikes = CASE WHEN allowance = 1 THEN strikes ELSE 0 END,
                allowance = CASE WHEN allowance > 0 THEN 1 ELSE {COMPANY} END"""
"""What a death makes of a lane. Only those of a worker that had one message in hand count (``strikes``)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one message that did not simply get done.

    ``retry`` waits ``delay`` seconds (``burn``: whether an attempt is used up); ``park`` waits for
    (``wait_type``, ``wait_ref``) or its deadline, ``wait_goes_on`` then by itself, and uses up nothing, for waiting is
    no failure; ``fail`` needs a person, and ``block`` says whether the lane waits
    with it.
    """

    message_id: int
    lane_id: int
    kind: Literal["retry", "park", "fail", "supersede"]
    fault_code: str | None = None
    delay: float = 0.0
    burn: bool = True
    wait_type: str | None = None
    wait_ref: str | None = None
    wait_until: datetime | None = None
    wait_goes_on: bool = False
    block: bool = True
    process_id: int | None = None
    reference: str | None = None


_LOCK = Frequent("""
    SELECT l.id FROM sync_lane l JOIN unnest(%s::int[], %s::text[]) AS o(id, token)
                   ON o.id = l.id AND o.token = l.claim
     ORDER BY l.id FOR NO KEY UPDATE OF l
""")
_LET_GO = Frequent(f"""
    UPDATE sync_lane l
       SET claim = NULL, worker_id = NULL, claimed_at = NULL,
           strikes = CASE WHEN l.id = ANY(%(struck)s::int[]) THEN greatest(l.strikes - 1, 0) ELSE 0 END,
           allowance = CASE WHEN h.id IS NULL OR l.allowance = 0 THEN NULL
                            WHEN l.id = ANY(%(struck)s::int[]) THEN l.allowance
                            WHEN l.allowance < {TRUSTED} / 2 THEN l.allowance * 2 END,
           rested_at = CASE WHEN h.id IS NULL THEN now() AT TIME ZONE 'UTC' END,
           {AS_ITS_HEAD_SAYS}
      FROM unnest(%(ours)s::int[]) AS o(id) {HEADS}
     WHERE l.id = o.id
""")


def settle(
    cr: Cursor,
    *,
    token: str | Mapping[int, str],
    lane_ids: Sequence[int],
    verdicts: Sequence[Verdict] = (),
    untouched: bool = False,
) -> set[int]:
    """Apply ``verdicts`` and release every lane that is still ours; returns the ids of those lanes.

    Fenced by ``token`` (one for all, or that of each lane): a lane that was rescued from us meanwhile, and the
    verdicts on its messages, are left alone.
    ``untouched`` lanes were claimed and not worked: they get the strike of the claim back and keep earlier ones. The
    others have earned trust.
    """
    tokens = [token if isinstance(token, str) else token[lane_id] for lane_id in lane_ids]
    cr.execute(_LOCK, [list(lane_ids), tokens])
    ours = {row[0] for row in cr.fetchall()}
    mine = [v for v in verdicts if v.lane_id in ours]
    _retry(cr, [v for v in mine if v.kind == "retry"])
    _park(cr, [v for v in mine if v.kind == "park"])
    _fail(cr, [v for v in mine if v.kind == "fail"])
    _supersede(cr, [v for v in mine if v.kind == "supersede"])
    struck = ours if untouched else {v.lane_id for v in mine if v.kind == "retry" and not v.burn}
    cr.execute(_LET_GO, {"struck": list(struck), "ours": list(ours)})  # type: ignore[arg-type]
    return ours


def abandon(cr: Cursor, *, token: str, but: Sequence[int] = ()) -> list[int]:
    """Let go what is still claimed under ``token`` after its work failed in a way that nobody foresaw.

    ``but``: lanes that are on the wire and will be settled.

    As after a death: worked with few others from now on, then alone, and what fails like this again and again is set
    aside in the end.
    """
    cr.execute(
        f"""UPDATE sync_lane SET claim = NULL, worker_id = NULL, claimed_at = NULL,
                                next_at = {UTC_NOW} + make_interval(secs => %s), {SUSPICION}
             WHERE claim = %s AND NOT id = ANY(%s) RETURNING id""",
        [ABANDONED_REST_SECONDS, token, list(but)],
    )
    return [row[0] for row in cr.fetchall()]


def _retry(cr: Cursor, verdicts: Sequence[Verdict]) -> None:
    if verdicts:
        cr.execute(
            f"""UPDATE sync_message m
                   SET run_at = {UTC_NOW} + make_interval(secs => t.delay), attempt = m.attempt + t.burn,
                       fault_code = t.fault_code
                  FROM unnest(%s::int[], %s::float8[], %s::int[], %s::text[]) AS t(id, delay, burn, fault_code)
                 WHERE m.id = t.id AND m.state = 'ready'""",
            [
                [v.message_id for v in verdicts],
                [v.delay for v in verdicts],
                [int(v.burn) for v in verdicts],
                [v.fault_code for v in verdicts],
            ],
        )


def _park(cr: Cursor, verdicts: Sequence[Verdict]) -> None:
    if verdicts:
        cr.execute(
            """UPDATE sync_message m
                  SET state = 'parked', fault_code = t.fault_code, wait_type = t.wait_type,
                      wait_ref = t.wait_ref, wait_until = t.wait_until, wait_goes_on = t.wait_goes_on,
                      process_id = coalesce(t.process_id, m.process_id), reference = coalesce(t.reference, m.reference)
                 FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::timestamp[], %s::bool[], %s::int[],
                             %s::text[])
                      AS t(id, fault_code, wait_type, wait_ref, wait_until, wait_goes_on, process_id, reference)
                WHERE m.id = t.id AND m.state = 'ready'""",
            [
                [v.message_id for v in verdicts],
                [v.fault_code for v in verdicts],
                [v.wait_type for v in verdicts],
                [v.wait_ref for v in verdicts],
                [v.wait_until for v in verdicts],
                [v.wait_goes_on for v in verdicts],
                [v.process_id for v in verdicts],
                [v.reference for v in verdicts],
            ],
        )
        # A deadline that is past already must not be met again and again without a rest.
        schedule_deadlines(cr, [v.message_id for v in verdicts if v.wait_until], at_least=AGAIN_SECONDS)


def _fail(cr: Cursor, verdicts: Sequence[Verdict]) -> None:
    if not verdicts:
        return
    cr.execute(
        """UPDATE sync_message m
              SET state = 'failed', attempt = m.attempt + 1, fault_code = t.fault_code, exception_id = NULL,
                  stops_lane = t.block,
                  process_id = coalesce(t.process_id, m.process_id), reference = coalesce(t.reference, m.reference)
             FROM unnest(%s::int[], %s::text[], %s::bool[], %s::int[], %s::text[])
                  AS t(id, fault_code, block, process_id, reference)
            WHERE m.id = t.id AND m.state = 'ready'""",
        [
            [v.message_id for v in verdicts],
            [v.fault_code for v in verdicts],
            [v.block for v in verdicts],
            [v.process_id for v in verdicts],
            [v.reference for v in verdicts],
        ],
    )
    stop_lanes(cr, sorted({v.lane_id for v in verdicts if v.block}))


def _supersede(cr: Cursor, verdicts: Sequence[Verdict]) -> None:
    if verdicts:
        cr.execute(
            f"""UPDATE sync_message SET state = 'superseded', done_at = {UTC_NOW}, fault_code = 'sequence.superseded'
                 WHERE id = ANY(%s) AND state = 'ready'""",
            [[v.message_id for v in verdicts]],
        )
