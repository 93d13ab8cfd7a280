"""When documents are worked, as a pack says it."""

from odoo import api, models
from odoo.fields import Command

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class SyncPack(models.AbstractModel):
    _inherit = "sync.pack"

    @api.private
    def _timing_values(self, entry, company):
        """The values of a policy for its timing."""
        values = {"timing": entry["timing"]}
        if entry["timing"] == "micro_batch":
            values["batch_documents"] = int(entry["collect"]["documents"])
            values["batch_seconds"] = int(entry["collect"]["seconds"])
        elif entry["timing"] == "window":
            values["calendar_id"] = self._hours(entry, company).id
        return values

    def _hours(self, entry, company):
        """The working hours of this name, made once: from then on they are people's to change."""
        calendars = self.env["resource.calendar"].sudo()  # sudo: who loads a pack need not look after hours otherwise
        name = entry["name"]
        found = calendars.search([("name", "=", name), ("company_id", "=", company.id)], limit=1)
        return found or calendars.create(
            {
                "name": name,
                "company_id": company.id,
                "tz": entry["window"]["time_zone"],
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": hours["day"].capitalize(),
                                "dayofweek": str(DAYS.index(hours["day"])),
                                "hour_from": float(hours["from"]),
                                "hour_to": float(hours["to"]),
                            }
                        )
                        for hours in entry["window"]["hours"]
                    ),
                ],
            }
        )
