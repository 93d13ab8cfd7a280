"""Take the evidence of a period away."""

import base64
import tempfile
from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..core.audit.signing import fingerprint
from ..core.security.keyring import KeyProblem


class SyncAuditExport(models.TransientModel):
    """One signed archive that proves itself without the database; taking it is an entry of the trail."""

    _name = "sync.audit.export"
    _description = "Evidence archive"

    date_from = fields.Date(string="From", required=True, default=lambda self: fields.Date.today().replace(day=1))
    date_to = fields.Date(string="To", required=True, default=fields.Date.today, help="The last day, included; UTC.")
    file = fields.Binary(string="Archive", readonly=True, attachment=False)
    file_name = fields.Char(readonly=True)
    entry_count = fields.Integer(string="Entries", readonly=True)
    public_key = fields.Char(string="Public key (Ed25519)", readonly=True)
    fingerprint = fields.Char(string="Fingerprint of the key", readonly=True)

    @api.constrains("date_from", "date_to")
    def _check_period(self):
        for wizard in self:
            if wizard.date_to < wizard.date_from:
                raise UserError(self.env._("The period ends before it begins."))

    def action_make(self):
        """Write the archive, sign it, and offer it."""
        self.ensure_one()
        self._check_may()
        since = datetime.combine(self.date_from, time())
        until = datetime.combine(self.date_to + timedelta(days=1), time())
        chain = self.env["sync.audit.chain"]
        with tempfile.TemporaryFile() as file:
            try:
                summary, public_key = chain._archive(file, since, until)
            except KeyProblem as problem:
                raise UserError(problem.detail) from problem
            file.seek(0)
            content = base64.b64encode(file.read())
        self.write(
            {
                "file": content,
                "file_name": f"audit-{self.date_from}-{self.date_to}.zip",
                "entry_count": summary.count,
                "public_key": public_key,
                "fingerprint": fingerprint(public_key),
            }
        )
        chain._note_archive(since, until, summary)
        return {
            "type": "ir.actions.act_window",
            "name": self._description,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _check_may(self):
        """Part of a chain proves nothing, so the archive holds the entries of all companies."""
        self.env["sync.audit.entry"].check_access("read")
        # sudo: whether there are companies that the user does not work in
        companies = self.env.user.company_ids.ids
        if self.env["res.company"].sudo().search_count([("id", "not in", companies)], limit=1):
            raise AccessError(
                self.env._(
                    "An archive holds the entries of all companies, because a chain with gaps proves nothing."
                    " Whoever takes one away works in all of them."
                )
            )
