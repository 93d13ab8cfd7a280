"""The approval under which personal data of one interface goes from one data region to another."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command

from ...core.security.masking import pointer_problem
from ...core.security.transfers import Crossing
from ..governance.lifecycle import ALWAYS_WRITABLE

STATES = [("draft", "Draft"), ("in_review", "In review"), ("approved", "Approved"), ("revoked", "Revoked")]
LONGEST_DAYS = 731
APPROVERS = "sync_governance.group_approver_privacy"

GUARD = """
CREATE OR REPLACE FUNCTION sync_data_transfer_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'A data transfer begins as a draft' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'A data transfer that was asked for is kept' USING ERRCODE = 'check_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('draft', 'in_review'), ('in_review', 'draft'), ('in_review', 'approved'), ('in_review', 'revoked'),
        ('approved', 'revoked')) THEN
        RAISE EXCEPTION 'A data transfer cannot go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state <> 'draft' AND NEW.state <> 'draft'
       AND (NEW.interface_id, NEW.source_id, NEW.target_id, NEW.reason, NEW.valid_until, NEW.kept)
           IS DISTINCT FROM (OLD.interface_id, OLD.source_id, OLD.target_id, OLD.reason, OLD.valid_until, OLD.kept) THEN
        RAISE EXCEPTION 'A data transfer that was asked for does not change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $guard$;
DROP TRIGGER IF EXISTS sync_data_transfer_guard ON sync_data_transfer;
CREATE TRIGGER sync_data_transfer_guard BEFORE INSERT OR UPDATE OR DELETE ON sync_data_transfer
    FOR EACH ROW EXECUTE FUNCTION sync_data_transfer_guard();
"""


class SyncDataTransfer(models.Model):
    """``draft -> in_review -> approved -> revoked``; of an interface one at a time is approved.

    Whoever wrote any of it cannot approve it, and the approver belongs to the approvers of privacy. It holds for the
    two regions that it names: when the company or the partner moves, it is worth nothing any more.
    """

    _name = "sync.data.transfer"
    _description = "Data transfer"
    _inherit = ["sync.transition", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _mail_post_access = "read"
    _guarded_fields = (
        "state",
        "source_id",
        "target_id",
        "author_ids",
        "requested_by",
        "requested_at",
        "approved_by",
        "approved_at",
        "revoked_by",
        "revoked_at",
    )

    interface_id = fields.Many2one("sync.interface", required=True, index=True, ondelete="restrict", tracking=True)
    company_id = fields.Many2one(related="interface_id.company_id", store=True, index=True, precompute=True)
    trading_partner_id = fields.Many2one(related="interface_id.trading_partner_id", string="Trading partner")
    document_type_id = fields.Many2one(related="interface_id.document_type_id", string="Document type")
    source_id = fields.Many2one("sync.data.region", string="From", readonly=True, copy=False, ondelete="restrict")
    target_id = fields.Many2one("sync.data.region", string="To", readonly=True, copy=False, ondelete="restrict")
    reason = fields.Text(
        string="Why", required=True, tracking=True, help="What it is needed for, and what it rests on: a contract,"
        " standard clauses, an adequacy decision.",
    )  # fmt: skip
    valid_until = fields.Date(
        string="Until", required=True, tracking=True, help="The last day, UTC; two years ahead at most."
    )
    kept = fields.Text(
        string="Leaves unmasked",
        tracking=True,
        help="Places in the document that the partner needs, one a line: /ship_to, or /lines/*/recipient/name. All else"
        " that is personal leaves masked. For documents that we receive it means nothing.",
    )
    state = fields.Selection(
        STATES, required=True, default="draft", copy=False, readonly=True, tracking=True, index=True
    )
    author_ids = fields.Many2many("res.users", string="Authors", copy=False, readonly=True)
    requested_by = fields.Many2one("res.users", string="Asked for by", copy=False, readonly=True, ondelete="restrict")
    requested_at = fields.Datetime(string="Asked for on", copy=False, readonly=True)
    approved_by = fields.Many2one("res.users", string="Approved by", copy=False, readonly=True, ondelete="restrict")
    approved_at = fields.Datetime(string="Approved on", copy=False, readonly=True)
    revoked_by = fields.Many2one("res.users", string="Ended by", copy=False, readonly=True, ondelete="restrict")
    revoked_at = fields.Datetime(string="Ended on", copy=False, readonly=True)
    expired = fields.Boolean(compute="_compute_expired")
    can_approve = fields.Boolean(compute="_compute_can_approve")

    _four_eyes = models.Constraint(
        "CHECK (state <> 'approved' OR (approved_by IS NOT NULL AND requested_by IS NOT NULL AND source_id IS NOT NULL"
        " AND target_id IS NOT NULL AND approved_by <> requested_by))",
        "Somebody else than who asked for it approves a data transfer.",
    )
    _known_state = models.Constraint("CHECK (state IN ('draft', 'in_review', 'approved', 'revoked'))", "Unknown state.")
    _one_approved = models.UniqueIndex("(interface_id) WHERE state = 'approved'", "One is approved at a time.")

    def init(self):
        self.env.cr.execute(GUARD)

    @api.depends("interface_id", "target_id")
    def _compute_display_name(self):
        for transfer in self:
            name = transfer.interface_id.display_name or self.env._("New")
            ways = [transfer.source_id.name, transfer.target_id.name]
            transfer.display_name = f"{name}: {' → '.join(ways)}" if all(ways) else name

    @api.depends("valid_until", "state")
    def _compute_expired(self):
        today = fields.Date.today()
        for transfer in self:
            transfer.expired = transfer.state == "approved" and transfer.valid_until < today

    @api.depends("state", "author_ids")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        for transfer in self:
            transfer.can_approve = transfer.state == "in_review" and not transfer._approval_obstacle()

    # -- rules -----------------------------------------------------------------------------------------------------

    @api.constrains("kept")
    def _check_kept(self):
        for transfer in self:
            for place in transfer._places():
                if problem := pointer_problem(place):
                    raise ValidationError(self.env._("“%(place)s” %(problem)s.", place=place, problem=problem))

    @api.constrains("reason", "valid_until")
    def _check_reason_and_end(self):
        last = fields.Date.today() + timedelta(days=LONGEST_DAYS)
        for transfer in self:
            if not (transfer.reason or "").strip():
                raise ValidationError(self.env._("Say why: approvers and, later, auditors read it."))
            if transfer.valid_until > last:
                raise ValidationError(self.env._("An approval lasts two years at most, and is then looked at anew."))

    def _places(self):
        """The places that leave unmasked."""
        return tuple(line.strip() for line in (self.kept or "").splitlines() if line.strip())

    # -- writing ---------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        transfers = super().create(vals_list)
        transfers._move({"author_ids": [Command.link(self.env.uid)]})
        return transfers

    def write(self, vals):
        if any(not ALWAYS_WRITABLE.match(name) for name in vals):
            self.check_access("write")
            self._expect_state("draft")
            result = super().write(vals)
            self._move({"author_ids": [Command.link(self.env.uid)]})
            return result
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if any(transfer.state != "draft" for transfer in self):
            raise UserError(self.env._("Only drafts are deleted; what was asked for is kept."))

    # -- transitions -----------------------------------------------------------------------------------------------

    def action_submit(self):
        """draft -> in review, with the two regions as they are now."""
        self.check_access("write")
        self._expect_state("draft")
        for transfer in self:
            source, target = transfer.interface_id._regions()
            if not source or not target:
                raise UserError(self.env._("Say first in which data region the company and the partner are."))
            if source == target:
                raise UserError(self.env._("Both are in %s: nothing crosses.", source.name))
            transfer._refuse_past()
            transfer._move(
                {
                    "state": "in_review",
                    "source_id": source.id,
                    "target_id": target.id,
                    "requested_by": self.env.uid,
                    "requested_at": fields.Datetime.now(),
                    "author_ids": [Command.link(self.env.uid)],
                }
            )

    def action_approve(self):
        """in review -> approved, by an approver of privacy who wrote none of it; what was approved before ends."""
        for transfer in self:
            transfer._lock()
            transfer._expect_state("in_review")
            if obstacle := transfer._approval_obstacle():
                raise AccessError(obstacle)
            transfer._refuse_past()
            decided = transfer.sudo()  # sudo: an approver only reads them; the right to decide was checked above
            if decided.interface_id._regions() != (decided.source_id, decided.target_id):
                raise UserError(self.env._("The regions are others by now: send it back and ask anew."))
            decided.search([("interface_id", "=", decided.interface_id.id), ("state", "=", "approved")])._end()
            decided._move({"state": "approved", "approved_by": self.env.uid, "approved_at": fields.Datetime.now()})
        self.env.registry.clear_cache()

    def action_send_back(self):
        """in review -> draft, by an approver of privacy or whoever asked for it."""
        self.check_access("read")
        self._expect_state("in_review")
        for transfer in self:
            if not self.env.user.has_group(APPROVERS) and self.env.user != transfer.requested_by:
                raise AccessError(self.env._("Approvers of privacy decide, or whoever asked for it takes it back."))
        # sudo: an approver only reads them; the right was checked above
        self.sudo()._move(
            {"state": "draft", "requested_by": False, "requested_at": False, "source_id": False, "target_id": False}
        )

    def action_revoke(self):
        """approved -> revoked, at once and by either side: ending it needs no second person."""
        self.check_access("read")
        self._expect_state("approved")
        user = self.env.user
        if not (user.has_group(APPROVERS) or user.has_group("sync_governance.group_manager")):
            raise AccessError(self.env._("Approvers of privacy or integration managers end an approval."))
        self.sudo()._end()  # sudo: an approver only reads them; the right was checked above
        self.env.registry.clear_cache()

    def _end(self):
        if self:
            self._move({"state": "revoked", "revoked_by": self.env.uid, "revoked_at": fields.Datetime.now()})

    def _lock(self):
        """Two approvers decide one after the other; who comes second sees what the first decided."""
        self.check_access("read")
        self.env.cr.execute("SELECT id FROM sync_data_transfer WHERE id = %s FOR UPDATE", [self.id])
        self.invalidate_recordset()

    def _refuse_past(self):
        if self.valid_until < fields.Date.today():
            raise UserError(self.env._("Its last day is over."))

    def _approval_obstacle(self):
        """Why the current user cannot approve it, in one sentence; False if he can."""
        self.ensure_one()
        if not self.env.user.has_group(APPROVERS):
            return self.env._("An approver of privacy decides about this.")
        if self.env.user in self.author_ids or self.env.user == self.requested_by:
            return self.env._("You wrote it: somebody else approves it (four eyes).")
        return False


class SyncInterface(models.Model):
    _inherit = "sync.interface"

    transfer_ids = fields.One2many("sync.data.transfer", "interface_id", string="Data transfers")
    transfer_note = fields.Char(compute="_compute_transfer_note")
    transfer_missing = fields.Boolean(compute="_compute_transfer_note")

    @api.depends("transfer_ids.state", "transfer_ids.valid_until", "endpoint_id.region_id", "document_type_id")
    def _compute_transfer_note(self):
        for interface in self:
            crossing = interface._crossing() if interface.endpoint_id and interface.document_type_id else None
            refusal = crossing and crossing.refusal()
            interface.transfer_missing = bool(refusal)
            if refusal:
                interface.transfer_note = refusal.detail
            elif crossing:
                interface.transfer_note = self.env._(
                    "Personal data goes from %(here)s to %(there)s, approved until %(day)s.",
                    here=crossing.source,
                    there=crossing.target,
                    day=crossing.until.isoformat(),
                )
            else:
                interface.transfer_note = False

    @api.private
    def _regions(self, there=None):
        """(from where, to where) its documents go, as regions; empty where nobody has said.

        :param there: the region of whoever reads them instead of being sent them
        """
        self.ensure_one()
        there = self.endpoint_id._region() if there is None else there
        ways = self.company_id.sudo().sync_region_id, there  # sudo: which region, nothing more
        return ways if self.direction == "outbound" else ways[::-1]

    @api.private
    def _crossing(self, there=None):
        """The :class:`~sync_governance.core.security.transfers.Crossing` of its documents, or None.

        None as well while the company says no region: then nobody has begun to look at transfers.

        :param there: as :meth:`_regions`
        """
        self.ensure_one()
        source, target = self._regions(there)
        here = source if self.direction == "outbound" else target
        if self.direction == "internal" or not here or not self.document_type_id.personal_data or source == target:
            return None
        approved = self.env["sync.data.transfer"].sudo()  # sudo: what was decided holds for whoever asks
        approval = approved.search(
            [
                ("interface_id", "=", self.id),
                ("state", "=", "approved"),
                ("source_id", "=", source.id),
                ("target_id", "=", target.id),
            ],
            limit=1,
        )
        return Crossing(
            interface=self.code,
            source=source.name or None,
            target=target.name or None,
            outbound=self.direction == "outbound",
            until=approval.valid_until or None,
            kept=approval._places() if approval else (),
        )

    def action_ask_transfer(self):
        """A draft of the approval that its documents need."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Data transfer"),
            "res_model": "sync.data.transfer",
            "view_mode": "form",
            "context": {"default_interface_id": self.id},
        }
