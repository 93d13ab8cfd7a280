"""The control numbers of interchanges: one line of numbers for each pair of identities."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...core.codecs.edi.enveloping import LAST_NUMBER
from ...core.faults import Fault

_DRAW = """
    INSERT INTO sync_control_number AS n (company_id, standard, sender, receiver, last_number)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (company_id, standard, sender, receiver)
        DO UPDATE SET last_number = n.last_number + EXCLUDED.last_number
    RETURNING last_number
"""


_LAST = """
    SELECT last_number FROM sync_control_number
     WHERE company_id = %s AND standard = %s AND sender = %s AND receiver = %s FOR NO KEY UPDATE
"""


def draw(cr, company_id, standard, sender, receiver, many=1):
    """The first of ``many`` consecutive numbers that nobody else gets. In a transaction that commits at once.

    :raises Fault: ``encode.envelope_incomplete``, when there are no numbers left
    """
    line = [company_id, standard, sender, receiver]
    cr.execute(_LAST, line)
    row = cr.fetchone()
    if row and row[0] + many > LAST_NUMBER:
        raise Fault(
            "encode.envelope_incomplete",
            f"The control numbers from {sender} to {receiver} are used up.",
            subject=f"control numbers to {receiver}",
        )
    cr.execute(_DRAW, [*line, many])
    return cr.fetchone()[0] - many + 1


class SyncControlNumber(models.Model):
    """How far the control numbers from one identity to another have gone.

    The line belongs to the identities and not to an endpoint: a partner that compares numbers sees the two of them,
    however many doors we use. The row is the lock; whoever draws commits at once, so nobody waits long and what is not
    used leaves a gap.
    """

    _name = "sync.control.number"
    _description = "Control numbers"
    _order = "sender, receiver"
    _rec_name = "receiver"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    standard = fields.Selection([("x12", "X12"), ("edifact", "UN/EDIFACT")], required=True, default="x12")
    sender = fields.Char(string="From", required=True, help="Our identity, with its qualifier in front: ZZ:BULBWORKS.")
    receiver = fields.Char(string="To", required=True, help="The partner's identity, written alike.")
    last_number = fields.Integer(
        string="Last number",
        required=True,
        default=0,
        help="The next interchange has the next number. It can be set higher, where a former system has gone further;"
        " never lower, because a partner takes a number that it knows for a repeat.",
    )

    _once = models.UniqueIndex(
        "(company_id, standard, sender, receiver)", "These identities have a line of numbers already."
    )
    _in_range = models.Constraint(
        f"CHECK (last_number BETWEEN 0 AND {LAST_NUMBER})", "A control number has nine digits at most."
    )

    def write(self, vals):
        for line in self:
            if vals.get("last_number", line.last_number) < line.last_number:
                raise UserError(
                    self.env._("Control numbers only go up: a partner takes a number that it knows for a repeat.")
                )
            if {"standard", "sender", "receiver", "company_id"} & vals.keys() and line.last_number:
                raise UserError(self.env._("These numbers were used between these identities. Add another line."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_unused(self):
        if any(line.last_number for line in self):
            raise UserError(self.env._("Numbers that were used are kept: none of them may be used again."))
