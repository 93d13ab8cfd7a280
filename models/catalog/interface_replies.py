"""Interfaces for what a partner answers to a request: the answer is a document of its own."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache

CARRIED_ON = ("live", "suspended")


class SyncInterface(models.Model):
    """An interface that replies to another one takes what comes back with its deliveries. It stands at the endpoint of
    the request, and is inbound by nature: decoded, validated, translated and applied."""

    _inherit = "sync.interface"

    replies_to_id = fields.Many2one(
        "sync.interface",
        string="Answers to",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        tracking=True,
        domain="[('endpoint_id', '=', endpoint_id), ('direction', '=', 'outbound')]",
        help="What the partner answers to documents of that interface, in the very answer to the delivery, comes in"
        " by this one.",
    )
    reply_ids = fields.One2many("sync.interface", "replies_to_id", string="Answered by")
    direction = fields.Selection(
        [("inbound", "Receives"), ("outbound", "Sends"), ("internal", "Inside Odoo")],
        related=None,
        compute="_compute_direction",
        store=True,
        precompute=True,
    )

    _one_reply = models.UniqueIndex(
        "(replies_to_id) WHERE replies_to_id IS NOT NULL AND state IN ('live', 'suspended')",
        "Another interface in use takes the answers already.",
    )

    @api.depends("endpoint_id.direction", "replies_to_id")
    def _compute_direction(self):
        for interface in self:
            interface.direction = "inbound" if interface.replies_to_id else interface.endpoint_id.direction

    @api.constrains("replies_to_id", "endpoint_id", "topic", "policy_id")
    def _check_replies_to(self):
        for interface in self.filtered("replies_to_id"):
            request = interface.replies_to_id
            if request.endpoint_id != interface.endpoint_id or request.direction != "outbound":
                raise ValidationError(
                    self.env._(
                        "“%(reply)s” takes answers to what “%(request)s” sends: both are at the same endpoint.",
                        reply=interface.name,
                        request=request.name,
                    )
                )
            if interface.endpoint_id.transport != "https":
                raise ValidationError(
                    self.env._("Only who is sent to by https answers: “%s” is not.", interface.endpoint_id.name)
                )
            if interface.topic:
                raise ValidationError(self.env._("“%s” needs no topic: it takes every answer.", interface.name))
            if interface.policy_id.timing == "synchronous":
                raise ValidationError(
                    self.env._(
                        "Nobody waits for what becomes of an answer: “%s” cannot be synchronous.", interface.name
                    )
                )

    def _missing(self):
        missing = super()._missing()
        if self.replies_to_id.policy_id.answer_seconds and self.policy_id.head_policy == "block":
            missing.append(
                self.env._(
                    "A policy by which an answer that fails does not hold up those behind it: the fallback is one"
                )
            )
        return missing

    @api.private
    def _reply(self):
        """The interface that takes the answers to what this one sends, possibly empty. One that is suspended takes
        them too: they wait as exceptions."""
        return self.reply_ids.filtered(lambda each: each.state in CARRIED_ON and each.active)[:1]

    @api.model
    @api.private
    @ormcache()
    def _replying(self):
        """The ids of all interfaces that take answers. Whatever changes an interface clears the registry's cache."""
        query = self.sudo().with_context(active_test=False)  # sudo: configuration, the same for everybody
        return frozenset(query.search([("replies_to_id", "!=", False)]).ids)
