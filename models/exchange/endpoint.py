"""The engine's own columns on an endpoint: what all nodes must agree on before they deliver."""

from odoo import fields, models


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    breaker_failures = fields.Integer(
        string="Failures in a row",
        readonly=True,
        default=0,
        copy=False,
        help="Deliveries in a row that failed because of the partner's system. Five open the circuit breaker.",
    )
    breaker_until = fields.Datetime(
        string="Not before",
        readonly=True,
        copy=False,
        help="The partner's system did not answer: the next delivery is tried at this time.",
    )

    def _breaker_failed(self, cr, endpoint_id, wait_seconds):
        """Count a failure of the partner's system and open the breaker for ``wait_seconds`` from the fifth in a row."""
        cr.execute(
            """UPDATE sync_endpoint
                  SET breaker_failures = coalesce(breaker_failures, 0) + 1,
                      breaker_until = CASE WHEN coalesce(breaker_failures, 0) + 1 >= 5
                          THEN (now() AT TIME ZONE 'UTC') + make_interval(secs => %s) END
                WHERE id = %s RETURNING breaker_failures""",
            [wait_seconds, endpoint_id],
        )

    def _breaker_succeeded(self, cr, endpoint_ids):
        """Close the breaker; writes only where there is something to close, so that the row stays cold."""
        cr.execute(
            """UPDATE sync_endpoint SET breaker_failures = 0, breaker_until = NULL
                WHERE id = ANY(%s) AND breaker_failures > 0""",
            [list(endpoint_ids)],
        )
