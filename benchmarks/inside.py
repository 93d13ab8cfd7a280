"""What runs inside Odoo's shell: `Arena.call` imports this module there and calls one function with the environment."""

import cProfile
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from .kit import pack
from .kit.measure import percentiles

RECORDS = 1000


def seed(env):
    """A thousand contacts, two people, and the partner of the benchmarks taken live by the real workflow."""
    from odoo.addons.sync_governance.models.packs import reading
    from odoo.addons.sync_governance.models.packs.onboarding import bring_live

    contacts(env)
    reading.schema()  # read from the addon's own folder before the packs are looked for elsewhere
    with tempfile.TemporaryDirectory() as folder:
        pack.write(Path(folder))
        reading.FOLDER = Path(folder)
        author = _person(env, "bench.author", ["group_manager", "group_security_officer"])
        approver = _person(
            env,
            "bench.approver",
            [f"group_approver_{domain}" for domain in ("sales", "warehouse", "finance", "service", "integration")],
        )
        doors_out = [pack.outbound_code(number) for number in range(1, pack.PARTNERS + 1)]
        partner = bring_live(
            env,
            pack.NAME,
            env.company,
            author=author,
            approver=approver,
            secrets={code: pack.SECRET for code in ("bench-in", *doors_out)},
            addresses={code: "http://127.0.0.1:9/" for code in doors_out},
        )
    dead = partner.interface_ids.filtered(lambda interface: interface.state != "live")
    if dead:
        raise RuntimeError(f"{dead[0].code} did not come live: {dead[0]._why_not_runnable()}")


def contacts(env):
    """The records that events and jobs are about."""
    env["res.partner"].create(
        [{"name": f"Bench {number}", "ref": "bench", "company_id": env.company.id} for number in range(RECORDS)]
    )


def _person(env, login, groups):
    return (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            {
                "name": login,
                "login": login,
                "email": f"{login}@example.com",
                "group_ids": [(4, env.ref(f"sync_governance.{group}").id) for group in groups],
            }
        )
    )


# -- enqueuing -------------------------------------------------------------------------------------------------------


def publish(env, count, per_transaction):
    """Publish ``count`` events from business transactions of so many each; returns events a second."""
    return _enqueue(
        env, "sync_event", count, per_transaction, lambda some: env["sync.event"]._mark("location.changed", some)
    )


def delay(env, count, per_transaction):
    """Delay ``count`` jobs that do nothing; returns jobs a second."""

    def delay_each(some):
        for record in some:
            record.with_delay()._bench_nothing()

    return _enqueue(env, "queue_job", count, per_transaction, delay_each)


def _enqueue(env, table, count, per_transaction, act):
    records = env["res.partner"].search([("ref", "=", "bench")], limit=per_transaction)
    act(records)
    env.cr.commit()
    before = _rows(env, table)
    started = time.perf_counter()
    for _ in range(count // per_transaction):
        act(records)
        env.cr.commit()
    return (_rows(env, table) - before) / (time.perf_counter() - started)


def _rows(env, table):
    env.cr.execute(f"SELECT count(*) FROM {table}")
    return env.cr.fetchone()[0]


def publish_steadily(env, seconds, rate):
    """One event in each transaction, ``rate`` a second; says after which message, and how many."""
    records = env["res.partner"].search([("ref", "=", "bench")])
    env.cr.execute("SELECT coalesce(max(id), 0) FROM sync_message")
    last = env.cr.fetchone()[0]
    env.cr.commit()
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        time.sleep(max(started + count / rate - time.perf_counter(), 0))
        env["sync.event"]._mark("product.changed", records[count % len(records)])
        env.cr.commit()
        count += 1
    return {"last": last, "count": count}


# -- draining ----------------------------------------------------------------------------------------------------------


def drain(env, batch, profile_to=None):
    """Run the engine in this process until nothing waits, ``batch`` messages at a time; returns messages a second.

    :param profile_to: a file for cProfile's statistics, for whoever wants to know where the time goes
    """
    from odoo.addons.sync_governance.models.exchange import sizing
    from odoo.addons.sync_governance.models.exchange.cursor import kept_connections
    from odoo.addons.sync_governance.models.exchange.loop import Loop
    from odoo.addons.sync_governance.models.exchange.worker import Worker

    sizing.CLAIM = sizing.Size(start=batch, most=batch)
    sizing.transaction = lambda _database, _interface: sizing.Size(start=batch, most=batch)
    env.cr.commit()
    with (
        kept_connections(),
        Worker(env.registry, "process") as worker,
        cProfile.Profile() if profile_to else nullcontext() as profile,
    ):
        started = time.perf_counter()
        loop = Loop(env.registry, worker, stop=lambda: False)
        while loop.look():
            pass
        rate = worker.processed / (time.perf_counter() - started)
    if profile:
        profile.dump_stats(profile_to)
    return rate


# -- retention ---------------------------------------------------------------------------------------------------------


def purge(env):
    """A round of retention, in as many runs as it takes; returns its seconds."""
    started = time.perf_counter()
    while True:
        env["sync.engine"]._purge()
        env.cr.commit()
        env.cr.execute("SELECT count(*) FROM sync_purge WHERE started_at IS NOT NULL AND finished_at IS NULL")
        if not env.cr.fetchone()[0]:
            return time.perf_counter() - started


# -- latency -----------------------------------------------------------------------------------------------------------


def latency_of_events(env, count, pause):
    """p50, p95 and p99 in ms from the commit of an event to its message being seen done."""
    return _latency(
        env,
        count,
        pause,
        lambda record: env["sync.event"]._mark("location.changed", record),
        """SELECT count(*) FROM sync_event e JOIN sync_message m ON m.event_id = e.id
            WHERE e.res_id = %s AND e.id > %s AND m.state = 'done'""",
        "SELECT coalesce(max(id), 0) FROM sync_event",
    )


def latency_of_jobs(env, count, pause):
    """p50, p95 and p99 in ms from the commit of a job to its being seen done."""
    return _latency(
        env,
        count,
        pause,
        lambda record: record.with_delay()._bench_nothing(),
        "SELECT count(*) FROM queue_job WHERE %s > 0 AND id > %s AND state = 'done'",
        "SELECT coalesce(max(id), 0) FROM queue_job",
    )


def _latency(env, count, pause, act, is_done, last):
    """Both sides alike: commit, then ask every 2 ms whether the result is visible to somebody else."""
    import psycopg2

    from odoo.sql_db import connection_info_for

    record = env["res.partner"].search([("ref", "=", "bench")], limit=1)
    watcher = psycopg2.connect(**connection_info_for(env.cr.dbname)[1])
    watcher.autocommit = True
    waits, warm_up = [], 3
    with watcher.cursor() as cr:
        for _ in range(count + warm_up):
            cr.execute(last)
            before = cr.fetchone()[0]
            act(record)
            env.flush_all()
            env.cr.precommit.run()
            started = time.perf_counter()
            env.cr.commit()
            while True:
                cr.execute(is_done, [record.id, before])
                if cr.fetchone()[0]:
                    break
                if time.perf_counter() - started > 120:
                    raise TimeoutError("nobody worked for two minutes")
                time.sleep(0.002)
            waits.append((time.perf_counter() - started) * 1000)
            time.sleep(pause)
    watcher.close()
    return percentiles(waits[warm_up:], 50, 95, 99)
