"""How documents of an interface are treated."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...core.delivery.backoff import RetryPolicy

FREEZE_GATES = """
CREATE OR REPLACE FUNCTION sync_policy_gate_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
    IF EXISTS (SELECT 1 FROM sync_policy WHERE state <> 'draft'
                AND id = CASE WHEN TG_OP = 'DELETE' THEN OLD.sync_policy_id ELSE NEW.sync_policy_id END) THEN
        RAISE EXCEPTION 'The gates of a policy that was submitted cannot change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $guard$;
DROP TRIGGER IF EXISTS sync_policy_gate_guard ON sync_policy_gate_rel;
CREATE TRIGGER sync_policy_gate_guard BEFORE INSERT OR UPDATE OR DELETE ON sync_policy_gate_rel
    FOR EACH ROW EXECUTE FUNCTION sync_policy_gate_guard();
"""
UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def spoken(seconds):
    """A delay as people say it: ``5 s``, ``2 min``, ``1 h``; in the largest unit that leaves nothing over."""
    for size, unit in UNITS:
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


class SyncPolicy(models.Model):
    """Timing, order, retries, acknowledgement, gates, service level and retention of an interface's documents."""

    _name = "sync.policy"
    _description = "Policy"
    _inherit = ["sync.lifecycle"]
    _order = "code, id desc"
    _rec_names_search = ["code", "name"]
    _lifecycle_interface_field = "policy_id"
    _lifecycle_content = (
        "code",
        "version",
        "company_id",
        "domain",
        "timing",
        "batch_documents",
        "batch_seconds",
        "calendar_id",
        "patience",
        "worker_pool",
        "head_policy",
        "retry_kind",
        "retry_base",
        "retry_factor",
        "retry_cap",
        "retry_schedule",
        "max_attempts",
        "acknowledgement",
        "await_syntax_hours",
        "await_business_hours",
        "resend_times",
        "answer_seconds",
        "late_answer",
        "takes_over_dates",
        "asks_risk",
        "service_level_id",
        "retention_id",
    )

    code = fields.Char(required=True, index=True, tracking=True)
    name = fields.Char(required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, index=True, help="Empty: for every company."
    )
    timing = fields.Selection(
        [
            ("real_time", "As it arrives"),
            ("synchronous", "The sender waits for the result"),
        ],
        required=True,
        default="real_time",
    )
    patience = fields.Integer(
        string="Waits at most (s)",
        required=True,
        default=10,
        help="If the result is not there by then, the sender is told that the document was taken in.",
    )
    worker_pool = fields.Selection(
        [("real_time", "At once"), ("standard", "Standard"), ("bulk", "When there is time")],
        string="Urgency",
        required=True,
        default="standard",
        help="Documents of different urgency are worked by different pools of workers: a catalogue of ten thousand"
        " products does not hold up an order.",
    )
    head_policy = fields.Selection(
        [
            ("block", "The ones behind it wait"),
            ("skip", "The ones behind it go on"),
            ("supersede", "Only the newest matters"),
        ],
        string="When a document fails",
        required=True,
        default="block",
        help="Documents with the same ordering key are worked one after the other. This says what happens to them when"
        " the first one fails for good.",
    )
    retry_kind = fields.Selection(
        [("exponential", "Longer and longer"), ("schedule", "At fixed delays")],
        string="Retries",
        required=True,
        default="exponential",
    )
    retry_base = fields.Float(string="First delay (s)", required=True, default=5.0)
    retry_factor = fields.Float(string="Then times", required=True, default=2.0)
    retry_cap = fields.Float(string="At most (s)", required=True, default=3600.0)
    retry_schedule = fields.Char(string="Delays (s)", help="Seconds, separated by commas: 5, 30, 300, 3600")
    max_attempts = fields.Integer(string="Attempts", required=True, default=10, help="The first one included.")
    acknowledgement = fields.Selection(
        [("none", "None"), ("business", "What became of it")],
        required=True,
        default="none",
        help="What we tell the sender of a document.",
    )
    gate_ids = fields.Many2many("sync.gate", "sync_policy_gate_rel", string="Gates")
    service_level_id = fields.Many2one("sync.service.level", string="Service level", ondelete="restrict")
    retention_id = fields.Many2one("sync.retention", ondelete="restrict")
    retry_text = fields.Char(string="In words", compute="_compute_retry_text")
    interface_ids = fields.One2many("sync.interface", "policy_id", string="Used by")

    _version_uniq = models.UniqueIndex("(code, version, COALESCE(company_id, 0))", "This version exists already.")
    _retry_sane = models.Constraint(
        "CHECK (retry_base > 0 AND retry_factor >= 1 AND retry_cap >= retry_base AND max_attempts BETWEEN 1 AND 100)",
        "The first delay is above 0, the factor at least 1, the limit not below the first delay; 1 to 100 attempts.",
    )

    _patience_sane = models.Constraint(
        "CHECK (patience BETWEEN 1 AND 60)", "A sender waits 1 to 60 seconds for the result."
    )

    def init(self):
        result = super().init()
        self.env.cr.execute(SQL(FREEZE_GATES))
        return result

    @api.depends("retry_kind", "retry_base", "retry_factor", "retry_cap", "retry_schedule", "max_attempts")
    def _compute_retry_text(self):
        for policy in self:
            if policy.max_attempts == 1:
                policy.retry_text = self.env._("Tried once.")
            elif policy.retry_kind == "schedule":
                policy.retry_text = self.env._(
                    "Up to %(attempts)s attempts; in between %(delays)s.",
                    attempts=policy.max_attempts,
                    delays=policy._delays_in_words(),
                )
            else:
                policy.retry_text = self.env._(
                    "Up to %(attempts)s attempts; %(base)s after the first, then %(factor)g times longer each time, at"
                    " most %(cap)s.",
                    attempts=policy.max_attempts,
                    base=spoken(policy.retry_base),
                    factor=policy.retry_factor,
                    cap=spoken(policy.retry_cap),
                )

    def _delays_in_words(self):
        try:
            return ", ".join(spoken(float(part)) for part in (self.retry_schedule or "").split(",") if part.strip())
        except ValueError:
            return self.retry_schedule  # being typed; the check of the record says what is wrong with it

    @api.constrains("retry_kind", "retry_schedule", "retry_base", "retry_factor", "retry_cap", "max_attempts")
    def _check_retry(self):
        for policy in self:
            policy._retry_policy()

    def _retry_policy(self):
        """The retries as the engine computes with them."""
        self.ensure_one()
        schedule = ()
        if self.retry_kind == "schedule":
            try:
                schedule = tuple(float(part) for part in (self.retry_schedule or "").split(",") if part.strip())
            except ValueError as error:
                raise ValidationError(self.env._("Delays are seconds, separated by commas: 5, 30, 300")) from error
            if not schedule:
                raise ValidationError(self.env._("Say at which delays it is tried again."))
        try:
            return RetryPolicy(
                max_attempts=self.max_attempts,
                base=self.retry_base,
                factor=self.retry_factor,
                cap=self.retry_cap,
                schedule=schedule,
            )
        except ValueError as error:
            raise ValidationError(self.env._("These retries cannot be used: %s", error)) from error

    def _missing_for_review(self):
        missing = super()._missing_for_review()
        if not self.service_level_id:
            missing.append(self.env._("A policy needs a service level before it is reviewed."))
        if not self.retention_id:
            missing.append(self.env._("A policy says how long things are kept (retention) before it is reviewed."))
        return missing
