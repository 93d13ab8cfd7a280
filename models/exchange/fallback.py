"""No usable answer has come in time: a fallback is taken, and that is a document too.

It is a message of the interface that takes the answers, marked as a fallback. The handler of that interface makes its
document from what Odoo knows (``_fall_back``); from there on it goes the way of an answer.
"""

import uuid

from odoo import api, fields, models

from ...core import queue
from ...core.faults import Fault
from .stages.route import ANSWER_DUE as DUE

PATIENCE_SECONDS = 15.0
"""An answer that is here and not worked yet is looked at again after this."""

# Which of these requests still want an answer, and what of answers is here. One that was understood and failed when it
# was applied is an answer: a person decides about it.
_OPEN = """
    SELECT q.id, q.uid, q.endpoint_id, q.interface_id, q.trading_partner_id, q.company_id, q.process_id, q.reference,
           coalesce(e.ordering_key, l.key, q.uid),
           coalesce(bool_or(a.state = 'done' OR a.fallback
                            OR a.state = 'failed'
                               AND a.stage IN ('enrich', 'sequence', 'apply', 'acknowledge')), false),
           coalesce(bool_or(a.state IN ('ready', 'parked')), false)
      FROM sync_message q
      LEFT JOIN sync_event e ON e.id = q.event_id
      LEFT JOIN sync_lane l ON l.id = q.lane_id
      LEFT JOIN sync_message a ON a.answers_id = q.id
     WHERE q.id = ANY(%s::int[]) AND q.state NOT IN ('cancelled', 'superseded')
     GROUP BY q.id, e.ordering_key, l.key
     ORDER BY q.id
"""


class SyncMessage(models.Model):
    _inherit = "sync.message"

    fallback = fields.Boolean(
        readonly=True, help="Odoo answered by itself, because no answer of the partner that could be used came in time."
    )


class SyncHandler(models.AbstractModel):
    _inherit = "sync.handler"

    @api.private
    def _fall_back(self, request):
        """The canonical document that stands for the answer of the partner, made from what Odoo knows.

        :param request: what was not answered (:class:`~sync_governance.core.work.Request`)
        :raises Fault: ``apply.no_answer`` where Odoo cannot answer: then a person is told
        """
        raise Fault(
            "apply.no_answer",
            "The partner has not answered in time, and Odoo cannot answer in its place.",
            subject=f"answers to {request.uid}" if request else "answers",
        )


class SyncAnswerDue(models.AbstractModel):
    """A request has not been answered in time. What became of it does not matter: refused, on its way, or held back."""

    _name = "sync.due.answer"
    _description = "Overdue answers"
    _inherit = ["sync.due.kind"]
    _kind = DUE
    _title = "An answer is due"
    _about = "sync.message"

    @api.model
    @api.private
    def _due(self, due_times):
        cr = self.env.cr
        cr.execute(_OPEN, [[due.res_id for due in due_times]])
        again = []
        for row in cr.fetchall():
            *request, answered, under_way = row
            if answered:
                continue
            if under_way:
                again.append((row[0], row[5], PATIENCE_SECONDS))
            else:
                self._take_fallback(*request)
        queue.schedule_in(cr, DUE, again)

    def _take_fallback(self, message_id, uid, endpoint, interface, partner, company, process, reference, key):
        reply = self.env["sync.interface"].browse(interface)._reply()
        if not reply:
            return
        message = queue.NewMessage(
            uid=f"msg_{uuid.uuid5(uuid.NAMESPACE_URL, f'fallback:{uid}').hex}",
            direction="inbound",
            endpoint_id=endpoint,
            trading_partner_id=partner,
            company_id=company,
            key=f"answer {key}"[:255],
            interface_id=reply.id,
            document_type_id=reply.document_type_id.id,
            process_id=process,
            reference=reference,
            pool=reply.policy_id.worker_pool,
        )
        (taken,) = queue.enqueue(self.env.cr, [message])
        self.env.cr.execute(
            "UPDATE sync_message SET answers_id = %s, fallback = true WHERE id = %s", [message_id, taken]
        )
