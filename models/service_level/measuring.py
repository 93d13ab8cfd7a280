"""Finished documents -> figures per interface and day, once a minute, in a few statements."""

from odoo import api, models

from ...core.queue import histogram, schedule_in, watermark

DUE = "service.measure"
EVERY_SECONDS = 60.0
READER = "service levels"

# One row per finished document, and one more for a document whose acknowledgement was taken by its sender.
FINISHED = """
    SELECT m.interface_id, m.company_id, m.done_at::date AS day,
           CASE WHEN m.direction = 'outbound' THEN 'delivered' ELSE 'applied' END AS aim,
           extract(epoch FROM m.done_at - coalesce(e.published_at, m.created_at))::float8 AS seconds,
           s.id AS level, s.target_percent,
           CASE WHEN m.direction = 'outbound' THEN s.delivered_seconds ELSE s.applied_seconds END AS target
      FROM sync_attempt a
      JOIN sync_message m ON m.id = a.message_id
      LEFT JOIN sync_event e ON e.id = m.event_id
      LEFT JOIN sync_policy p ON p.id = m.policy_id
      LEFT JOIN sync_service_level s ON s.id = p.service_level_id
     WHERE a.id > %(low)s AND a.id <= %(high)s AND a.outcome = 'done'
       AND m.state = 'done' AND m.interface_id IS NOT NULL
    UNION ALL
    SELECT o.interface_id, o.company_id, m.done_at::date, 'acknowledged',
           extract(epoch FROM m.done_at - o.created_at)::float8, s.id, s.target_percent, s.acknowledged_seconds
      FROM sync_attempt a
      JOIN sync_message m ON m.id = a.message_id AND m.direction = 'outbound' AND m.state = 'done'
      JOIN sync_event e ON e.id = m.event_id AND e.document_type = 'acknowledgement'
      JOIN sync_message o ON o.uid = e.document::jsonb #>> '{subject,message_id}' AND o.interface_id IS NOT NULL
      LEFT JOIN sync_policy p ON p.id = o.policy_id
      LEFT JOIN sync_service_level s ON s.id = p.service_level_id
     WHERE a.id > %(low)s AND a.id <= %(high)s AND a.outcome = 'done'
"""
COUNTED = f"""
    SELECT interface_id, company_id, day, aim, {histogram.BUCKET_SQL} AS bucket, count(*),
           count(*) FILTER (WHERE coalesce(target, 0) = 0 OR seconds <= target),
           max(level), max(target_percent)::float8, max(target)
      FROM ({FINISHED}) f
     GROUP BY 1, 2, 3, 4, 5
"""
KEPT = """
    SELECT d.interface_id, d.day, d.aim, d.documents, d.within, d.histogram
      FROM sync_service_day d
      JOIN unnest(%s::int[], %s::date[], %s::text[]) AS t(interface_id, day, aim)
        ON t.interface_id = d.interface_id AND t.day = d.day AND t.aim = d.aim
       FOR NO KEY UPDATE OF d
"""
KEEP = """
    INSERT INTO sync_service_day (interface_id, company_id, day, aim, service_level_id, target_percent, target_seconds,
                                  documents, within, late, within_percent, p95_seconds, histogram)
    VALUES %s
    ON CONFLICT (interface_id, day, aim) DO UPDATE
       SET service_level_id = EXCLUDED.service_level_id, target_percent = EXCLUDED.target_percent,
           target_seconds = EXCLUDED.target_seconds, documents = EXCLUDED.documents, within = EXCLUDED.within,
           late = EXCLUDED.late, within_percent = EXCLUDED.within_percent, p95_seconds = EXCLUDED.p95_seconds,
           histogram = EXCLUDED.histogram
"""


class SyncServiceDay(models.Model):
    _inherit = "sync.service.day"

    def init(self):
        result = super().init()
        self.env.cr.execute(
            """INSERT INTO sync_due (kind, res_id, due_at, documents, tries)
               VALUES (%s, 0, now() AT TIME ZONE 'UTC', 0, 0) ON CONFLICT DO NOTHING""",
            [DUE],
        )
        return result

    @api.model
    @api.private
    def _measure(self, low, high):
        """Count what the attempts above id ``low`` up to ``high`` finished. Once per range: nobody counts twice."""
        self.env.cr.execute(COUNTED, {"low": low, "high": high})
        counted = self.env.cr.fetchall()
        if not counted:
            return
        figures = {}
        for interface, company, day, aim, bucket, documents, within, level, percent, target in counted:
            figure = figures.setdefault(
                (interface, day, aim),
                {"company": company, "documents": 0, "within": 0, "counts": [0] * histogram.BUCKETS},
            )
            figure["documents"] += documents
            figure["within"] += within
            figure["counts"][bucket] += documents
            figure.update(level=level, percent=percent, target=target)
        self.env.cr.execute(KEPT, [list(column) for column in zip(*figures, strict=True)])
        for interface, day, aim, documents, within, counts in self.env.cr.fetchall():
            figure = figures[interface, day, aim]
            figure["documents"] += documents
            figure["within"] += within
            figure["counts"] = [a + b for a, b in zip(figure["counts"], counts, strict=True)]
        self.env.cr.execute_values(KEEP, [_row(key, figure) for key, figure in sorted(figures.items())])
        self.invalidate_model()


def _row(key, figure):
    interface, day, aim = key
    documents, within = figure["documents"], figure["within"]
    return (
        interface,
        figure["company"],
        day,
        aim,
        figure["level"],
        figure["percent"],
        figure["target"] or 0,
        documents,
        within,
        documents - within,
        round(100.0 * within / documents, 2),
        round(histogram.quantile(figure["counts"], 0.95), 3),
        figure["counts"],
    )


class SyncDueMeasure(models.AbstractModel):
    """The minute in which finished documents are counted."""

    _name = "sync.due.service.measure"
    _description = "Time to measure"
    _inherit = ["sync.due.kind"]
    _kind = DUE
    _title = "Service levels are measured"

    @api.model
    @api.private
    def _due(self, due_times):
        found = watermark.next_range(self.env.cr, READER, "sync_attempt")
        if found:
            self.env["sync.service.day"]._measure(*found)
        behind = found and found[1] - found[0] >= watermark.LONGEST_RANGE
        schedule_in(self.env.cr, DUE, [(0, None, 0.0 if behind else EVERY_SECONDS)])
