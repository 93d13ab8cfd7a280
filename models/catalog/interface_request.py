"""How a document is sent where that depends on the document: by which method, and to which address."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...core.delivery.request_lines import METHODS, request_line
from ...core.faults import Fault

REQUEST = ("request_method", "request_path", "request_body")


class SyncInterface(models.Model):
    _inherit = "sync.interface"

    request_method = fields.Selection(
        [(method, method) for method in METHODS],
        string="Sent by",
        tracking=True,
        help="The method of the request. Empty: POST, as for nearly all partners.",
    )
    request_path = fields.Char(
        string="Sent to",
        tracking=True,
        help="What follows the endpoint's address: orders/{number}. In braces stands a value of the canonical document;"
        " it stays one value whatever it holds, and a list is several steps. Empty: the endpoint's address itself.",
    )

    request_body = fields.Text(
        string="What is sent",
        tracking=True,
        help="An expression over the translated document, whose value is sent; the braces of “Sent to” read the"
        " translated document too. So a mapping can look up what the address depends on. Empty: all of it.",
    )

    @api.constrains("request_method", "request_path", "request_body", "endpoint_id")
    def _check_request(self):
        for interface in self.filtered(lambda line: any(line[name] for name in REQUEST)):
            if interface.endpoint_id.transport != "https":
                raise ValidationError(
                    self.env._("Only requests over HTTPS have a method and a path: “%s” has none.", interface.name)
                )
            try:
                interface._request_line()
            except Fault as fault:
                raise ValidationError(fault.detail) from fault

    def write(self, vals):
        if vals.keys() & set(REQUEST) and any(line.state != "draft" for line in self):
            raise UserError(self.env._("How an interface in use sends stays. Set up another one and retire this one."))
        return super().write(vals)

    @api.private
    def _request_line(self):
        """The compiled method and path, or None where a document is posted to the endpoint's address."""
        self.ensure_one()
        return request_line(*(self[name] or "" for name in REQUEST))
