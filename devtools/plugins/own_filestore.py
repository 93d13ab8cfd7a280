"""pytest plugin: each of several test processes has a filestore of its own.

They share one database, in transactions that are rolled back; of a shared filestore, whichever clears away what no row
names any more would take the files that another has just written.
"""

import os
import shutil
from pathlib import Path

from odoo.tools import config

WORKER = os.environ.get("PYTEST_XDIST_WORKER")
_shared = type(config).filestore


def _own(self, dbname):
    shared = Path(_shared(self, dbname))
    own = shared.with_name(f"{shared.name}.{WORKER}")
    if not own.exists():
        if shared.is_dir():
            shutil.copytree(shared, own, copy_function=os.link)
        else:
            own.mkdir(parents=True)
    return str(own)


if WORKER:
    type(config).filestore = _own
