"""Documents that wait too long: the owner of the interface is told before they are late, once."""

from datetime import timedelta

from odoo import api, models

DUE = "interface.watch"
CODE = "engine.service_level"
WARN_AT = 0.8
"""The share of the time of a service level after which what waits is told of."""
BEAT_SECONDS = 5
"""Looks fall on this beat, so that one statement looks at all interfaces: it reads everything that waits."""
AGAIN_SECONDS = 60.0
"""While documents are late it is looked at this often whether that is over."""


class SyncInterface(models.Model):
    _inherit = "sync.interface"

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"policy_id", "active"}:
            self._schedule_watch()
        return result

    def _step(self, state):
        result = super()._step(state)
        self._schedule_watch()
        return result

    @api.private
    def _target_seconds(self):
        """How long its documents may take, of its service level; 0: as long as they like."""
        self.ensure_one()
        level = self.policy_id.service_level_id
        return (level.delivered_seconds if self.direction == "outbound" else level.applied_seconds) or 0

    def _schedule_watch(self):
        watched = self.filtered(lambda i: i.state == "live" and i.active and i._target_seconds())
        now = self.env.cr.now()
        self.env["sync.due"]._cancel(DUE, (self - watched).ids)
        self.env["sync.due"]._schedule(
            DUE,
            [
                (i.id, i.company_id.id, _on_the_beat(now + timedelta(seconds=i._target_seconds() * WARN_AT)))
                for i in watched
            ],
        )

    @api.private
    def _watch(self):
        """Look at the oldest document that waits for each; returns when to look again: rows (id, company id, time)."""
        watched = self.filtered(lambda i: i.state == "live" and i.active and i._target_seconds())
        self.env.cr.execute(
            """SELECT interface_id, min(created_at) FROM sync_message
                WHERE state = 'ready' AND interface_id = ANY(%s) GROUP BY interface_id""",
            [watched.ids],
        )
        oldest = dict(self.env.cr.fetchall())
        self.env.cr.execute("SELECT now() AT TIME ZONE 'UTC'")
        now = self.env.cr.fetchone()[0]
        told = self.env["sync.exception"].search(
            [("code", "=", CODE), ("is_open", "=", True), ("interface_id", "in", watched.ids)]
        )
        open_for = {exception.interface_id: exception for exception in told}
        return [
            (i.id, i.company_id.id, _on_the_beat(max(i._look(now, oldest.get(i.id), open_for.get(i)), now)))
            for i in watched
        ]

    def _look(self, now, since, told):
        """Tell, or close what was told; returns when to look again."""
        target = timedelta(seconds=self._target_seconds())
        if since is None or now < since + target * WARN_AT:
            if told:
                self.env["sync.exception"]._over(
                    CODE,
                    subject=self._watch_subject(),
                    company=self.company_id,
                    interface=self,
                    note=self.env._("Its documents are in time again."),
                )
            return since + target * WARN_AT if since else now + target * WARN_AT
        late_at = since + target
        if now < late_at:
            if not told:
                self._tell(self.env._("will be late at %s UTC", _shown(late_at)), since)
            return late_at
        if not told or told.last_seen_at < late_at.replace(microsecond=0):
            self._tell(self.env._("is late since %s UTC", _shown(late_at)), since)
        return now + timedelta(seconds=AGAIN_SECONDS)

    def _tell(self, how, since):
        self.env["sync.exception"]._open(
            CODE,
            detail=self.env._(
                "A document waits since %(since)s UTC and %(how)s: the service level asks for %(seconds)s seconds.",
                since=_shown(since),
                how=how,
                seconds=self._target_seconds(),
            ),
            subject=self._watch_subject(),
            company=self.company_id,
            document=self.name,
            document_domain=self.domain,
            trading_partner=self.trading_partner_id,
            endpoint=self.endpoint_id,
            interface=self,
        )

    def _watch_subject(self):
        return f"interface {self.code}"


def _on_the_beat(moment):
    """The next beat after ``moment``."""
    past = timedelta(seconds=moment.second % BEAT_SECONDS, microseconds=moment.microsecond)
    return moment - past + timedelta(seconds=BEAT_SECONDS)


def _shown(moment):
    return moment.strftime("%Y-%m-%d %H:%M:%S")


class SyncDueWatch(models.AbstractModel):
    """The next look at what waits at an interface with a service level."""

    _name = "sync.due.interface.watch"
    _description = "Look at what waits at an interface"
    _inherit = ["sync.due.kind"]
    _kind = DUE
    _title = "Do documents wait too long?"
    _about = "sync.interface"

    @api.model
    @api.private
    def _due(self, due_times):
        interfaces = self.env["sync.interface"].with_context(tracking_disable=True, mail_auto_subscribe_no_notify=True)
        interfaces = interfaces.browse([due.res_id for due in due_times]).exists()
        self.env["sync.due"]._schedule(DUE, interfaces._watch())
