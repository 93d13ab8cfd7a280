"""Endpoints whose documents are attached to mails: an address of Odoo's own mail gateway."""

import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

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

    @api.constrains("mail_name", "carrier", "direction")
    def _check_mail(self):
        for endpoint in self:
            if endpoint.carrier == "mail" and endpoint.direction != "inbound":
                raise ValidationError(self.env._("Documents are received by mail, and not sent."))
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
        if self.carrier == "mail":
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
        if "mail_name" in vals or "carrier" in vals or "trading_partner_id" in vals:
            self._arrange_alias()
        return result

    def _arrange_alias(self):
        """Each endpoint with a mailbox has an alias of its own, which leads to it and to nothing else."""
        for endpoint in self:
            wanted = endpoint.mail_name if endpoint.carrier == "mail" else False
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
