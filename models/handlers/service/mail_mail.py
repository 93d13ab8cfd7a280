"""No mail leaves in what is only tried."""

from odoo import models

from ...exchange.cursor import nothing_stays


class MailMail(models.Model):
    _inherit = "mail.mail"

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """As ever, but in a transaction of which nothing stays the mail is written and not sent."""
        if nothing_stays(self.env.cr):
            return None
        return super().send(
            auto_commit=auto_commit, raise_exception=raise_exception, post_send_callback=post_send_callback
        )
