"""How exceptions end by themselves."""

from odoo import api, fields, models

from ...core.triage import fingerprint

# Only where nothing of the endpoint waits to be explained: a document that failed again must find its exception.
SETTLED = """
    SELECT e.id, count(m.id), count(m.id) FILTER (WHERE m.state = 'done')
      FROM sync_exception e LEFT JOIN sync_message m ON m.exception_id = e.id
     WHERE e.settling AND e.state IN ('new', 'in_progress')
       AND NOT EXISTS (SELECT FROM sync_message f WHERE f.state = 'failed' AND f.exception_id IS NULL
                          AND f.endpoint_id = e.endpoint_id)
     GROUP BY e.id
    HAVING count(m.id) FILTER (WHERE m.state IN ('failed', 'ready', 'parked')) = 0
"""


class SyncException(models.Model):
    _inherit = "sync.exception"

    @api.private
    def _resolve_settled(self):
        """Resolve what was retried or cancelled and has no open document left; returns how many."""
        self.env.cr.execute(SETTLED)
        notes = {exception_id: self._how_it_ended(total, done) for exception_id, total, done in self.env.cr.fetchall()}
        self.browse(notes)._resolve_by_itself(notes)
        return len(notes)

    def _how_it_ended(self, total, done):
        if not total:
            return self.env._("Its documents went on and now wait for another reason.")
        if done == total:
            return self.env._("Resolved by itself: its documents were processed (%s).", done)
        return self.env._(
            "Resolved by itself: %(done)s processed, %(dropped)s cancelled or superseded.",
            done=done,
            dropped=total - done,
        )

    def _resolve_by_itself(self, notes):
        now = fields.Datetime.now()
        for note, exceptions in self.grouped(lambda e: notes[e.id]).items():
            exceptions._move(
                {
                    "state": "resolved",
                    "resolution": note,
                    "resolved_by_id": False,
                    "resolved_at": now,
                    "settling": False,
                }
            )
        self._message_log_batch(notes)
        self._drop_reminder()

    @api.model
    @api.private
    def _watch(self, cr, message_ids):
        """These messages were retried or cancelled: their exceptions may be over soon. In the engine's transaction."""
        if not message_ids:
            return
        cr.execute(
            """UPDATE sync_exception SET settling = true
                WHERE NOT settling AND id = ANY(ARRAY(SELECT DISTINCT exception_id FROM sync_message
                                                       WHERE id = ANY(%s) AND exception_id IS NOT NULL))""",
            [list(message_ids)],
        )

    @api.model
    @api.private
    def _over(self, code, *, subject, company, note, endpoint=None, interface=None):
        """The condition of an exception opened with :meth:`_open` holds no more: resolve it."""
        place = f"interface:{interface.id}" if interface else f"endpoint:{endpoint.id if endpoint else None}"
        exceptions = self.sudo().search(  # sudo: closed by the system, see _collect
            [
                ("fingerprint", "=", fingerprint(code, subject, company_id=company.id, place=place)),
                ("is_open", "=", True),
            ]
        )
        exceptions._resolve_by_itself({exception.id: note for exception in exceptions})
        return exceptions
