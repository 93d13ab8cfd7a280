"""What became of real documents when they were tried under the versions of a change."""

import time
from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from . import rehearsal

PARTS = {"contract_id": "contract", "mapping_id": "mapping", "policy_id": "policy"}
VERDICTS = [
    ("same", "The same"),
    ("different", "Different"),
    ("worse", "Fails now"),
    ("better", "No longer fails"),
    ("gone", "Content not kept"),
]
MOST = 100


class SyncChangeRequest(models.Model):
    _inherit = "sync.change.request"

    sample_size = fields.Integer(
        string="Documents to try",
        default=20,
        help="The last so many real documents of each interface are tried, without effect.",
    )
    replay_ids = fields.One2many(
        "sync.change.replay",
        "request_id",
        string="Tried with real documents",
        readonly=True,
        copy=False,
        groups="sync_governance.group_approver,sync_governance.group_manager",
    )
    replayed_at = fields.Datetime(string="Tried on", readonly=True, copy=False)
    replay_summary = fields.Char(string="Result", readonly=True, copy=False)

    _few_samples = models.Constraint("CHECK (sample_size BETWEEN 1 AND 100)", "1 to 100 documents are tried.")

    def action_rehearse(self):
        """Try the last real documents of the interfaces under the new versions; nothing is changed or sent."""
        self.ensure_one()
        user = self.env.user
        if not (user.has_group("sync_governance.group_manager") or user.has_group("sync_governance.group_approver")):
            raise AccessError(self.env._("Managers and approvers try a change with real documents."))
        if self.state not in ("draft", "in_review"):
            raise UserError(self.env._("What is in force already is not tried any more."))
        if not self.line_ids:
            raise UserError(self.env._("No interface goes over to the new versions: there is nothing to try."))
        self.env.flush_all()
        until = time.monotonic() + rehearsal.SECONDS
        rows = [row for line in self.line_ids for row in line._rehearse(min(self.sample_size, MOST), until)]
        labels = dict(self.env["sync.change.replay"]._fields["verdict"]._description_selection(self.env))
        counts = Counter(row["verdict"] for row in rows)
        told = ", ".join(f"{labels[word]}: {counts[word]}" for word, _label in VERDICTS if counts[word])
        self.sudo()._move(  # sudo: an approver only reads the model; what was tried is written down for whoever decides
            {
                "replay_ids": [Command.clear(), *(Command.create(row) for row in rows)],
                "replayed_at": fields.Datetime.now(),
                "replay_summary": told or self.env._("There is no document yet."),
            }
        )


class SyncChangeInterface(models.Model):
    _inherit = "sync.change.interface"

    @api.private
    def _rehearse(self, size, until):
        """The last ``size`` documents of the interface under both, as far as ``until`` (monotonic seconds) reaches:
        values of ``sync.change.replay``.
        """
        self.ensure_one()
        versions = {part: self[name] for name, part in PARTS.items()}
        messages = self.env["sync.message"].search(
            [("interface_id", "=", self.interface_id.id), ("state", "in", ("done", "failed"))],
            order="id desc",
            limit=size,
        )
        return [
            {
                "line_id": self.id,
                "message_id": found.message_id,
                "verdict": found.verdict,
                "before": found.before.detail if found.before else False,
                "after": found.after.detail if found.after else False,
                "differences": "\n".join(found.differences) or False,
                "start": "first" if found.first else "again",
            }
            for found in rehearsal.rehearse(self.env.registry, messages.ids, versions, until)
        ]


class SyncChangeReplay(models.Model):
    """One document, worked under the versions of now and under those of the change."""

    _name = "sync.change.replay"
    _description = "Document tried under a change"
    _order = "id"
    _rec_name = "message_id"

    request_id = fields.Many2one("sync.change.request", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="request_id.company_id", store=True, index=True, precompute=True)
    line_id = fields.Many2one("sync.change.interface", required=True, ondelete="cascade", readonly=True)
    interface_id = fields.Many2one(related="line_id.interface_id")
    message_id = fields.Many2one("sync.message", string="Document", readonly=True, ondelete="cascade", index=True)
    verdict = fields.Selection(VERDICTS, required=True, readonly=True)
    before = fields.Text(string="Now", readonly=True)
    after = fields.Text(string="After the change", readonly=True)
    differences = fields.Text(string="Now → after", readonly=True)
    start = fields.Selection(
        [("first", "As when it came"), ("again", "On what is there")],
        string="Tried",
        readonly=True,
        help="What the document did when it came is set aside for the trial, where that is possible. Else both versions"
        " are tried on what is there now.",
    )
