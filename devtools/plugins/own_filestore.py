"""pytest plugin: each of several test processes has a filestore of its own, as it has a database of its own.

pytest-odoo gives each process a copy of the database and lets all of them use the original's filestore. There,
whichever clears away what no row of its own copy names takes the files that another has just written.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest_odoo

from odoo.tools import config


@contextmanager
def own_filestore(original: str, database: str) -> Iterator[None]:
    """While the copy `database` is used, its filestore is a copy of that of `original`; then it goes."""
    if original == database:
        yield
        return
    own = Path(config.filestore(database))
    shutil.rmtree(own, ignore_errors=True)  # of a process that was killed
    if Path(config.filestore(original)).is_dir():
        shutil.copytree(config.filestore(original), own)
    try:
        yield
    finally:
        shutil.rmtree(own, ignore_errors=True)


# What pytest-odoo calls, by this name, around the whole of a process's tests.
pytest_odoo._shared_filestore = own_filestore
