"""States are drawn up: of each marked record one document, from what is committed now, if it says anything new.

One drawer at a time. A batch is one transaction: its marks go, what they say is told, the events are written. One that
cannot be drawn up stops no other: it stands alone in the end, and comes again later.
"""

import logging

from odoo import SUPERUSER_ID, api

from ...core import queue
from .cursor import CONFLICTS, LOST, business, looking, read_committed
from .told import digest

_logger = logging.getLogger(__name__)

DRAWER_LOCK = 7_305_910_452
MOST = 500
"""Marks that are looked at in one pass."""
RETRY_SECONDS, RETRY_CAP_SECONDS = 5, 3600

_DUE = queue.Frequent(f"""
    SELECT id, document_type, res_model, company_id, res_id FROM sync_mark WHERE run_at <= {queue.UTC_NOW}
     ORDER BY run_at, id LIMIT %s::int
""")
ANY_DUE = f"SELECT FROM sync_mark WHERE run_at <= {queue.UTC_NOW}"


def run(registry, limit=MOST):
    """Draw up what was marked; returns how many marks are gone."""
    with looking(registry) as cr:
        cr.execute(_DUE, [limit])
        rows = cr.fetchall()
    groups = {}
    for mark_id, *about, res_id in rows:
        groups.setdefault(tuple(about), {}).setdefault(res_id, []).append(mark_id)
    return sum(_drawn(registry, about, marks) for about, marks in groups.items())


def _drawn(registry, about, marks):
    """Draw up the records of one kind; halved when it fails, until the culprit stands alone.

    :param about: document type, model, company id
    :param marks: {record id: ids of its marks}
    """
    try:
        with business(registry) as cr:
            cr.execute("SELECT pg_try_advisory_xact_lock(%s)", [DRAWER_LOCK])
            return _draw(cr, *about, marks) if cr.fetchone()[0] else 0
    except Exception as error:
        if isinstance(error, LOST) or getattr(error, "pgcode", None) in CONFLICTS:
            raise
        if len(marks) > 1:
            ids, middle = list(marks), len(marks) // 2
            halves = ids[:middle], ids[middle:]
            return sum(_drawn(registry, about, {id_: marks[id_] for id_ in half}) for half in halves)
        _logger.exception("%s of %s %s cannot be drawn up and comes again later", about[0], about[1], *marks)
        with read_committed(registry) as cr:
            cr.execute(
                f"""UPDATE sync_mark SET tries = tries + 1, reason = %s,
                           run_at = {queue.UTC_NOW} + make_interval(secs => least(%s * 2 ^ least(tries, 20), %s))
                     WHERE id = ANY(%s)""",
                [f"{type(error).__name__}: {error}"[:250], RETRY_SECONDS, RETRY_CAP_SECONDS, *marks.values()],
            )
        return 0


def _draw(cr, document_type, model, company_id, marks):
    env = api.Environment(cr, SUPERUSER_ID, {"allowed_company_ids": [company_id], "lang": "en_US", "tz": "UTC"})
    events, publisher = env["sync.event"], env["sync.publisher"]._for(document_type)
    mark_ids = [mark_id for ids in marks.values() for mark_id in ids]
    cr.execute("DELETE FROM sync_mark WHERE id = ANY(%s)", [mark_ids])
    drafts = publisher._render(env[model].browse(sorted(marks)).exists())
    digests = {id_: digest(draft.document, *publisher._moving) for id_, draft in drafts.items()}
    news = env["sync.told"]._news(document_type, company_id, model, digests)
    events._insert(document_type, [(env[model].browse(id_), drafts[id_]) for id_ in drafts if id_ in news])
    env.flush_all()
    return len(mark_ids)
