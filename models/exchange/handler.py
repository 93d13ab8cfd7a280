"""The role of a handler: canonical documents -> Odoo."""

from odoo import api, models

from ...core.faults import Fault
from ...core.work import Done


class SyncHandler(models.AbstractModel):
    """Inherit this role, name yourself and the document types you take, and apply documents in batches.

    ``self.env`` is the endpoint's own internal user in the interface's company, never the superuser. ``_apply`` gets
    works of one interface, several of one lane in their order, and returns one outcome per work, in order: Done, Wait,
    Fault, or None for one that it has not tried. The transaction is the engine's: a handler neither commits nor rolls
    back.
    """

    _name = "sync.handler"
    _description = "Handler of canonical documents"
    _handler = None
    _document_types = ()
    _repeatable = False
    """Whether a document that was applied may be applied again when somebody replays it: true for statements of how
    things are, which come to the same however often they are made. What is not repeatable is applied again only if
    nothing of what it created or changed exists any more."""

    _partial = False
    """Whether a document from which members were left out, because another system owns them, is applied as far as it
    goes: what it does not say stays as it is. Any other handler gets documents that are complete by their schema, or
    the steward decides about the whole."""

    _writes = True
    """Whether it changes records of Odoo. What is only read or compared is nobody's write: who owns it is not asked."""

    @api.private
    def _for(self, handler, document_type):
        """The handler of that name, else the one that takes the document type by default.

        :raises Fault: ``apply.handler_missing``
        """
        for name in sorted(self.env.registry.descendants(["sync.handler"], "_inherit")):
            model = self.env[name]
            if name == "sync.handler":
                continue
            if model._handler == handler if handler else document_type in model._document_types:
                return model
        raise Fault(
            "apply.handler_missing",
            f"Nothing in Odoo takes a document of type {document_type}"
            + (f" by the handler “{handler}”." if handler else "."),
            subject=f"handler {handler or document_type}",
        )

    @api.private
    def _apply(self, works):
        """Apply each work in a savepoint of its own, so that a failed one leaves no trace and its neighbours go on.

        What stands in one lane behind a work that failed is left alone (None): whether it may pass is for the engine.
        """
        outcomes, stopped = [], set()
        for work in works:
            outcomes.append(None if work.lane_id in stopped else self._apply_alone(work))
            if isinstance(outcomes[-1], Fault) and work.lane_id is not None:
                stopped.add(work.lane_id)
        return outcomes

    @api.private
    def _apply_alone(self, work):
        """The outcome of one work. Only what is done is kept: one that waits or fails runs again from the start."""
        try:
            with self.env.cr.savepoint() as savepoint:
                outcome = self._apply_one(work)
                if isinstance(outcome, Done):
                    self.env.flush_all()
                else:
                    savepoint.rollback()
        except Fault as fault:
            return fault
        return outcome

    @api.private
    def _set_aside(self, effects):
        """Take what a document did out of its own way, so that it can be tried anew as it came; only ever in a
        transaction that is rolled back. Called as superuser, in the interface's company.

        :param effects: (model, id) of what the document created, changed or found, in that order
        :return: whether it can be applied now as if for the first time; where it cannot, it is tried on what is there
        """
        return False

    @api.private
    def _touches(self, work):
        """What a work changes that other works change too, in an order that all agree on: the codes of its items.

        Works of a batch are applied in this order, lane by lane, so that two workers meet at most once.
        """
        return ()

    @api.private
    def _apply_one(self, work):
        raise LookupError(f"{self._name} applies nothing")
