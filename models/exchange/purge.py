"""Finished work leaves the database when its retention says so."""

import logging
import time

from odoo import api, models

from .cursor import read_committed

_logger = logging.getLogger(__name__)

CHUNK = 5000
SECONDS = 60.0

# Finished messages and what their policy's retention says of them; 0 days keep for ever.
FINISHED = """
    FROM sync_message m
    JOIN sync_policy p ON p.id = m.policy_id
    JOIN sync_retention r ON r.id = p.retention_id
   WHERE m.done_at IS NOT NULL AND r.{days} > 0
     AND m.created_at < (now() AT TIME ZONE 'UTC') - r.{days} * interval '1 day'
     AND m.done_at < (now() AT TIME ZONE 'UTC') - r.{days} * interval '1 day'
"""

STEPS = {
    "documents of messages": f"""
        DELETE FROM sync_payload WHERE id = ANY(ARRAY(
            SELECT d.id FROM sync_payload d
             WHERE d.message_id = ANY(ARRAY(SELECT m.id {FINISHED.format(days="payload_days")}
                     AND EXISTS (SELECT 1 FROM sync_payload d WHERE d.message_id = m.id) LIMIT %(chunk)s))))""",
    "bytes as received": f"""
        DELETE FROM sync_payload WHERE id = ANY(ARRAY(
            SELECT d.id FROM sync_payload d
             WHERE d.transmission_id = ANY(ARRAY(SELECT m.transmission_id {FINISHED.format(days="payload_days")}
                     AND EXISTS (SELECT 1 FROM sync_payload d WHERE d.transmission_id = m.transmission_id)
                     AND NOT EXISTS (SELECT 1 FROM sync_message o
                                      WHERE o.transmission_id = m.transmission_id AND o.done_at IS NULL)
                   LIMIT %(chunk)s))))""",
    "attempts": f"""
        DELETE FROM sync_attempt WHERE message_id = ANY(ARRAY(
            SELECT m.id {FINISHED.format(days="attempt_days")}
               AND EXISTS (SELECT 1 FROM sync_attempt a WHERE a.message_id = m.id) LIMIT %(chunk)s))""",
    "messages": f"""
        DELETE FROM sync_message WHERE id = ANY(ARRAY(
            SELECT m.id {FINISHED.format(days="message_days")} LIMIT %(chunk)s))""",
    "keys of senders": """
        DELETE FROM sync_dedupe WHERE id = ANY(ARRAY(
            SELECT d.id FROM sync_dedupe d
              JOIN (SELECT i.endpoint_id, max(r.dedupe_days) AS days
                      FROM sync_interface i
                      JOIN sync_policy p ON p.id = i.policy_id
                      JOIN sync_retention r ON r.id = p.retention_id
                     GROUP BY i.endpoint_id
                    HAVING min(r.dedupe_days) > 0) k ON k.endpoint_id = d.endpoint_id
             WHERE d.seen_at < (now() AT TIME ZONE 'UTC') - k.days * interval '1 day'
             LIMIT %(chunk)s))""",
}


class SyncEngine(models.AbstractModel):
    _inherit = "sync.engine"

    @api.model
    @api.private
    def _purge(self):
        """Delete in chunks, each a transaction of its own, for a minute at most; the rest goes tomorrow.

        What is open stays whatever its age. Keys of senders live as long as the longest retention of their endpoint.
        """
        deadline = time.monotonic() + SECONDS
        for what, statement in STEPS.items():
            removed, deleted = 0, CHUNK
            while deleted >= CHUNK and time.monotonic() < deadline:
                with read_committed(self.env.registry) as cr:
                    cr.execute(statement, {"chunk": CHUNK})
                    deleted = cr.rowcount
                removed += deleted
            if removed:
                _logger.info("Retention: removed %s %s", removed, what)
