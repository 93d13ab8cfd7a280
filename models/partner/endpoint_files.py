"""Files: where they lie, which are picked up, what becomes of them, and how one is named that we deliver."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...core.delivery import folders
from ...core.delivery.dropoff import template_problem
from ...core.delivery.pickup import Rules
from .endpoint_encryption import configured

FOLDERS_OPTION, FOLDERS_VARIABLE = "sync_governance_folders", "SYNC_GOVERNANCE_FOLDERS"
BY_FILE = ["folder"]
"""The carriers that bring and take files."""


def allowed_folders():
    """The folders of this machine below which files are exchanged: whoever sets up the server says it, nobody else."""
    return folders.roots(configured(FOLDERS_OPTION, FOLDERS_VARIABLE))


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    folder = fields.Char(
        tracking=True,
        help="Where the files lie. On this server: an absolute path below one of the folders that the server's"
        " configuration allows (sync_governance_folders).",
    )
    file_pattern = fields.Char(
        string="Files",
        default="*",
        tracking=True,
        help="Names of the files that are picked up: *.csv, or several with commas. Others are left alone.",
    )
    file_ready = fields.Selection(
        [
            ("stable", "It does not change any more"),
            ("suffix", "Its temporary ending is gone"),
            ("marker", "A second file says so"),
        ],
        string="A file is whole when",
        required=True,
        default="stable",
        tracking=True,
        help="A file that is still being written is left alone. The surest is that the partner writes it under a"
        " temporary ending and renames it, or puts a second, empty file beside it when it is done.",
    )
    file_quiet_seconds = fields.Integer(
        string="Unchanged for (s)",
        required=True,
        default=10,
        help="It is whole when its size and time have stayed the same for so long, from one look to another.",
    )
    file_suffixes = fields.Char(
        string="Temporary endings",
        default=".part, .tmp, .filepart",
        help="Files with these endings are never picked up: the partner renames them when they are whole.",
    )
    file_marker = fields.Char(
        string="Ending of the second file",
        default=".done",
        help="orders.csv is whole when there is orders.csv.done. The second file is removed with the first.",
    )
    file_after = fields.Selection(
        [("archive", "Move it into the archive"), ("delete", "Delete it")],
        string="Once it is taken over",
        required=True,
        default="archive",
        tracking=True,
    )
    file_archive = fields.Char(
        string="Archive", default="archive", help="A folder below the folder; it is made where it is missing."
    )
    file_refused = fields.Char(
        string="Refused files",
        default="refused",
        required=True,
        help="A folder below the folder for files that cannot be taken over; an exception tells why.",
    )
    file_known_by = fields.Selection(
        [("content", "What is in it"), ("name", "Its name, size and time")],
        string="A file is a repeat by",
        required=True,
        default="content",
        tracking=True,
        help="A repeat is counted and archived, and has no effect. By what is in it, the same orders under another name"
        " are a repeat as well.",
    )

    file_name = fields.Char(
        string="Names of files",
        default="{type}_{reference}_{id}.txt",
        tracking=True,
        help="What our files are called: {reference} is the document's number, {type} its kind, {id} the number of the"
        " message, {uid} a longer one that no other has, {key} the ordering key, {date} and {time} (UTC) when it came"
        " to be. Whatever else a file's name may not have becomes _.",
    )
    file_exists = fields.Selection(
        [("refuse", "It is not delivered, and a person is told"), ("number", "It gets a number: orders-2.csv")],
        string="If there is a file of that name",
        required=True,
        default="number",
        tracking=True,
        help="A file is never written over. One of the same name with the same content counts as delivered.",
    )

    _file_limits = models.Constraint(
        "CHECK (file_quiet_seconds BETWEEN 1 AND 3600)", "A file is watched for 1 second to an hour."
    )

    @api.constrains(
        "carrier", "folder", "direction", "file_archive", "file_refused", "file_after", "file_ready", "file_marker"
    )
    def _check_files(self):
        for endpoint in self.filtered(lambda one: one.carrier in BY_FILE):
            if endpoint.folder and (problem := endpoint._folder_problem()):
                raise ValidationError(self.env._("The folder %(folder)s %(why)s.", folder=endpoint.folder, why=problem))
            for label, below in (
                (self.env._("Archive"), endpoint.file_archive),
                (self.env._("Refused files"), endpoint.file_refused),
            ):
                if below:
                    try:
                        folders.below(below)
                    except ValueError as error:
                        raise ValidationError(
                            self.env._("%(what)s: “%(name)s” is no folder below the folder.", what=label, name=below)
                        ) from error
            if endpoint.file_after == "archive" and not endpoint.file_archive:
                raise ValidationError(self.env._("Say into which folder files go that were taken over."))
            if endpoint.file_archive and endpoint.file_archive == endpoint.file_refused:
                raise ValidationError(self.env._("What was refused does not go into the archive: name two folders."))
            if endpoint.file_ready == "marker" and not endpoint.file_marker:
                raise ValidationError(self.env._("Say how the second file ends that tells that a file is whole."))

    @api.constrains("carrier", "direction", "file_name")
    def _check_file_name(self):
        for endpoint in self.filtered(lambda one: one.carrier in BY_FILE and one.direction == "outbound"):
            if problem := template_problem(endpoint.file_name or ""):
                raise ValidationError(self.env._("Names of files: %s.", problem))

    def _folder_problem(self):
        """Why the folder cannot be used, to go on with "The folder … "; None when it can."""
        if self.carrier == "folder":
            return folders.problem(self.folder, allowed_folders())
        return None

    def _missing(self):
        missing = super()._missing()
        if self.carrier in BY_FILE:
            if not self.folder:
                missing.append(self.env._("The folder in which the files lie"))
            elif problem := self._folder_problem():
                missing.append(self.env._("Another folder: %(folder)s %(why)s", folder=self.folder, why=problem))
        return missing

    @api.private
    def _pickup_rules(self):
        """How files are picked up here, as plain values."""
        self.ensure_one()
        return Rules(
            pattern=self.file_pattern or "*",
            ready=self.file_ready,
            quiet_seconds=float(self.file_quiet_seconds),
            suffixes=tuple(one.strip() for one in (self.file_suffixes or "").split(",") if one.strip()),
            marker=self.file_marker or ".done",
            archive=self.file_archive if self.file_after == "archive" else "",
            refused=self.file_refused,
            known_by=self.file_known_by,
            most_bytes=self.max_body_bytes,
        )

    @api.private
    def _note_received(self, items):
        """Something was fetched here, in the transaction that keeps it; whoever expects files hears of it."""
