"""What is looked at to know that the engine is well.

Each check is one look, a few milliseconds whatever the size of the tables, and ends in one sentence for people.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from ...core.queue import DEAD_AFTER_SECONDS, POOLS
from ..exchange.lane import POOLS as POOL_NAMES
from ..partner.endpoint_encryption import plain_networks

NOW = "(now() AT TIME ZONE 'UTC')"
COUNTED = 200_000
BACKLOG_WARNING = 50_000
SNAPSHOT_WARNING_SECONDS = 60
SNAPSHOT_SECONDS = 300
SNAPSHOT_PARAMETER = "sync_governance.long_snapshot_seconds"
WAITING_SECONDS = {
    "real_time": (60, 300),
    "standard": (300, 1800),
    "bulk": (3600, 21600),
    "delivery": (300, 1800),
}
"""Seconds from which the oldest document of a pool that could be worked is a warning, and an alarm."""
REQUEST_SECONDS = 60, 600
CLOCK_SECONDS = 1.0, 10.0
ID_WARNING, ID_ALARM = 1_000_000_000, 1_500_000_000
DEAD_ROWS = 200_000
LOST_HOURS = 24
ENGINE_CRON_MINUTES = 5
PURGE_DAYS = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """``state`` is ok, warning or bad; ``figure`` what it was judged by; ``detail`` names who, for managers only."""

    state: str
    sentence: str
    figure: float = 0.0
    detail: str | None = None


def grade(figure, thresholds):
    """ok, warning or bad, by two thresholds."""
    warning, bad = thresholds
    return "bad" if figure >= bad else "warning" if figure >= warning else "ok"


def spoken(seconds):
    """``45 seconds``, ``3 minutes``, ``2 hours``, ``4 days``."""
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} seconds"


def database(env, _cr):
    """Whether documents may be exchanged from this database at all."""
    standing = env["sync.production"]._standing()
    if standing.reason == "copy":
        detail = f"in use: {standing.known}\nthis one: {standing.fingerprint}"
        return Finding("bad", "This is not the database that was in use before. Nothing is exchanged.", 1, detail)
    if standing.reason == "neutralized":
        return Finding("warning", "This is a neutralized copy. Nothing is exchanged.", 1)
    if standing.neutralized:
        return Finding("warning", "This is a neutralized copy that was released for tests.")
    if plain := plain_networks():
        return Finding("ok", f"Documents are exchanged from this database, with {plain} also unencrypted.")
    return Finding("ok", "Documents are exchanged from this database.")


def workers(env, cr):
    """Whether each pool has somebody who works it."""
    cr.execute(
        f"SELECT name, kind, pools, heartbeat_at > {NOW} - make_interval(secs => %s) FROM sync_worker ORDER BY name",
        [DEAD_AFTER_SECONDS],
    )
    rows = cr.fetchall()
    processes = [row for row in rows if row[1] == "process" and row[3]]
    silent = [row[0] for row in rows if row[1] == "process" and not row[3]]
    unserved = set(POOLS).difference(*(row[2].split(",") for row in processes))
    cron = env.ref("sync_governance.cron_engine", raise_if_not_found=False)
    cr.execute(
        f"SELECT active AND lastcall > {NOW} - make_interval(mins => %s) FROM ir_cron WHERE id = %s",
        [ENGINE_CRON_MINUTES, cron.id if cron else None],
    )
    row = cr.fetchone()
    scheduled = bool(row and row[0])
    detail = "\n".join(f"{name}: {pools}" for name, _kind, pools, _alive in processes) or None
    if unserved and not scheduled:
        names = ", ".join(dict(POOL_NAMES)[pool] for pool in POOLS if pool in unserved)
        return Finding("bad", f"Nobody works these pools: {names}.", len(unserved), detail)
    if silent:
        told = f"{len(silent)} worker process(es) died and left no word; their work was taken over."
        return Finding("warning", told, len(silent), "\n".join(silent))
    if not processes:
        return Finding("ok", "The scheduled action works; there is no worker process.")
    also = ", and the scheduled action" if unserved else ""
    return Finding("ok", f"{len(processes)} worker process(es) at work{also}.", 0, detail)


def waiting(pool):
    """How long the oldest document of a pool has been due that could be worked at once."""

    def look(_env, cr):
        cr.execute(
            f"""SELECT extract(epoch FROM {NOW} - min(l.next_at))::float8
                  FROM sync_endpoint e
                 CROSS JOIN LATERAL (
                       SELECT next_at FROM sync_lane
                        WHERE worker_pool = %(pool)s AND endpoint_id = e.id AND claim IS NULL AND next_at <= {NOW}
                        ORDER BY next_at LIMIT 1) l
                 WHERE e.state = 'live' AND NOT e.paused AND e.active
                   AND (e.direction = 'outbound' OR %(pool)s <> 'delivery')
                   AND (e.breaker_until IS NULL OR e.breaker_until <= {NOW}
                        OR (e.direction = 'outbound' AND %(pool)s <> 'delivery'))""",
            {"pool": pool},
        )
        (seconds,) = cr.fetchone()
        if not seconds or seconds < 1:
            return Finding("ok", "Nothing waits.")
        told = f"The oldest document has been due for {spoken(seconds)}."
        return Finding(grade(seconds, WAITING_SECONDS[pool]), told, seconds)

    return look


def backlog(_env, cr):
    """How many documents wait, at which endpoint and in which pool; counted up to a limit."""
    cr.execute(
        """SELECT e.name, l.worker_pool, sum(w.documents)::int
             FROM (SELECT lane_id, count(*) AS documents
                     FROM (SELECT lane_id FROM sync_message WHERE state = 'ready' LIMIT %s) m GROUP BY lane_id) w
             JOIN sync_lane l ON l.id = w.lane_id
             JOIN sync_endpoint e ON e.id = l.endpoint_id
            GROUP BY e.id, l.worker_pool ORDER BY 3 DESC""",
        [COUNTED],
    )
    rows = cr.fetchall()
    total = sum(row[2] for row in rows)
    if not total:
        return Finding("ok", "No document waits for its turn.")
    count = f"at least {total:,}" if total >= COUNTED else f"{total:,}"
    names = dict(POOL_NAMES)
    detail = "\n".join(f"{name}, {names.get(pool, pool)}: {documents:,}" for name, pool, documents in rows)
    told = (
        f"One document waits for its turn, at {rows[0][0]}."
        if total == 1
        else f"{count} documents wait for their turn, most of them at {rows[0][0]} ({rows[0][2]:,})."
    )
    return Finding("warning" if total >= BACKLOG_WARNING else "ok", told[:1].upper() + told[1:], total, detail)


# Only what holds back the vacuum of this database: its own transactions, standby servers, prepared ones.
_SNAPSHOTS = """
    SELECT extract(epoch FROM clock_timestamp() - a.xact_start)::float8,
           coalesce(nullif(a.application_name, ''), a.backend_type), a.usename::text, a.xact_start::timestamp(0)::text,
           left(regexp_replace(coalesce(a.query, ''), '\\s+', ' ', 'g'), 80)
      FROM pg_stat_activity a
     WHERE (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL) AND a.xact_start IS NOT NULL
       AND (a.datname = current_database() OR a.datname IS NULL)
       AND a.pid <> pg_backend_pid() AND a.backend_type <> 'autovacuum worker'
    UNION ALL
    SELECT extract(epoch FROM clock_timestamp() - p.prepared)::float8, 'prepared transaction ' || p.gid, p.owner::text,
           p.prepared::timestamp(0)::text, ''
      FROM pg_prepared_xacts p WHERE p.database = current_database()
     ORDER BY 1 DESC LIMIT 10
"""
_SLOTS = """
    SELECT slot_name::text, age(xmin) FROM pg_replication_slots
     WHERE xmin IS NOT NULL AND NOT active AND age(xmin) > 100000
"""


def snapshots(env, cr):
    """Transactions that are open for so long that the queue's tables cannot be cleaned behind them."""
    limit = env["ir.config_parameter"].sudo().get_param(SNAPSHOT_PARAMETER)  # sudo: a setting of the system
    seconds = float(limit) if (limit or "").isdigit() else SNAPSHOT_SECONDS
    cr.execute("SELECT pg_stat_clear_snapshot()")  # what this transaction saw of the others before is old
    cr.execute(_SNAPSHOTS)
    rows = [row for row in cr.fetchall() if row[0] >= min(SNAPSHOT_WARNING_SECONDS, seconds)]
    cr.execute(_SLOTS)
    slots = cr.fetchall()
    detail = [f"{who} ({user}), since {since}: {query}" for _age, who, user, since, query in rows]
    detail += [f"replication slot {name}, unused, {xids:,} transactions behind" for name, xids in slots]
    if slots:
        told = f"The replication slot {slots[0][0]} is not used and holds back the cleaning of tables."
        return Finding("bad", told, slots[0][1], "\n".join(detail))
    if not rows:
        return Finding("ok", "No transaction is open for long.")
    age, who, user, _since, _query = rows[0]
    told = f"{who} ({user}) has had a transaction open for {spoken(age)}; the queue slows down until it ends."
    state = "bad" if age >= seconds else "warning"
    return Finding(state, told, age, "\n".join(detail))


def lost_wakeups(_env, cr):
    """Work that the sweeper found asleep: there must never be any."""
    cr.execute(
        f"""SELECT noted FROM sync_engine_check
             WHERE code = 'lost_wakeups' AND noted_at > {NOW} - make_interval(hours => %s)""",
        [LOST_HOURS],
    )
    row = cr.fetchone()
    if not row:
        return Finding("ok", "Nobody was forgotten.")
    told = f"{row[0]} line(s) slept although they had work; they were woken a minute late."
    return Finding("bad", told, row[0])


def requests(_env, cr):
    """Requests to the engine that nobody executes."""
    cr.execute(
        """SELECT extract(epoch FROM (now() AT TIME ZONE 'UTC') - min(created_at))::float8, count(*)
              FROM sync_command WHERE executed_at IS NULL"""
    )
    seconds, count = cr.fetchone()
    if not count:
        return Finding("ok", "Every request was executed.")
    told = f"{count} request(s) wait, the oldest for {spoken(max(seconds, 0))}."
    return Finding(grade(seconds, REQUEST_SECONDS), told, seconds)


def clock(_env, cr):
    """How far this server's clock is from the database's."""
    before = time.time()
    cr.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
    (theirs,) = cr.fetchone()
    apart = abs((before + time.time()) / 2 - theirs)
    if apart < CLOCK_SECONDS[0]:
        return Finding("ok", "The clocks of server and database agree.", apart)
    return Finding(grade(apart, CLOCK_SECONDS), f"The clocks are {apart:.1f} seconds apart.", apart)


def ids(_env, cr):
    """How near a table is to the end of its numbers (2,147,483,647)."""
    cr.execute(
        """SELECT sequencename::text, last_value FROM pg_sequences
            WHERE schemaname = current_schema() AND sequencename LIKE 'sync\\_%%' AND last_value IS NOT NULL
            ORDER BY last_value DESC LIMIT 1"""
    )
    name, last = cr.fetchone() or ("", 0)
    if last < ID_WARNING:
        return Finding("ok", "Enough numbers are left.", last)
    told = f"{name.removesuffix('_id_seq')} has used {last:,} of its 2,147,483,647 numbers."
    return Finding(grade(last, (ID_WARNING, ID_ALARM)), told, last)


def cleaning(_env, cr):
    """Whether the queue's tables are cleaned as fast as they are worked."""
    cr.execute(
        """SELECT relname::text, n_dead_tup, n_live_tup FROM pg_stat_user_tables
            WHERE relname IN ('sync_lane', 'sync_message') ORDER BY n_dead_tup DESC LIMIT 1"""
    )
    table, dead, live = cr.fetchone() or ("", 0, 0)
    if dead < DEAD_ROWS or dead < live:
        return Finding("ok", "The queue's tables are clean.", dead)
    return Finding("warning", f"{table} has {dead:,} rows to be cleaned, and {live:,} in use.", dead)


def retention(_env, cr):
    """Whether retention keeps up."""
    cr.execute(
        """SELECT min(started_at) FILTER (WHERE finished_at IS NULL), max(finished_at), sum(removed)::bigint
             FROM sync_purge WHERE step <> 'lane' AND started_at IS NOT NULL"""
    )
    since, last, removed = cr.fetchone()
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    if since and now - since > timedelta(days=PURGE_DAYS):
        days = (now - since).days
        return Finding("warning", f"More ends its time than is removed: the round takes {days} days already.", days)
    if since:
        return Finding("ok", f"At work; {removed:,} rows removed so far.", removed)
    if last is None:
        return Finding("ok", "It runs for the first time within a day.")
    days = (now - last).days
    if days >= PURGE_DAYS:
        return Finding("warning", f"It has not run for {days} days.", days)
    return Finding("ok", f"Up to date; the last round removed {removed:,} rows.", removed)


def keys(env, _cr):
    """Whether the server's keys open what is encrypted."""
    problems = env["sync.sealed"]._key_problems()
    if not problems:
        return Finding("ok", "The server's keys open every secret.")
    return Finding("bad", problems[0], len(problems), "\n".join(problems))


LOOKS = {
    "database": database,
    "workers": workers,
    **{f"waiting_{pool}": waiting(pool) for pool in POOLS},
    "backlog": backlog,
    "lost_wakeups": lost_wakeups,
    "requests": requests,
    "snapshots": snapshots,
    "cleaning": cleaning,
    "retention": retention,
    "clock": clock,
    "ids": ids,
    "keys": keys,
}
