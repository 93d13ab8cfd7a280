"""Endpoints whose documents are attached to mails: in by Odoo's own mail gateway, out by its own mail servers."""

import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...core.delivery import dropoff, letters

CARRIERS = [("mail", "E-mail")]
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    carrier = fields.Selection(selection_add=CARRIERS, ondelete={name: "cascade" for name, _label in CARRIERS})
    transport = fields.Selection(selection_add=CARRIERS, ondelete={name: "cascade" for name, _label in CARRIERS})
    mail_name = fields.Char(
        string="Mailbox",
        copy=False,
        tracking=True,
        help="The part before the @. Mails to this address are taken from Odoo's own mail gateway.",
    )
    mail_alias_id = fields.Many2one("mail.alias", copy=False, readonly=True, ondelete="restrict")
    mail_address = fields.Char(string="Address for mails", related="mail_alias_id.alias_full_name")
    mail_senders = fields.Text(
        string="Who may send here",
        tracking=True,
        help="Addresses, one per line; @partner.example lets everybody of a domain send. Mails of others are refused.",
    )
    mail_pattern = fields.Char(
        string="Attachments taken",
        tracking=True,
        help="Names of files, such as *.csv *.edi; empty takes every attachment. Each one is a document.",
    )
    mail_vouching = fields.Char(
        string="Mail server that vouches",
        tracking=True,
        help="The name under which your own mail server writes Authentication-Results. Where it stands here, a mail is"
        " taken only if the server says that DMARC passed. Without it anybody can pretend to be a sender.",
    )

    mail_to = fields.Char(
        string="Sent to",
        tracking=True,
        help="The partner's address for documents: one. If several people are to have them, let the partner give a"
        " distribution list.",
    )
    mail_from = fields.Char(
        string="Sender",
        tracking=True,
        help="An address of yours. Odoo chooses the outgoing mail server by it. Empty: the company's own address.",
    )
    mail_subject = fields.Char(
        string="Subject",
        default="{type} {reference}",
        tracking=True,
        help="In braces: {reference} is the document's number, {type} its kind, {id} the number of the message, {uid} a"
        " longer one that no other has, {key} the ordering key, {date} and {time} (UTC) when it came to be.",
    )
    mail_body = fields.Text(
        string="Text",
        default="The document {reference} is attached. It was sent by a program; its number there is {uid}.",
        help="Plain text above the attachment; the same in braces as in the subject.",
    )

    @api.constrains("mail_to", "mail_from", "mail_subject", "mail_body", "file_name", "carrier", "direction")
    def _check_mail_out(self):
        for endpoint in self.filtered(lambda one: one.carrier == "mail" and one.direction == "outbound"):
            for address in filter(None, [endpoint.mail_to, endpoint.mail_from]):
                if not letters.is_address(address):
                    raise ValidationError(self.env._("One address is like documents@partner.example: %s", address))
            for template in (endpoint.mail_subject or "", endpoint.mail_body or ""):
                if problem := letters.template_problem(template):
                    raise ValidationError(self.env._("The mail: %s.", problem))
            if problem := dropoff.template_problem(endpoint.file_name or ""):
                raise ValidationError(self.env._("Names of files: %s.", problem))

    @api.private
    def _mail_sender(self):
        """The address that mails come from, or an empty one."""
        self.ensure_one()
        company = self.company_id.sudo()  # sudo: the addresses of its own company
        return self.mail_from or company.email_formatted or company.default_from_email or ""

    @api.constrains("mail_name", "carrier", "direction")
    def _check_mail(self):
        for endpoint in self:
            if endpoint.mail_name and not NAME.fullmatch(endpoint.mail_name):
                raise ValidationError(
                    self.env._(
                        "A mailbox has small letters, digits, dots and dashes: “%s” has not.", endpoint.mail_name
                    )
                )

    def _can_receive(self):
        return self.carrier == "mail" or super()._can_receive()

    @api.private
    def _proofs_that_fit(self):
        return ("none",) if self.carrier == "mail" else super()._proofs_that_fit()

    def _missing(self):
        missing = super()._missing()
        if self.carrier == "mail" and self.direction == "outbound":
            if not self.mail_to:
                missing.append(self.env._("The address to send mails to"))
            if not self._mail_sender():
                missing.append(self.env._("A sender, here or as the e-mail address of the company"))
        elif self.carrier == "mail":
            if not self.mail_address:
                missing.append(self.env._("A mailbox, and a domain for mails in the settings of Odoo"))
            if not self.mail_senders:
                missing.append(self.env._("Who may send mails to it"))
        return missing

    @api.model_create_multi
    def create(self, vals_list):
        endpoints = super().create(vals_list)
        endpoints._arrange_alias()
        return endpoints

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"mail_name", "carrier", "direction", "trading_partner_id"}:
            self._arrange_alias()
        return result

    def _arrange_alias(self):
        """Each endpoint with a mailbox has an alias of its own, which leads to it and to nothing else."""
        for endpoint in self:
            receives = endpoint.carrier == "mail" and endpoint.direction == "inbound"
            wanted = endpoint.mail_name if receives else False
            alias = endpoint.mail_alias_id.sudo()  # sudo: an alias leads to this endpoint alone, by fixed values
            if not wanted:
                if alias:
                    endpoint.mail_alias_id = False
                    alias.unlink()
                continue
            domain = endpoint.company_id.sudo().alias_domain_id  # sudo: the domain for mails of its own company
            values = {"alias_name": wanted, "alias_domain_id": domain.id}
            if alias:
                alias.write(values)
                continue
            endpoint.mail_alias_id = alias.create(
                {
                    **values,
                    "alias_model_id": self.env["ir.model"]._get_id("sync.endpoint"),
                    "alias_force_thread_id": endpoint.id,
                    "alias_contact": "everyone",
                }
            )
