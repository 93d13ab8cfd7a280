"""What is live does not change by an edit: other versions come with an approved change request."""

from odoo import api, models
from odoo.exceptions import UserError

FIXED = ("endpoint_id", "document_type_id", "topic", "handler", "milestone", "replies_to_id")
VERSIONS = ("contract_id", "mapping_id", "policy_id")
IN_USE = ("live", "suspended")
# An object of this process: nobody can send it in a context from outside.
APPROVED = object()

GUARD = """
CREATE OR REPLACE FUNCTION sync_interface_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
    IF OLD.state = 'draft' THEN
        RETURN NEW;
    END IF;
    IF NEW.state = 'draft' OR (OLD.state = 'retired' AND NEW.state <> 'retired') THEN
        RAISE EXCEPTION 'Interface % cannot go from % to %', OLD.code, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.endpoint_id, NEW.document_type_id, NEW.topic, NEW.handler, NEW.milestone, NEW.replies_to_id)
       IS DISTINCT FROM (OLD.endpoint_id, OLD.document_type_id, OLD.topic, OLD.handler, OLD.milestone,
                         OLD.replies_to_id) THEN
        RAISE EXCEPTION 'Interface % is % and cannot change', OLD.code, OLD.state USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.contract_id, NEW.mapping_id, NEW.policy_id)
       IS DISTINCT FROM (OLD.contract_id, OLD.mapping_id, OLD.policy_id)
       AND NOT EXISTS (
           SELECT FROM sync_change_interface l JOIN sync_change_request r ON r.id = l.request_id
            WHERE l.interface_id = OLD.id AND r.state = 'approved'
              AND coalesce(l.contract_id, OLD.contract_id) IS NOT DISTINCT FROM NEW.contract_id
              AND coalesce(l.mapping_id, OLD.mapping_id) IS NOT DISTINCT FROM NEW.mapping_id
              AND coalesce(l.policy_id, OLD.policy_id) IS NOT DISTINCT FROM NEW.policy_id) THEN
        RAISE EXCEPTION 'Interface % is %: other versions need an approved change request', OLD.code, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $guard$
"""
TRIGGER = """
CREATE TRIGGER sync_interface_guard
BEFORE UPDATE OF state, endpoint_id, document_type_id, topic, handler, milestone, replies_to_id,
                 contract_id, mapping_id, policy_id
ON sync_interface FOR EACH ROW EXECUTE FUNCTION sync_interface_guard()
"""


class SyncInterface(models.Model):
    _inherit = "sync.interface"

    def init(self):
        result = super().init()
        self.env.cr.execute(GUARD)
        self.env.cr.execute("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'sync_interface_guard'")
        found = self.env.cr.fetchone()
        if found and "replies_to_id" not in found[0]:  # it was made before answers were documents
            self.env.cr.execute("DROP TRIGGER sync_interface_guard ON sync_interface")
            found = None
        if not found:
            self.env.cr.execute(TRIGGER)
        return result

    def write(self, vals):
        changing = vals.keys() & {*FIXED, *VERSIONS}
        if changing and self.env.context.get("sync_change") is not APPROVED:
            for interface in self.filtered(lambda i: i.state != "draft"):
                interface._refuse_change(vals, sorted(changing))
        return super().write(vals)

    def _refuse_change(self, vals, names):
        for name in names:
            field = self._fields[name]
            if field.convert_to_write(self[name], self) == (vals[name] or False):
                continue
            label = field._description_string(self.env)
            if name in VERSIONS and self.state in IN_USE:
                raise UserError(
                    self.env._(
                        "“%(interface)s” is in use: its %(field)s changes with an approved change request.",
                        interface=self.display_name,
                        field=label.lower(),
                    )
                )
            raise UserError(
                self.env._(
                    "“%(interface)s” is in use: its %(field)s stays. Set up another interface and retire this one.",
                    interface=self.display_name,
                    field=label.lower(),
                )
            )

    @api.private
    def _change_in_force(self, values):
        """Put other versions in force, as an approved change request says; the database asks for that request too."""
        self.ensure_one()
        self.with_context(sync_change=APPROVED).write(values)
        self.flush_recordset()

    def action_request_change(self):
        """A change request for this interface."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Change request"),
            "res_model": "sync.change.request",
            "view_mode": "form",
            "context": {
                "default_name": self.env._("Change of %s", self.display_name),
                "default_line_ids": [(0, 0, {"interface_id": self.id})],
            },
        }
