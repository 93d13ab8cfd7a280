"""Records whose changes are written down."""

from odoo import api, fields, models

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

from ...core.audit.values import MOST, difference, is_secret

NEVER = {"id", "create_uid", "create_date", "write_uid", "write_date", "display_name", "parent_path"}
FROM_OUTSIDE = ("message_", "activity_", "website_message", "rating_", "my_activity_", "has_message")


class SyncAudited(models.AbstractModel):
    """A governed record: what is written to it stands in the audit trail, before and after, whoever writes it.

    A form, an import, RPC, another module and superuser all come through ``create``, ``write`` and ``unlink``, and one
    call leaves one statement, however many records it is about. What the engine's own SQL counts (last uses, health) is
    no change of configuration and not here.
    """

    _name = "sync.audited"
    _description = "Record with an audit trail"
    _audit_as = "change"
    _audited_except = ()
    """Fields that say nothing about what somebody has set."""
    _audits_people_only = False
    """What the engine and the endpoints' users write is business, and stands in the messages."""

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        if records._is_audited():
            names = {name for vals in vals_list for name in vals} | {
                name for name, field in self._fields.items() if field.required or field.type == "selection"
            }
            records._audit("create", {}, records._audit_snapshot(records._audited_names(names)))
        return records

    def write(self, vals):
        names = self._audited_names(vals) if self._is_audited() else ()
        if not names:
            return super().write(vals)
        before = self._audit_snapshot(names)
        result = super().write(vals)
        self._audit("write", before, self._audit_snapshot(names), vals)
        return result

    def unlink(self):
        if not self._is_audited():
            return super().unlink()
        names = self._audited_names(self._fields)
        before, about = self._audit_snapshot(names), self._audit_about("unlink")
        result = super().unlink()
        self._audit("unlink", before, {}, about=about)
        return result

    # -- what is looked at -----------------------------------------------------------------------------------------

    def _is_audited(self):
        # While the module is removed its tables go one by one. A context alone is no reason: clients send one too.
        removed = self.env.context.get(MODULE_UNINSTALL_FLAG) and not self.env.registry.ready
        if not self.ids or removed:
            return False
        return not self._audits_people_only or self.env["sync.audit.entry"]._is_person()

    @api.model
    def _audited_names(self, names):
        """Those of ``names`` that hold what somebody has set; of what is typed in and not kept, secrets."""
        found = []
        for name in sorted(names):
            field = self._fields.get(name)
            if field is None or name in NEVER or name in self._audited_except or name.startswith(FROM_OUTSIDE):
                continue
            if (field.store and field.type not in ("one2many", "binary")) or is_secret(name):
                found.append(name)
        return found

    def _audit_snapshot(self, names):
        """{id: {field: value as it is compared}}."""
        # sudo: what was written is told whether or not the writer could read it; archived links count.
        records = self.sudo().with_context(active_test=False, bin_size=False)
        return {record.id: {name: record._audit_value(name) for name in names} for record in records}

    def _audit_value(self, name):
        field, value = self._fields[name], self[name]
        if field.type == "many2one":
            return f"{value.display_name} ({value.id})" if value else None
        if field.type == "many2many":
            more = [f"… {len(value) - MOST} more"] if len(value) > MOST else []
            return [f"{one.display_name} ({one.id})" for one in value[:MOST].sorted("id")] + more
        if field.type in ("datetime", "date"):
            kind = fields.Datetime if field.type == "datetime" else fields.Date
            return kind.to_string(value) or None
        if field.type == "boolean":
            return bool(value)
        if field.type in ("integer", "float", "monetary", "many2one_reference"):
            return value if isinstance(value, int) else repr(value)
        if field.type == "reference":
            return f"{value.display_name} ({value._name},{value.id})" if value else None
        return value if isinstance(value, (dict, list)) else str(value) if value else None

    # -- writing it down -------------------------------------------------------------------------------------------

    def _audit(self, action, before, after, vals=None, about=None):
        """One entry for each record that is another now."""
        about = about or self._audit_about(action)
        drafts = []
        for record_id, draft in about.items():
            old, new = before.get(record_id, {}), after.get(record_id, {})
            for name in sorted({*old, *new}):
                if old.get(name) != new.get(name) and not (action == "create" and new.get(name) in (None, False, [])):
                    draft.changes[name] = difference(name, old.get(name), new.get(name))
            for name in vals or ():
                # A secret goes in and is never read back, so there is nothing to compare.
                if is_secret(name) and name in new and not self._fields[name].store and vals[name]:
                    draft.changes[name] = difference(name, None, vals[name])
            if draft.changes or action != "write":
                draft.kind = self._audit_kind(draft.changes)
                drafts.append(draft)
        self.env["sync.audit.entry"]._append(drafts)

    def _audit_about(self, action):
        entries = self.env["sync.audit.entry"]
        return {record.id: entries._about(record, self._audit_as, action) for record in self}

    @api.model
    def _audit_kind(self, changes):
        """What kind of entry ``changes`` make; a decision about a version is an approval."""
        before, _after = changes.get("state", (None, None))
        if "approver_id" in changes or before == "in_review":
            return "approval"
        return self._audit_as
