"""What people ask of the engine about messages."""

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .request import starting_point

# Beyond what a failed document's owner may do: whoever asks steers the traffic of a whole domain.
STEERING = ("hold", "release_held", "bring_forward", "replay")
SELECTABLE = 20_000
"""The web client names at most so many selected records; who selected all of more means the filter."""


class SyncMessage(models.Model):
    _inherit = "sync.message"

    def action_retry(self):
        """Ask the engine to take these messages up again at their place in the lane."""
        return self._ask_and_tell("retry")

    def action_cancel(self):
        """Ask the engine to drop these messages; what waits behind them goes on."""
        return self._ask_and_tell("cancel")

    def action_release_held(self):
        """Ask the engine to let held messages go on."""
        return self._ask_and_tell("release_held")

    def action_bring_forward(self):
        """Ask the engine to work the lines of these messages before all others, until they have run empty."""
        return self._ask_and_tell("bring_forward")

    def action_give_up(self):
        """Ask why, then drop these messages."""
        return self._open_request("cancel", self.env._("Cancel documents"))

    def action_hold(self):
        """Ask why, then hold these messages."""
        return self._open_request("hold", self.env._("Hold documents"))

    def action_replay(self):
        """Ask from where, look what would happen, then process these messages anew."""
        return self._open_request("replay", self.env._("Replay documents"))

    def _ask_and_tell(self, kind):
        """Ask for those of these messages for which there is something to do, and say for how many that is."""
        meant = self
        if self._all_selected() is None:
            meant = self.filtered_domain(starting_point(kind)) or self
        meant._ask(kind)
        if len(meant) == len(self):
            told = self.env._("%(what)s: asked for. It happens in a moment.", what=self._kind_in_words(kind))
        else:
            told = self.env._(
                "%(what)s: asked for %(some)s of %(all)s documents. For the others there is nothing to do.",
                what=self._kind_in_words(kind),
                some=len(meant),
                all=len(self),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": told,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _kind_in_words(self, kind):
        return dict(self.env["sync.command"]._fields["kind"]._description_selection(self.env))[kind]

    def _open_request(self, kind, title):
        domain = self._all_selected()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "sync.message.request",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_kind": kind,
                "default_selection": "filter" if domain is not None else "selected",
                "default_domain": str(domain) if domain is not None else "[]",
                "default_message_ids_text": ",".join(map(str, [] if domain is not None else self.ids)),
            },
        }

    def _all_selected(self):
        """The filter of the list when all that match it are meant; None when the records themselves are."""
        domain = self.env.context.get("active_domain")
        return domain if domain is not None and len(self) >= SELECTABLE else None

    def _ask(self, kind, *, domain=None, total=None, reason=None, **options):
        """Give the request to the engine: for these messages, or for all that match ``domain``. Returns its id.

        :raises UserError: when there is nothing to do for one of these messages
        :raises AccessError: when the user may not ask for it
        """
        # Who may work exceptions may ask; of a message that has one, only who may work that one.
        self.env["sync.exception"].check_access("write")
        if domain is None and (everything := self._all_selected()) is not None:
            domain, total = everything, self.search_count(Domain(everything) & starting_point(kind))
        if domain is None:
            self.check_access("read")
            self.exception_id.check_access("write")
            self._check_startable(kind)
            self._check_steerable(kind)
            return self.env["sync.command"]._give(kind, message_ids=self.ids, reason=reason, **options)
        # Each chunk is searched with the rights of the asker; what he may not steer is not found.
        return self.env["sync.command"]._give(kind, domain=list(Domain(domain)), total=total, reason=reason, **options)

    def _check_startable(self, kind):
        wrong = self - self.filtered_domain(starting_point(kind))
        if wrong:
            raise UserError(
                self.env._(
                    "%(document)s: nothing to do, the state is “%(state)s”.",
                    document=wrong.display_name,
                    state=wrong._states_in_words(),
                )
                if len(wrong) == 1
                else self.env._(
                    "There is nothing to do for %(count)s of these documents; their state is %(states)s.",
                    count=len(wrong),
                    states=wrong._states_in_words(),
                )
            )

    def _states_in_words(self):
        words = dict(self._fields["state"]._description_selection(self.env))
        return ", ".join(word for state, word in words.items() if state in self.mapped("state"))

    def _check_steerable(self, kind):
        beyond = self - self.filtered_domain(self._steerable(kind))
        if beyond:
            raise AccessError(
                self.env._(
                    "%s: only operators of its domain and integration managers can ask for this.",
                    beyond[0].display_name,
                )
            )

    @api.model
    def _steerable(self, kind):
        """The messages about which the user may ask for ``kind``, as a domain.

        Holding, releasing, bringing forward and replaying are for the operators of a document's domain and for
        integration managers; what is of no known kind is of the domain integration.
        """
        if kind not in STEERING or self.env.su or self.env.user.has_group("sync_governance.group_manager"):
            return Domain.TRUE
        mine = self.env["sync.exception"]._my_domains()
        domain = Domain("document_type_id.domain", "in", mine)
        return domain | Domain("document_type_id", "=", False) if "integration" in mine else domain

    # -- what business code asks for ------------------------------------------------------------------------------

    @api.model
    def _release_waiting(self, wait_type, refs):
        """Release what is parked for (``wait_type``, one of ``refs``) when this transaction commits."""
        if refs:
            self.env["sync.command"]._give("release", wait_type=wait_type, refs=[str(ref) for ref in refs])
