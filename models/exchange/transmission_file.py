"""What a transmission carried: how many documents, what became of them, where one of them stood."""

from odoo import fields, models

SEGMENTED = ("x12", "edifact")
SHOWN = 50
"""Documents that are not right are told with their reason up to so many."""
_COUNTS = """
    SELECT t.file_id, count(*) FILTER (WHERE m.state = 'failed')
      FROM sync_transmission t JOIN sync_message m ON m.transmission_id = t.id
     WHERE t.file_id = ANY(%s) GROUP BY t.file_id"""
_REASONS = """
    SELECT t.place_first, a.detail
      FROM sync_transmission t
      JOIN sync_message m ON m.transmission_id = t.id AND m.state = 'failed'
     CROSS JOIN LATERAL (
           SELECT detail FROM sync_attempt WHERE message_id = m.id ORDER BY id DESC LIMIT 1) a
     WHERE t.file_id = %s ORDER BY t.place_first LIMIT %s"""


def _at(word, number, detail):
    """What is wrong with a document, with its place in front unless that is said already."""
    return detail if (detail or "").startswith(("Line ", "Segment ")) else f"{word} {number}: {detail or ''}"


class SyncTransmission(models.Model):
    _inherit = "sync.transmission"

    carried_ids = fields.One2many("sync.file", "transmission_id", string="As a file")
    is_file = fields.Boolean(compute="_compute_carried")
    is_open = fields.Boolean(compute="_compute_carried", help="More of its documents are still to be read.")
    document_count = fields.Integer(string="Documents in it", compute="_compute_carried")
    repeated_count = fields.Integer(string="Had come before", compute="_compute_carried")
    refused_count = fields.Integer(
        string="Not right", compute="_compute_carried", help="Refused at the door, or waiting for a person."
    )
    refused_text = fields.Text(string="What is wrong, by line", compute="_compute_refused_text")
    place_text = fields.Char(string="Stood in a file", compute="_compute_place_text")

    def _compute_carried(self):
        files = {file.transmission_id.id: file for file in self.carried_ids}
        failed = {}
        if files:
            self.env.cr.execute(_COUNTS, [[file.id for file in files.values()]])
            failed = dict(self.env.cr.fetchall())
        for transmission in self:
            file = files.get(transmission.id)
            transmission.is_file = bool(file)
            transmission.is_open = bool(file) and not file.opened_at
            transmission.document_count = file.documents if file else 0
            transmission.repeated_count = file.repeated if file else 0
            transmission.refused_count = (file.refused + failed.get(file.id, 0)) if file else 0

    def _compute_refused_text(self):
        readable = self.env["sync.attempt"].has_access("read")
        for transmission in self:
            told = []
            for file in transmission.carried_ids:
                told += file._told()
                if readable and len(told) < SHOWN:
                    word = self.env._("Segment") if file.endpoint_id.codec in SEGMENTED else self.env._("Line")
                    self.env.cr.execute(_REASONS, [file.id, SHOWN - len(told)])
                    told += [_at(word, *row) for row in self.env.cr.fetchall()]
            transmission.refused_text = "\n".join(told[:SHOWN]) or False

    def _compute_place_text(self):
        for transmission in self:
            first, last = transmission.place_first, transmission.place_last
            if not first:
                transmission.place_text = False
            elif transmission.endpoint_id.codec in SEGMENTED:
                transmission.place_text = self.env._(
                    "Segments %(first)s to %(last)s of the file", first=first, last=last
                )
            elif first == last:
                transmission.place_text = self.env._("Line %s of the file", first)
            else:
                transmission.place_text = self.env._("Lines %(first)s to %(last)s of the file", first=first, last=last)

    def action_open_documents(self):
        """The messages of the file's documents."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Documents of the file"),
            "res_model": "sync.message",
            "view_mode": "list,form",
            "domain": [("transmission_id.file_id", "in", self.carried_ids.ids)],
        }


class SyncMessage(models.Model):
    _inherit = "sync.message"

    place_text = fields.Char(related="transmission_id.place_text", string="Stood in a file")
    file_transmission_id = fields.Many2one(
        "sync.transmission", string="Came in the file", compute="_compute_file_transmission_id"
    )

    def _compute_file_transmission_id(self):
        for message in self:
            message.file_transmission_id = message.transmission_id.file_id.transmission_id
