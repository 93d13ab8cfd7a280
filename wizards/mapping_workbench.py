"""The workbench of a mapping: a source, the rules and what comes out, side by side."""

import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core.differences import differences
from ..core.faults import Fault
from ..core.mapping import unfilled, unread
from ..models.governance.lifecycle import numbers
from ..models.packs import sample
from . import mapping_trial as trial

SOURCES = [
    ("sample", "A stored sample"),
    ("message", "A document that was exchanged"),
    ("file", "A file"),
    ("text", "Pasted text"),
]


class SyncMappingWorkbench(models.TransientModel):
    """Everything follows what stands in the editors, by onchange: nothing is written and nothing acts.

    The source is never stored, not even with the wizard. A document that was exchanged is read with the rights of the
    user, so it is masked as on its own form; the rules then run on what he sees.
    """

    _name = "sync.mapping.workbench"
    _description = "Workbench of a mapping"

    mapping_id = fields.Many2one("sync.mapping", required=True, readonly=True, ondelete="cascade")
    mapping_state = fields.Selection(related="mapping_id.state", string="State")
    company_id = fields.Many2one(related="mapping_id.company_id")
    document_type_id = fields.Many2one(related="mapping_id.document_type_id")
    interface_id = fields.Many2one(
        "sync.interface",
        compute="_compute_interface_id",
        store=True,
        precompute=True,
        readonly=False,
        help="Its partner's cross-references, its contract and the form of its files are taken for the trial.",
    )
    pack = fields.Char(related="interface_id.trading_partner_id.pack")
    pack_code = fields.Char(related="interface_id.pack_code")
    source_kind = fields.Selection(
        SOURCES, string="Source", compute="_compute_source_kind", store=True, precompute=True, readonly=False
    )
    sample_id = fields.Many2one("sync.pack.sample", store=False)
    message_id = fields.Many2one("sync.message", string="Document", store=False)
    upload = fields.Binary(string="File", store=False, attachment=False)
    upload_name = fields.Char(store=False)
    source_text = fields.Text(string="What arrives", store=False)
    document_count = fields.Integer(compute="_compute_trial")
    document_number = fields.Integer(string="Which of its documents", default=1, store=False)
    decoded_text = fields.Text(string="As the rules read it", compute="_compute_trial")
    is_decoded = fields.Boolean(compute="_compute_trial", help="The source was read from another form than JSON.")
    rules = fields.Text(compute="_compute_rules", store=True, precompute=True, readonly=False)
    can_edit = fields.Boolean(compute="_compute_can_edit")
    can_keep = fields.Boolean(compute="_compute_can_edit")
    is_usable = fields.Boolean(compute="_compute_trial", help="The rules can be compiled.")
    result_text = fields.Text(string="What comes out", compute="_compute_trial")
    verdict = fields.Selection(
        [("empty", "No source yet"), ("good", "It comes out"), ("faults", "There are faults")], compute="_compute_trial"
    )
    fault_count = fields.Integer(compute="_compute_trial")
    fault_table = fields.Html(compute="_compute_trial", sanitize=False)
    notices = fields.Text(compute="_compute_trial")
    unused = fields.Text(string="Source members that no rule reads", compute="_compute_trial")
    unfilled = fields.Text(string="Targets that were never filled", compute="_compute_trial")
    sample_count = fields.Integer(compute="_compute_trial")
    passed_count = fields.Integer(compute="_compute_trial")
    sample_table = fields.Html(compute="_compute_trial", sanitize=False)
    compare_id = fields.Many2one(
        "sync.mapping",
        string="Compared with",
        compute="_compute_compare_id",
        store=True,
        precompute=True,
        readonly=False,
        help="The version whose results these are compared with.",
    )
    difference_count = fields.Integer(compute="_compute_trial")
    difference_table = fields.Html(compute="_compute_trial", sanitize=False)

    # -- what it begins with -----------------------------------------------------------------------------------------

    @api.depends("mapping_id")
    def _compute_interface_id(self):
        for bench in self:
            mapping = bench.mapping_id
            versions = mapping.search([("code", "=", mapping.code), ("company_id", "=", mapping.company_id.id)])
            used = mapping.interface_ids or versions.interface_ids
            bench.interface_id = used.filtered(lambda each: each.state != "retired")[:1] or used[:1]

    @api.depends("mapping_id")
    def _compute_rules(self):
        for bench in self:
            bench.rules = bench.mapping_id.document

    @api.depends("interface_id")
    def _compute_source_kind(self):
        for bench in self:
            first = bench._samples()[:1]
            bench.source_kind = "sample" if first else "text"

    @api.depends("mapping_id")
    def _compute_compare_id(self):
        for bench in self:
            mapping = bench.mapping_id
            others = mapping.search(
                [
                    ("code", "=", mapping.code),
                    ("company_id", "=", mapping.company_id.id),
                    ("state", "in", ("approved", "deprecated", "retired")),
                ]
            )
            older = others.filtered(lambda each, own=mapping: numbers(each.version) < numbers(own.version))
            bench.compare_id = older.sorted(lambda each: numbers(each.version))[-1:]

    @api.depends("mapping_id")
    @api.depends_context("uid")
    def _compute_can_edit(self):
        writes = self.env["sync.mapping"].has_access("write")
        for bench in self:
            bench.can_edit = writes
            bench.can_keep = writes and bench.mapping_id.state == "draft"

    @api.depends("mapping_id")
    def _compute_display_name(self):
        for bench in self:
            bench.display_name = self.env._("Workbench of %s", bench.mapping_id.display_name)

    def _samples(self):
        if not (self.pack and self.pack_code):
            return self.env["sync.pack.sample"]
        return self.env["sync.pack.sample"].search([("pack", "=", self.pack), ("interface_code", "=", self.pack_code)])

    # -- the source --------------------------------------------------------------------------------------------------

    @api.onchange("source_kind", "interface_id")
    def _onchange_source_kind(self):
        self.sample_id = self._samples()[:1] if self.source_kind == "sample" else False
        self.message_id = self.upload = self.source_text = False
        self._onchange_sample_id()

    @api.onchange("sample_id")
    def _onchange_sample_id(self):
        if self.sample_id:
            self.source_text, self.document_number = self.sample_id._content()[1], 1

    @api.onchange("message_id")
    def _onchange_message_id(self):
        if self.message_id:
            message = self.env["sync.message"].browse(self.message_id._origin.id or self.message_id.id)
            message.check_access("read")
            inbound = message.direction == "inbound"
            self.source_text = message.received_text if inbound else message.canonical_text
            self.document_number = 1

    @api.onchange("upload")
    def _onchange_upload(self):
        if self.upload:
            content = base64.b64decode(self.upload)
            try:
                self.source_text = content.decode("utf-8-sig")
            except UnicodeDecodeError:
                self.source_text = content.decode("latin-1")
            self.document_number = 1

    # -- the trial ---------------------------------------------------------------------------------------------------

    @api.depends("mapping_id", "interface_id", "source_text", "document_number", "rules", "compare_id", "sample_id")
    def _compute_trial(self):
        for bench in self:
            bench.update(dict.fromkeys(RESULTS, False))
            rules, problems = trial.compiled(bench.mapping_id, bench.rules or "")
            bench.is_usable = rules is not None
            source = bench._source(problems)
            done = trial.Trial(problems=problems)
            if rules is not None and source is not None:
                done = bench._tried(rules, source)
            bench._show(done, source)
            if rules is not None:
                bench._show_samples(rules, source, done)
                bench._show_differences(rules, source)

    def _source(self, problems):
        """The document that the rules read, or None; what is wrong with it is added to ``problems``."""
        if not (self.source_text or "").strip():
            return None
        inbound = trial.is_inbound(self.mapping_id, self.interface_id)
        try:
            documents = trial.documents_in(self.source_text, self.interface_id.endpoint_id, inbound)
        except Fault as fault:
            found = fault.causes or (fault,)
            problems += [trial.Problem(each.detail, place=each.pointer or "") for each in found]
            return None
        self.document_count = len(documents)
        if not documents:
            return None
        return documents[min(max(self.document_number, 1), len(documents)) - 1]

    def _tried(self, rules, source, text=None):
        lookup, context = self._surroundings()
        return trial.tried(
            rules,
            source,
            trial.Ends.of(self.mapping_id, self.interface_id),
            text=self.rules if text is None else text,
            lookup=lookup,
            context=context,
        )

    def _surroundings(self):
        """(cross-references, context): those that the sample names, else the partner's as they are now."""
        interface = self.interface_id
        environment = {"environment": interface.endpoint_id.environment or "test"}
        if self.sample_id:
            entry, _text = self.sample_id._content()
            return sample.References(entry.get("references", {})), {**environment, **entry.get("context", {})}
        xrefs = self.env["sync.xref"]
        xrefs.check_access("read")
        company = interface.company_id or self.mapping_id.company_id or self.env.company
        return xrefs._lookup_port(interface.trading_partner_id.id, company.id), environment

    # -- what is shown -----------------------------------------------------------------------------------------------

    def _show(self, done, source):
        self.fault_count = len(done.problems)
        self.verdict = "faults" if done.problems else "empty" if source is None else "good"
        self.fault_table = trial.table(
            [self.env._("Rule"), self.env._("Read from"), self.env._("What is wrong")],
            [(self._where(each), each.place or each.target, each.words) for each in done.problems],
            self.env._("… and %s more"),
        )
        self.notices = "\n".join(done.notices)
        if source is not None:
            self.decoded_text = trial.pretty(source)
            stripped = (self.source_text or "").lstrip("\ufeff \t\r\n")
            self.is_decoded = not stripped.startswith(("{", "["))
        if done.document is not None:
            self.result_text = trial.pretty(done.document)

    def _where(self, problem):
        if problem.line:
            return self.env._("Line %s", problem.line)
        return problem.rule or (self.env._("The contract") if problem.place else "")

    def _show_samples(self, rules, source, done):
        """Every sample of the interface against what its pack expects; coverage over them and the source."""
        entries = [each._content() for each in self._samples()]
        used, read, made = set(), [], []
        for entry, text in entries:
            result = self._of_sample(rules, entry, text)
            if result is not None:
                used |= result[1].used_paths
                read.append(result[0])
                made.append(result[1].document)
        if source is not None and done.document is not None:
            used |= done.used
            read.append(source)
            made.append(done.document)
        self.unused = "\n".join(sorted({path for document in read for path in unread(document, used)}))
        self.unfilled = "\n".join(unfilled(rules.targets, [document for document in made if document is not None]))
        trials = self._replayed(rules) if entries else []
        self.sample_count = len(trials)
        self.passed_count = len([each for each in trials if not each.problem])
        self.sample_table = trial.table(
            ["", self.env._("Sample"), self.env._("What is not as expected")],
            [("✗" if each.problem else "✓", each.title, each.problem or "") for each in trials],
            self.env._("… and %s more"),
        )

    def _replayed(self, rules):
        pack = self.env["sync.pack"]._read(self.pack)
        return sample.replay(pack, self.interface_id, rules)

    def _of_sample(self, rules, entry, text):
        """(source, result) of a sample; None when it cannot be read."""
        inbound = trial.is_inbound(self.mapping_id, self.interface_id)
        try:
            documents = trial.documents_in(text, self.interface_id.endpoint_id, inbound)
        except Fault:
            return None  # the table of samples says so
        if not documents:
            return None
        lookup = sample.References(entry.get("references", {}))
        context = {"message_id": "trial", "environment": "test", **entry.get("context", {})}
        return documents[0], rules.evaluate(documents[0], lookup=lookup, context=context)

    def _show_differences(self, rules, source):
        """What comes out otherwise than under the version compared with; without one, than under the rules as kept."""
        before, _problems = trial.compiled(
            self.compare_id or self.mapping_id, (self.compare_id or self.mapping_id).document
        )
        if before is None:
            return
        rows = []
        if source is not None and not self.sample_id:
            then, now = self._tried(before, source, ""), self._tried(rules, source)
            rows += _rows(self.env._("The source"), then.document, now.document)
        for each in self._samples():
            entry, text = each._content()
            then, now = self._of_sample(before, entry, text), self._of_sample(rules, entry, text)
            if then is not None and now is not None:
                rows += _rows(each.name, then[1].document, now[1].document)
        self.difference_count = len(rows)
        self.difference_table = trial.table(
            [self.env._("Document"), self.env._("Where"), self.env._("Before"), self.env._("Now")],
            rows,
            self.env._("… and %s more"),
        )

    # -- what is kept ------------------------------------------------------------------------------------------------

    def action_keep(self):
        """The rules become those of the draft; the workbench itself keeps nothing."""
        self.ensure_one()
        if self.mapping_id.state != "draft":
            raise UserError(self.env._("Only a draft changes. Make a new version of “%s”.", self.mapping_id.name))
        self.mapping_id.document = self.rules
        return {
            "type": "ir.actions.act_window",
            "res_model": "sync.mapping",
            "res_id": self.mapping_id.id,
            "views": [(False, "form")],
            "target": "main",
        }


RESULTS = [
    name for name, field in vars(SyncMappingWorkbench).items() if getattr(field, "compute", None) == "_compute_trial"
]


def _rows(title, then, now):
    return [(title, found.pointer or "/", *_shown(found)) for found in differences(then, now)]


def _shown(found):
    words = str(found).split(": ", 1)[1]
    return words.split(" → ", 1)
