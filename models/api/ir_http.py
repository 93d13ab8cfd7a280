"""How Odoo's HTTP treats the addresses of partners: as they come, and without what a website prepares for people."""

from werkzeug.routing import PathConverter

from odoo import models
from odoo.http import request


class RestConverter(PathConverter):
    """The rest of a path, line breaks too: those Odoo's website would answer."""

    regex = r"[^/][\s\S]*?"


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _get_converters(cls):
        return {**super()._get_converters(), "sync_rest": RestConverter}

    @classmethod
    def _pre_dispatch(cls, rule, args):
        if rule.endpoint.routing["type"] != "sync_raw":
            return super()._pre_dispatch(rule, args)
        # No language of a visitor, no sign-up, no records in the address: only the route's own limit of the body.
        return request.dispatcher.pre_dispatch(rule, args)
