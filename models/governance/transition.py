"""State that moves only through a record's own methods."""

from odoo import api, models
from odoo.exceptions import UserError


class SyncTransition(models.AbstractModel):
    """A record whose guarded fields only its own transition methods may write.

    A guarded field is refused in every ``create`` and ``write``, whoever asks: a form, an import, RPC, another module,
    superuser. The transition methods use :meth:`_move`. Context defaults cannot get past it either.
    """

    _name = "sync.transition"
    _description = "Record with guarded transitions"
    _guarded_fields = ("state",)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_guarded(vals, allowed=self._guarded_start())
        start = self._guarded_start()
        return super().create([{**vals, **start} for vals in vals_list])

    def write(self, vals):
        self._refuse_guarded(vals)
        return super().write(vals)

    @api.model
    def _guarded_start(self):
        """The guarded values of a new record: they win over defaults given in the context."""
        start = {}
        for name in self._guarded_fields:
            field = self._fields[name]
            start[name] = field.default(self) if field.default else False
        return start

    @api.model
    def _refuse_guarded(self, vals, allowed=None):
        allowed = allowed or {}
        for name in self._guarded_fields:
            if name in vals and (name not in allowed or (vals[name] or False) != (allowed[name] or False)):
                raise UserError(
                    self.env._(
                        "“%(field)s” of a %(model)s is not typed in: use the buttons.",
                        field=self._fields[name]._description_string(self.env),
                        model=self._description.lower(),
                    )
                )

    @api.private
    def _move(self, vals):
        """Write guarded fields; only for the transition methods of the record itself.

        Flushed at once: the database checks every step of the way, and two steps of one request must not reach it as
        a single leap.
        """
        result = super().write(vals)  # pylint: disable=super-method-mismatch
        self.flush_recordset()
        return result

    def _ask_why(self, title):
        """The form that asks for the reason of a rejection and hands it to ``action_reject``."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "sync.lifecycle.reject",
            "view_mode": "form",
            "target": "new",
            "context": {"default_res_model": self._name, "default_res_id": self.id},
        }

    def _expect_state(self, *states):
        """Refuse the transition for records that are in another state."""
        labels = dict(self._fields["state"]._description_selection(self.env))
        for record in self:
            if record.state not in states:
                raise UserError(
                    self.env._(
                        "“%(record)s” is %(state)s; this step is for: %(expected)s.",
                        record=record.display_name,
                        state=labels[record.state].lower(),
                        expected=", ".join(labels[state].lower() for state in states),
                    )
                )
