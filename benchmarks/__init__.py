"""The benchmarks: `./dev bench [names] [--quick]`.

A benchmark is a module of this package with a docstring (what is compared with what), a `QUESTION` as a reader would
ask it, and `run(arena) -> list[Measure]`. Its name goes into `NAMES`. What it measured is recorded in
`benchmarks/results/<name>.json` with the date, the command and the machine, and `docs/benchmarks.md` is written anew
from all records; a quick run (`arena.quick`, about a minute each) is printed and not recorded.

What a benchmark finds in `benchmarks/kit`:

- `Arena`: databases for the length of a measurement (`arena.ours()`, `arena.peer()`), Odoo servers and workers on them
  (`arena.server(...)`, `arena.workers(...)`), a sink for deliveries (`arena.sink(...)`), functions that run inside
  Odoo's shell (`arena.call(database, "benchmarks.inside", "function", **arguments)`). All of it ends with its `with`.
- `Measure`: the single rounds of each side, the ratio of their medians, a target and whether it is met.
- `stock`: messages and events put into a database by the queue's own functions; `client`: a partner that posts.

The database server is durable (fsync and synchronous_commit on) for every side; the sides of a comparison run in turns.
`benchmarks/addons` holds a handler that does nothing (`sync_bench`) and a job that does nothing (`peer_bench`).
"""

NAMES = (
    "webhook",
    "documents",
    "files",
    "edi",
    "opening",
    "limit",
    "peer",
    "orders",
    "delivery",
    "latency",
    "growth",
    "retention",
)
