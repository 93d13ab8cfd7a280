"""The table that the bare route fills."""

from odoo import fields, models


class BareBody(models.Model):
    """A body, and nothing known about it."""

    _name = "bare.body"
    _description = "Body without anything"
    _log_access = False

    body = fields.Text()
