"""Which events of its type an interface carries, and how much of them."""

import json

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...core.canonical.filters import check
from ...core.faults import Fault

CONTENT = [("full", "The whole document"), ("thin", "That it happened, and where to read it")]
FILTER_HELP = (
    "JSON: members of the canonical document and the value each must have, or a list of those it may have;"
    ' {"/ship_to/address/country": ["BE", "NL"]}. All of them must hold. Empty: every event.'
)


class SyncInterface(models.Model):
    _inherit = "sync.interface"

    subscription_id = fields.Many2one(
        "sync.subscription", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    event_filter = fields.Text(string="Only events with", tracking=True, help=FILTER_HELP)
    own_only = fields.Boolean(
        string="Only what concerns it",
        tracking=True,
        help="Only events of processes that this trading partner began, and those that are about it: a shop is told of"
        " the shipments of its own orders, a supplier of the orders to the company of its contact, a logistics provider"
        " of what leaves from the warehouses that it runs.",
    )
    event_content = fields.Selection(
        CONTENT,
        string="Content",
        required=True,
        default="full",
        tracking=True,
        help="Thin events are for partners that fetch: each says where its document is read.",
    )

    @api.constrains("event_filter", "event_content", "own_only", "document_type_id", "endpoint_id")
    def _check_events(self):
        for interface in self:
            chosen = interface.event_filter or interface.own_only or interface.event_content == "thin"
            if chosen and interface.direction != "outbound":
                raise ValidationError(self.env._("Events are chosen on the way out: “%s” receives.", interface.name))
            if interface.event_content == "thin" and interface.endpoint_id.transport != "feed":
                raise ValidationError(self.env._("Only what the partner fetches can be thin."))
            if interface.event_content == "thin" and not interface._has_address():
                raise ValidationError(
                    self.env._(
                        "“%s” has no address to be read at: it cannot be thin.", interface.document_type_id.title
                    )
                )
            checked(self.env, interface.event_filter, [interface.document_type_id.code])

    def _has_address(self):
        """Whether documents of its type can be read by the API: a publisher renders them."""
        try:
            self.env["sync.publisher"]._for(self.document_type_id.code)
        except LookupError:
            return False
        return True

    def write(self, vals):
        fixed = vals.keys() & {"event_filter", "event_content", "own_only", "subscription_id"}
        if fixed and any(line.state != "draft" for line in self):
            raise UserError(
                self.env._("What events an interface in use carries stays. Set up another one and retire this one.")
            )
        return super().write(vals)

    @api.private
    def _wanted(self):
        """The filter of its events, or None."""
        self.ensure_one()
        return json.loads(self.event_filter) if self.event_filter else None


def checked(env, text, document_types):
    """The filter in ``text`` as it is meant for all these types, or None.

    :raises ValidationError: it is none
    """
    if not text:
        return None
    try:
        wanted = json.loads(text)
    except ValueError as error:
        raise ValidationError(env._("The filter is not JSON: %s", error)) from error
    for document_type in document_types:
        try:
            check(wanted, document_type)
        except Fault as fault:
            raise ValidationError(fault.detail) from fault
    return wanted
