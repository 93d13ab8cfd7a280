"""Receive, of what we fetched ourselves: its transport has shown from whom it is, and nobody waits for an answer."""

from dataclasses import dataclass
from typing import Any

from odoo import api, models

from ...core.delivery.envelopes import Envelope
from ...core.faults import Fault
from ..partner.caller import Verdict
from .cursor import read_committed
from .filing import Sent
from .interchange import TOO_MANY, opened
from .storing import store
from .wake import WHO_IS_THERE


class SyncIntake(models.AbstractModel):
    _inherit = "sync.intake"

    @api.model
    @api.private
    def _fetching(self, code):
        """The profile of a polled endpoint that takes in just now.

        :raises Fault: ``receive.not_in_use``, ``receive.wrong_environment``, ``receive.endpoint_not_live``
        """
        if self.env["sync.production"]._standing().reason:
            raise Fault("receive.not_in_use", "This database is not in use for exchange.", subject="database")
        profile = self.env["sync.endpoint"].sudo()._intake_profile(code)  # sudo: the engine reads configuration
        if profile is None or not profile["live"]:
            raise Fault("receive.endpoint_not_live", "This endpoint is not live.", subject=f"endpoint {code}")
        self._refuse_other_environment(profile)
        return profile

    @api.model
    @api.private
    def _take_over(self, profile, items, credential_id, look):
        """Store what was fetched in one transaction; says of each item whether it was known, or its fault for good.

        :param items: :class:`~.collecting.Received`, changed in place
        :param look: the :class:`~.polling.Look` they come from; how far it got is kept in the same transaction
        :return: False when the look is not ours any more: then nothing was stored
        :raises Fault: what is refused for now; nothing was stored
        """
        verdict = Verdict(credential_id, frozenset({"write"}), "fetched")
        taken = []
        for item in items:
            if item.fault is None:
                try:
                    taken.append(self._looked_into(profile, item, verdict))
                except Fault as fault:
                    if not is_for_good(fault):
                        raise
                    item.fault = fault
        if documents := sum(one.documents for one in taken):
            self.env["sync.gauge"]._admit(profile, min(documents, profile["rate_per_minute"] or documents))
        with read_committed(self.env.registry) as cr:
            if not look.hold(cr):
                return False
            for one in taken:
                receipts = self._store_item(cr, profile, one)
                one.item.repeated = bool(receipts) and all(receipt.repeated for receipt in receipts)
            self._used(cr, credential_id)
            look.keep(cr, items)
            cr.execute(WHO_IS_THERE)
            seen = cr.fetchall()
        for one in taken:
            for piece, fault in one.refused():
                # What is wrong with a part of a file: the others are taken, and a person is told.
                self._keep_rejection(profile, piece.raw or one.sent.raw, one.sent.headers, None, fault)
        self.env["sync.engine"]._wake(seen)
        return True

    def _looked_into(self, profile, item, verdict):
        """What is stored of one item, as :class:`Contents`.

        :raises Fault: for which nothing of it is taken
        """
        if too_large := self._too_large(profile, item.body):
            raise too_large
        sent = Sent.of(profile, item.body, item.headers, None, verdict)
        sent.key, sent.topic, sent.lane = item.id or f"sha256:{sent.sha256}", item.topic, item.key
        pieces = opened(profile["codec"], profile["codec_options"], item.body)
        if pieces is TOO_MANY:
            return Contents(item, sent)
        if pieces:
            return Contents(item, sent, parts=self._taken_apart(profile, pieces, sent, 1))
        envelope = Envelope(item.body, id=sent.key, topic=item.topic, key=item.key)
        document = self._document(profile, envelope, item.headers, None, verdict, sent.kept)
        document.timing = self._timing(profile, document.interface_id)
        return Contents(item, sent, single=document)

    def _store_item(self, cr, profile, contents):
        """Store it, and acknowledge the interchanges in it; the receipts of its documents."""
        if contents.single:
            receipts = store(cr, profile, [contents.single])
        elif contents.parts is not None:
            receipts = self._store_parts(cr, profile, contents.parts, contents.sent)
        else:
            receipts = [self._store_whole(cr, profile, contents.sent)]
        uids = [receipt.message_uid for receipt in receipts]
        several = contents.parts is not None
        self._acknowledge(cr, profile, contents.sent.raw, contents.sent.sha256, uids, several)
        return receipts


@dataclass(slots=True)
class Contents:
    """What one :class:`~.collecting.Received` holds: a single document; or parts of a file, pairs of a piece with its
    :class:`~.storing.Incoming` or the Fault for which nothing is stored of it; or neither: a file that is opened later.
    """

    item: Any
    sent: Sent
    single: Any = None
    parts: list | None = None

    @property
    def documents(self):
        """How many documents are stored, as far as it is known."""
        return 1 if self.parts is None else sum(not isinstance(one, Fault) for _piece, one in self.parts)

    def refused(self):
        """Pairs of a piece and its fault."""
        return [(piece, one) for piece, one in self.parts or () if isinstance(one, Fault)]


def is_for_good(fault):
    """Whether the same thing will be refused again tomorrow: then it is set aside, and a person is told."""
    return fault.blame == "document" or (not fault.retryable and fault.code.startswith("authentication."))
