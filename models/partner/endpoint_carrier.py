"""How documents travel where nobody calls us and we call no web address: by files, mailboxes, brokers."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

CARRIERS = [("folder", "Folder")]


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    carrier = fields.Selection(
        CARRIERS,
        string="Travels by",
        tracking=True,
        help="Empty: the partner calls us, or we call the partner. Else we look for ourselves what the partner has for"
        " us, and put there what is for the partner.",
    )
    transport = fields.Selection(selection_add=CARRIERS, ondelete={name: "cascade" for name, _label in CARRIERS})

    @api.depends("direction", "carrier")
    def _compute_transport(self):
        result = super()._compute_transport()
        for endpoint in self.filtered("carrier"):
            endpoint.transport = endpoint.carrier
        return result

    @api.onchange("carrier", "direction")
    def _onchange_carrier(self):
        if not self.carrier:
            if self.authentication == "none" and self.direction != "internal":
                self.authentication = "standard_webhooks"
            return
        self.pulled = False
        fitting = self._proofs_that_fit()
        if fitting and self.authentication not in fitting:
            self.authentication = fitting[0]
        if self.direction == "inbound" and (not self.topic_source or self.topic_source == "header"):
            self.topic_source = "constant"

    @api.private
    def _proofs_that_fit(self):
        """The ways of authentication that the carrier knows (the usual one first); empty: whatever fits https."""
        roles = [self.env["sync.source"]._for(self.carrier or self.transport), self._carrying()]
        return next((tuple(role._proofs) for role in roles if role is not None and role._proofs), ())

    @api.private
    def _carrying(self):
        """The transport that delivers by this carrier, or None."""
        try:
            return self.env["sync.transport"]._for(self.carrier or self.transport)
        except LookupError:
            return None

    def _can_receive(self):
        """Whether documents come in by its carrier."""
        return self._is_polled()

    @api.private
    def _connects(self):
        """Whether we show a secret, and do not verify one: we connect, to send or to fetch."""
        self.ensure_one()
        return self.direction == "outbound" or bool(self.carrier)

    @api.constrains("carrier", "direction", "pulled", "authentication")
    def _check_carrier(self):
        for endpoint in self.filtered("carrier"):
            label = dict(endpoint._fields["carrier"]._description_selection(self.env))[endpoint.carrier]
            if endpoint.direction == "internal" or endpoint.pulled:
                raise ValidationError(self.env._("%s: what travels has one way to go.", endpoint.name))
            if endpoint.direction == "inbound" and not endpoint._can_receive():
                raise ValidationError(self.env._("Nothing can be picked up by this way: %s.", label))
            if endpoint.direction == "outbound" and endpoint._carrying() is None:
                raise ValidationError(self.env._("Nothing can be delivered by this way: %s.", label))
            fitting = endpoint._proofs_that_fit()
            if fitting and endpoint.authentication not in fitting:
                names = dict(endpoint._fields["authentication"]._description_selection(self.env))
                raise ValidationError(
                    self.env._(
                        "%(way)s: the authentication is one of: %(proofs)s.",
                        way=label,
                        proofs=", ".join(names.get(one, one) for one in fitting),
                    )
                )

    def write(self, vals):
        if "carrier" in vals and any(one.state != "draft" and one.carrier != vals["carrier"] for one in self):
            raise UserError(self.env._("How documents travel is settled before the endpoint goes live."))
        result = super().write(vals)
        if "carrier" in vals:
            self.env.registry.clear_cache()
        return result


class SyncCredential(models.Model):
    _inherit = "sync.credential"

    @api.depends("endpoint_id.direction", "endpoint_id.carrier")
    def _compute_purpose(self):
        result = super()._compute_purpose()
        for credential in self.filtered("endpoint_id.carrier"):
            credential.purpose = "sign"
        return result
