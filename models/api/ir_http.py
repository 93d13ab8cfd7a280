"""Addresses of the API as they come, so that whatever a stranger asks for, the API itself answers."""

from werkzeug.routing import PathConverter

from odoo import models


class RestConverter(PathConverter):
    """The rest of a path, line breaks too: those Odoo's website would answer."""

    regex = r"[^/][\s\S]*?"


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _get_converters(cls):
        return {**super()._get_converters(), "sync_rest": RestConverter}
