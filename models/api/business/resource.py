"""The role of what can be read: Odoo records -> canonical documents, for one partner."""

from odoo import api, models


class SyncResource(models.AbstractModel):
    """Inherit this role and name the document type and the model to let partners read it.

    ``self.env`` is superuser in the caller's company, in en_US and UTC, as for publishers: ``_own`` alone decides what
    is the caller's, and nothing is looked up without it.
    """

    _name = "sync.resource"
    _description = "Business that partners read"
    _document_type = None
    _model = None
    """The model of the records."""
    _of = None
    """Of a part: the document type of the records that it belongs to."""

    @api.model
    @api.private
    def _for(self, document_type):
        """The resource of a document type, or None."""
        for name in self.env.registry.descendants(["sync.resource"], "_inherit"):
            if self.env[name]._document_type == document_type and name != "sync.resource":
                return self.env[name]
        return None

    @api.private
    def _own(self, profile):
        """The domain of the records that are the caller's."""
        raise LookupError(f"{self._name} does not say whose its records are")

    @api.private
    def _changed(self, moment):
        """The domain of what changed at ``moment`` (naive UTC) or later."""
        return [("write_date", ">=", moment)]

    @api.private
    def _referred(self, reference):
        """The domain of what has this number."""
        return [("name", "=", reference)]

    @api.private
    def _parts(self, profile, record):
        """Of a part: what belongs to ``record``, which is the caller's."""
        raise LookupError(f"{self._name} is no part of anything")

    @api.private
    def _documents(self, profile, records):
        """{record id: canonical document}; a record that is left out has none."""
        raise LookupError(f"{self._name} does not render anything")
