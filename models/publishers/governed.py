"""What every document of a process has: the way to its process."""

from odoo import fields, models


class SyncGoverned(models.AbstractModel):
    """Mixed into documents that a process follows; the link table and not a column of the host's table says which."""

    _name = "sync.governed"
    _description = "Document of a process"

    process_id = fields.Many2one(
        "sync.process",
        compute="_compute_process_id",
        search="_search_process_id",
        groups="sync_governance.group_viewer",
    )

    def _compute_process_id(self):
        found = self.env["sync.process"]._by_record(self)
        allowed = self.env["sync.process"].browse([p.id for p in found.values()])._filtered_access("read")
        for record in self:
            process = found.get(record.id)
            record.process_id = process.with_env(self.env) & allowed if process else False

    def _search_process_id(self, operator, value):
        if operator not in ("in", "=", "any"):
            return NotImplemented
        links = self.env["sync.process.link"]._search([("res_model", "=", self._name), ("process_id", operator, value)])
        return [("id", "in", links.subselect("res_id"))]

    def action_view_process(self):
        """Open the process."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sync.process",
            "res_id": self.process_id.id,
            "views": [(False, "form")],
        }
