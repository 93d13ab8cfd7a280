"""What happened at each try."""

import json

from odoo import api, fields, models

from ...core.faults import taxonomy
from .engine_record import Setting
from .message import STAGES


class SyncAttempt(models.Model):
    """One try at a message: the stage it reached, who is to blame, how long each stage took, and on which worker."""

    _name = "sync.attempt"
    _description = "Attempt"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id desc"
    _rec_name = "stage"

    message_id = fields.Many2one("sync.message", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = Setting("res.company", required=True, readonly=True)
    outcome = fields.Selection(
        [
            ("done", "Done"),
            ("retry", "Will try again"),
            ("parked", "Parked"),
            ("failed", "Needs attention"),
            ("superseded", "Superseded"),
        ],
        required=True,
        readonly=True,
    )
    stage = fields.Selection(STAGES, readonly=True)
    fault_code = fields.Char(string="Fault code", readonly=True)
    blame = fields.Char(readonly=True)
    detail = fields.Text(readonly=True)
    faults = fields.Text(
        readonly=True,
        help="Every single fault with its place in the document, as JSON.",
    )
    subject = fields.Char(readonly=True)
    timings = fields.Text(readonly=True, help="Milliseconds per stage, as JSON.")
    worker = fields.Char(readonly=True)
    started_at = fields.Datetime(string="Started", readonly=True)
    ended_at = fields.Datetime(string="Ended", readonly=True)
    duration_ms = fields.Integer(string="Milliseconds", readonly=True)
    request_status = fields.Integer(string="HTTP status", readonly=True)
    sent_to = fields.Char(
        string="Sent to",
        readonly=True,
        help="Which of the two addresses of its endpoint this try went to; empty where there is only one.",
    )
    fault_title = fields.Char(string="What is wrong", compute="_compute_words")
    blame_text = fields.Char(string="Where it lies", compute="_compute_words")
    faults_text = fields.Text(string="Every fault", compute="_compute_words")
    timings_text = fields.Char(string="Time by stage", compute="_compute_words")

    @api.depends("fault_code", "blame", "faults", "timings", "duration_ms")
    def _compute_words(self):
        known, stages = taxonomy(), dict(self._fields["stage"]._description_selection(self.env))
        blames = self._blames_in_words()
        for attempt in self:
            entry = known.get(attempt.fault_code or "")
            attempt.fault_title = entry.title if entry else attempt.fault_code
            attempt.blame_text = blames.get(attempt.blame, attempt.blame)
            attempt.faults_text = "\n".join(
                _in_words(fault, attempt.detail) for fault in json.loads(attempt.faults or "[]")
            ).strip()
            parts = [
                f"{stages.get(name, name)} {took:g} ms" for name, took in json.loads(attempt.timings or "{}").items()
            ]
            total = f"{attempt.duration_ms:,} ms"
            attempt.timings_text = f"{total} ({', '.join(parts)})" if len(parts) > 1 else total

    @api.model
    def _blames_in_words(self):
        return {
            "document": self.env._("In the document"),
            "endpoint": self.env._("In the partner's system"),
            "throttle": self.env._("The partner asked us to wait"),
            "self": self.env._("In this system"),
        }


def _in_words(fault, detail):
    """One entry of ``faults`` as people read it: where it is, what is wrong (if ``detail`` says it not yet), and what
    was expected."""
    text = fault.get("detail") or fault.get("title")
    parts = [fault.get("pointer"), None if text == detail else text]
    if fault.get("expected") is not None:
        parts.append(f"expected {fault['expected']}")
    if fault.get("found") is not None:
        parts.append(f"found {fault['found']}")
    return ", ".join(part for part in parts if part)
