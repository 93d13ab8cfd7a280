"""The light effect: one row per message. The document itself says how its handler is to misbehave."""

import os
import signal
import time

import psycopg2

from odoo import api, fields, models
from odoo.sql_db import connection_info_for

from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.core.work import Done, Wait


class SyncFaultsEffect(models.Model):
    """A plain insert, no unique index: an effect that happens twice is two rows."""

    _name = "sync.faults.effect"
    _description = "Effect of the fault suite"
    _log_access = False

    uid = fields.Char(required=True)
    line = fields.Char(required=True)
    number = fields.Integer(required=True)


class SyncFaultsTry(models.Model):
    """Tries that are counted outside the business transaction, so that a rollback or a death does not undo them."""

    _name = "sync.faults.try"
    _description = "Try of the fault suite"
    _log_access = False

    uid = fields.Char(required=True, index=True)


class SyncFaultsHandler(models.AbstractModel):
    """``title`` of a document is its instruction: a word, and for some a number or a name after a colon."""

    _name = "sync.handler.faults.probe"
    _description = "Handler of the fault suite"
    _inherit = "sync.handler"
    _handler = "faults.probe"

    @api.private
    def _apply_one(self, work):
        word, _colon, argument = work.canonical["title"].partition(":")
        if outcome := getattr(self, f"_on_{word}")(work, argument):
            return outcome
        self.env.cr.execute(
            "INSERT INTO sync_faults_effect (uid, line, number) VALUES (%s, %s, %s)",
            [work.uid, work.ordering_key, int(work.canonical["version"])],
        )
        return Done(reference=f"{work.ordering_key}/{work.canonical['version']}")

    def _on_plain(self, work, _argument):
        """Nothing special."""

    def _on_refuse(self, work, _argument):
        """The document is at fault, always."""
        raise Fault("apply.refused", "The probe was told to refuse this.", subject="probe")

    def _on_refuse_first(self, work, argument):
        """The document is at fault so many times; then somebody has put it right."""
        if self._tries(work) <= int(argument):
            raise Fault("apply.refused", "The probe was told to refuse this at first.", subject="probe at first")

    def _on_lose_race(self, work, argument):
        """A serialization failure, so many times."""
        if self._tries(work) <= int(argument):
            self.env.cr.execute("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$")

    def _on_break(self, work, _argument):
        """An error that nobody foresaw."""
        raise ValueError("The probe was told to break")

    def _on_slow(self, work, argument):
        """Longer than a dead worker is waited for; the heartbeat goes on meanwhile."""
        time.sleep(float(argument))

    def _on_kill(self, work, _argument):
        """Poison: whoever works on it dies."""
        self._tries(work)
        os.kill(os.getpid(), signal.SIGKILL)

    def _on_wait(self, work, argument):
        """Early: it waits for a document that brings what it needs."""
        self.env.cr.execute("SELECT 1 FROM sync_faults_effect WHERE line = %s", [argument])
        if not self.env.cr.fetchone():
            fault = Fault("sequence.predecessor_missing", f"{argument} is not here yet.", subject=argument)
            return Wait("reference", argument, fault)
        return None

    def _on_bring(self, work, _argument):
        """What others wait for: the line itself."""
        self.env["sync.message"].sudo()._release_waiting("reference", [work.ordering_key])  # sudo: the engine's

    def _tries(self, work):
        """How often this message was tried, this time included."""
        _name, info = connection_info_for(self.env.cr.dbname)
        connection = psycopg2.connect(**info)
        try:
            with connection, connection.cursor() as cr:
                cr.execute("INSERT INTO sync_faults_try (uid) VALUES (%s)", [work.uid])
                cr.execute("SELECT count(*) FROM sync_faults_try WHERE uid = %s", [work.uid])
                return cr.fetchone()[0]
        finally:
            connection.close()
