"""The samples of the packs on this server, to be chosen from."""

import json
import zlib
from functools import lru_cache

from odoo import api, fields, models
from odoo.tools import SQL

from . import reading

COLUMNS = ("id", "name", "pack", "interface_code", "file", "position")


class SyncPackSample(models.Model):
    """A document that a pack ships for one of its interfaces. It stands in the pack's files, not in the database."""

    _name = "sync.pack.sample"
    _description = "Sample of a pack"
    _auto = False
    _log_access = False
    _order = "pack, interface_code, position"

    name = fields.Char(string="Sample", readonly=True)
    pack = fields.Char(readonly=True)
    interface_code = fields.Char(readonly=True, help="The interface of the pack that it belongs to.")
    file = fields.Char(readonly=True)
    position = fields.Integer(readonly=True, help="Which one it is of the samples of the pack, from 0.")

    @property
    def _table_query(self):
        rows = [row for name in reading.names() for row in _samples(name, _changed_at(name))]
        values = SQL(", ").join(SQL("(%s)", SQL(", ").join(SQL("%s", value) for value in row)) for row in rows)
        names = SQL(", ").join(map(SQL.identifier, COLUMNS))
        if not rows:
            return SQL(
                "SELECT 0 AS id, '' AS name, '' AS pack, '' AS interface_code, '' AS file, 0 AS position LIMIT 0"
            )
        return SQL("SELECT * FROM (VALUES %s) AS s(%s)", values, names)

    @api.private
    def _content(self):
        """(what the pack says about the sample, the text of its file)"""
        self.ensure_one()
        return _entries(self.pack)[self.position], reading.text(self.pack, self.file)


def _changed_at(name):
    return (reading.FOLDER / name / "pack.json").stat().st_mtime_ns


@lru_cache(maxsize=256)
def _samples(name, _changed):
    """The rows of one pack, as long as its file is what it was."""
    return tuple(
        (
            zlib.crc32(f"{name}/{position}".encode()) & 0x7FFFFFFF,
            entry.get("title") or entry["file"],
            name,
            entry["interface"],
            entry["file"],
            position,
        )
        for position, entry in enumerate(_entries(name))
    )


def _entries(name):
    return json.loads(reading.text(name, "pack.json")).get("samples", ())
