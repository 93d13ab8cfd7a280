"""What documents write to what others own: kept for the steward, and applied once he has accepted it."""

import json

from odoo import api, models

from ...core.codecs import codec
from ...core.work import Done
from . import journal, stages
from .batch import Batch


class SyncEngine(models.AbstractModel):
    _inherit = "sync.engine"

    @api.model
    @api.private
    def _note_foreign_writes(self, works):
        """Keep the foreign writes of works that are done, in the transaction that applied them."""
        entries = [
            {
                "state": write.state,
                "company_id": work.company_id,
                "domain": write.domain,
                "what": write.what,
                "owner_name": write.owner,
                "reference": work.reference or work.ordering_key or work.uid,
                "trading_partner_id": work.trading_partner_id,
                "steward_id": write.steward_id,
                "message_id": work.message_id,
                "interface_id": work.interface_id,
                "document": codec("json").encode(write.document).decode(),
                "whole": write.whole,
                "words": _in_words(write),
                "ownership_version": write.version,
            }
            for work in works
            if isinstance(work.outcome, Done)
            for write in work.foreign
        ]
        if entries:
            # sudo: the list is written by the engine, not by the user of the endpoint
            self.env["sync.ownership.write"].sudo()._note(entries)

    @api.model
    @api.private
    def _keep_effects(self, work, acknowledge):
        """Note what an accepted proposal changed on its message; tell the sender where that was not done before."""
        journal.effects(self.env.cr, [work])
        if acknowledge:
            stages.acknowledge.run(Batch(self.env), [work])


def _in_words(write):
    """What a document wants to write, member by member."""
    lines = []
    for path in write.paths:
        top = path.partition("/")[0]
        value = json.dumps(write.document.get(top), ensure_ascii=False, indent=1, default=str)
        line = f"{top}: {value}"
        if line not in lines:
            lines.append(line)
    return "\n".join(lines)
