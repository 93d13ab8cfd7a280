"""The role of whoever handles due times of one kind."""

from odoo import api, models


class SyncDueKind(models.AbstractModel):
    """Inherit this role and name a kind of due time to handle it.

    ``_due`` gets the due times of a batch (:class:`~sync_governance.core.queue.DueTime`), as superuser, in a READ
    COMMITTED transaction that also deletes them: what it does and that it was done are one commit. It asks the records
    whether it still is so, and sets a new time where it is too early. It waits for no lock of a lane.
    """

    _name = "sync.due.kind"
    _description = "Kind of due time"
    _kind = None
    _title = None
    # The model that the due time's id is of, for people.
    _about = None

    @api.model
    @api.private
    def _all(self):
        """{kind: model} of every kind there is."""
        models_ = (self.env[name] for name in sorted(self.env.registry.descendants(["sync.due.kind"], "_inherit")))
        return {model._kind: model for model in models_ if model._kind}

    @api.model
    @api.private
    def _for(self, kind):
        """:raises LookupError: when no installed module knows the kind"""
        found = self._all().get(kind)
        if found is None:
            raise LookupError(f"Nothing handles due times of the kind {kind}")
        return found

    @api.model
    @api.private
    def _name_for_people(self, record):
        """What the due time is about, in the list of due times."""
        return record.display_name

    @api.model
    @api.private
    def _due(self, due_times):
        raise LookupError(f"{self._name} handles nothing")
