"""A list that a partner offers over HTTPS: where it is, how its pages follow, and from where on it is asked for."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...core.delivery import pulling

PULL = [("https_pull", "HTTPS pull")]


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    carrier = fields.Selection(selection_add=PULL, ondelete={"https_pull": "set null"})
    transport = fields.Selection(selection_add=PULL, ondelete={"https_pull": "cascade"})
    pull_path = fields.Char(
        string="Path",
        tracking=True,
        help="What is fetched below the address: /v1/orders?limit=100. Where the partner is asked in a language of"
        " queries, {since} stands for the newest change seen. Empty: the address itself is fetched.",
    )
    pull_content = fields.Selection(
        [("list", "A list: each entry is a document"), ("whole", "One document")],
        string="The answer is",
        required=True,
        default="list",
        tracking=True,
    )
    pull_items = fields.Char(
        string="The list stands at",
        tracking=True,
        help="JSON pointer in the answer: /orders. Empty: the answer itself is the list.",
    )
    pull_paging = fields.Selection(
        [
            ("none", "There is only one page"),
            ("cursor", "By a cursor in the answer"),
            ("address", "By its address in the answer"),
            ("link", "By the header Link"),
            ("page", "By numbers"),
        ],
        string="The next page",
        required=True,
        default="none",
        tracking=True,
    )
    pull_cursor_at = fields.Char(
        string="The cursor stands at",
        tracking=True,
        help="JSON pointer to the cursor, or to the address of the next page: /meta/next. Empty there: it was the last"
        " page.",
    )
    pull_parameter = fields.Char(
        string="Asked for by",
        tracking=True,
        help="The parameter of the address that names the next page: cursor, page.",
    )
    pull_first_page = fields.Integer(string="First page", required=True, default=1)
    pull_since = fields.Char(
        string="Only changes since",
        tracking=True,
        help="The parameter of the address by which only what has changed since is asked for: updated_since. Empty:"
        " everything is asked for each time.",
    )
    pull_changed_at = fields.Char(
        string="An entry tells its change at", tracking=True, help="JSON pointer in an entry: /updated_at."
    )
    pull_overlap_minutes = fields.Integer(
        string="Overlap (minutes)",
        required=True,
        default=5,
        tracking=True,
        help="So much earlier than the newest change seen: what the partner's system writes down late is found as well."
        " What comes twice by that is recognised.",
    )
    pull_start = fields.Char(
        string="From",
        tracking=True,
        help="What the first look asks for changes since, as the partner writes it: 2026-01-01T00:00:00Z, or the"
        " word now: only what changes from then on. Empty: everything.",
    )

    _pull_limits = models.Constraint(
        "CHECK (pull_overlap_minutes BETWEEN 0 AND 10080 AND pull_first_page BETWEEN 0 AND 1)",
        "The overlap is at most a week, and the first page is 0 or 1.",
    )
    _pull_proves = models.Constraint(
        "CHECK (transport <> 'https_pull' OR authentication <> 'none')",
        "Who fetches from a partner shows who he is.",
    )

    @api.constrains(
        "carrier",
        "url",
        "pull_path",
        "pull_content",
        "pull_items",
        "pull_paging",
        "pull_cursor_at",
        "pull_parameter",
        "pull_since",
        "pull_changed_at",
        "pull_start",
        "codec",
    )
    def _check_pull(self):
        for endpoint in self.filtered(lambda one: one.carrier == "https_pull"):
            endpoint._check_pull_path()
            in_address = pulling.SINCE in f"{endpoint.url or ''}{endpoint.pull_path or ''}"
            since = bool(endpoint.pull_since) or in_address
            needed = [
                (
                    endpoint.pull_paging in ("cursor", "page") and not endpoint.pull_parameter,
                    self.env._("Asked for by"),
                ),
                (
                    endpoint.pull_paging in ("cursor", "address") and not endpoint.pull_cursor_at,
                    self.env._("The cursor stands at"),
                ),
                (
                    since and not endpoint.pull_changed_at and endpoint.pull_content == "list",
                    self.env._("An entry tells its change at"),
                ),
                (in_address and not endpoint.pull_start, self.env._("From")),
            ]
            for lacks, label in needed:
                if lacks:
                    raise ValidationError(self.env._("%(door)s: say “%(what)s”.", door=endpoint.name, what=label))
            for pointer in (endpoint.pull_items, endpoint.pull_cursor_at, endpoint.pull_changed_at):
                if pointer and not pointer.startswith("/"):
                    raise ValidationError(self.env._("A JSON pointer begins with a slash: /%s", pointer))
            if endpoint.pull_content == "list" and endpoint.codec != "json":
                raise ValidationError(self.env._("%s: the entries of a list are JSON.", endpoint.name))
            if endpoint.pull_content == "whole" and (endpoint.pull_paging != "none" or since):
                raise ValidationError(
                    self.env._("%s: what is one document has no pages and no changes since.", endpoint.name)
                )

    def _check_pull_path(self):
        """The path goes on where the address ends, and leads to no other server."""
        path = self.pull_path or ""
        if not path:
            return
        if not path.startswith("/") or not path.isprintable() or "#" in path:
            raise ValidationError(self.env._("A path begins with a slash: /v1/orders?limit=100"))
        if self.url and ("?" in self.url or "#" in self.url):
            raise ValidationError(self.env._("The path follows the address: let the address end before its “?”."))

    def _missing(self):
        missing = super()._missing()
        if self.carrier == "https_pull" and not self.url:
            missing.append(self.env._("The address to fetch from"))
        return missing

    @api.private
    def _pull_rules(self):
        """How the list is read (:class:`~sync_governance.core.delivery.pulling.Rules`)."""
        self.ensure_one()
        return pulling.Rules(
            url=(self.url or "").rstrip("/") + self.pull_path if self.pull_path else self.url,
            whole=self.pull_content == "whole",
            items=self.pull_items or "",
            paging=self.pull_paging,
            parameter=self.pull_parameter or "",
            cursor_at=self.pull_cursor_at or "",
            first_page=self.pull_first_page,
            since=self.pull_since or "",
            changed_at=self.pull_changed_at or "",
            overlap_seconds=60.0 * self.pull_overlap_minutes,
            start=self.pull_start or "",
        )
