"""Receive: files and interchanges of several documents."""

import hashlib
import json

from odoo import api, models

from ...core import queue
from ...core.codecs import codec, read_one
from ...core.delivery.envelopes import Envelope
from ...core.faults import Fault
from . import filing
from .sealing import ring_of
from .storing import LOCK_SECONDS, Incoming, store
from .trip import request_cursor
from .wake import WHO_IS_THERE


class SyncIntake(models.AbstractModel):
    _inherit = "sync.intake"

    def _receive_parts(self, profile, pieces, sent):
        """Store the documents of one file, in their order and in one transaction; see :func:`.interchange.opened`.

        :return: for each document, and for each fault of the file, how it is called and a Receipt or a Fault
        """
        documents = sum(piece.raw is not None for piece in pieces)
        if documents > 1:
            self.env["sync.gauge"]._admit(profile, documents - 1)
        taken = self._taken_apart(profile, pieces, sent, 1)
        with request_cursor(self.env, then=WHO_IS_THERE, lock_seconds=LOCK_SECONDS, many=True) as cr:
            receipts = self._store_parts(cr, profile, taken, sent)
            self._used(cr, sent.verdict.credential_id)
        self.env["sync.engine"]._wake(cr.seen)
        for piece, one in taken:
            if isinstance(one, Fault):
                self._keep_rejection(profile, piece.raw or sent.raw, sent.headers, sent.remote_address, one)
        receipts = iter(receipts)
        return [(piece.called, one if isinstance(one, Fault) else next(receipts)) for piece, one in taken]

    def _receive_file(self, profile, sent):
        """Store one file whose documents are too many for one transaction: the engine opens it. Returns its Receipt."""
        with request_cursor(self.env, then=WHO_IS_THERE, lock_seconds=LOCK_SECONDS) as cr:
            receipt = self._store_whole(cr, profile, sent)
            self._used(cr, sent.verdict.credential_id)
        self.env["sync.engine"]._wake(cr.seen)
        return receipt

    @api.private
    def _store_parts(self, cr, profile, taken, sent):
        """Store what was taken apart, and the file it was in; a Receipt for each :class:`Incoming` of ``taken``."""
        incoming = [one for _piece, one in taken if isinstance(one, Incoming)]
        refused = [(piece.place, one) for piece, one in taken if isinstance(one, Fault)]
        documents = sum(piece.raw is not None for piece, _one in taken)
        receipts = store(cr, profile, incoming) if incoming else []
        repeated = sum(receipt.repeated for receipt in receipts)
        if repeated < documents:  # else all of it is known
            file_id = filing.next_file(cr)
            filing.keep_file(
                cr,
                profile,
                file_id,
                filing.keep_whole(cr, profile, sent),
                documents=documents,
                repeated=repeated,
                refused=len(refused),
                faults=filing.told(refused),
                opened=True,
            )
            filing.keep_places(cr, file_id, incoming)
        return receipts

    @api.private
    def _store_whole(self, cr, profile, sent):
        """Store a file that the engine opens, its bytes in blocks; its Receipt."""
        document = Incoming(
            raw=sent.raw,
            sha256=sent.sha256,
            sender_key=sent.key,
            topic=None,
            lane_key=queue.UNOPENED,
            interface_id=None,
            document_type_id=None,
            pool="standard",
            headers=sent.kept,
            remote_address=sent.remote_address,
            credential_id=sent.verdict.credential_id,
            whole=True,
        )
        # Which of its documents are confidential is not known yet.
        ring = None if profile["plain_topics"] is None else ring_of(self.env)
        (receipt,) = store(cr, profile, [document])
        if not receipt.repeated:
            filing.keep_blocks(cr, ring, profile, document.transmission_id, sent.raw)
            filing.keep_file(
                cr,
                profile,
                filing.next_file(cr),
                document.transmission_id,
                message_id=receipt.message_id,
                scopes=json.dumps(sorted(sent.verdict.scopes)),
                opened=False,
            )
        return receipt

    @api.private
    def _taken_apart(self, profile, pieces, sent, number):
        """Each piece with the :class:`Incoming` that is stored of it, or the Fault for which nothing is.

        :param number: of the first of the pieces among the documents of its file
        """
        found = []
        for piece in pieces:
            try:
                if piece.raw is None:
                    raise piece.faults[0]
                found.append((piece, self._incoming(profile, piece, sent, number)))
            except Fault as refused:
                found.append((piece, refused))
            number += piece.raw is not None
        return found

    def _incoming(self, profile, piece, sent, number):
        document = piece.document if piece.document is not None else self._peek(profile, piece.raw, piece.place)
        key = f"sha256:{hashlib.sha256(piece.raw).hexdigest()}" if piece.own_key else f"{sent.key}/{number}"
        own = document is not None and filing.named_by_sender(profile, {}, document)
        envelope = Envelope(piece.raw, id=own or key, topic=sent.topic, key=sent.lane)
        incoming = self._document(
            profile, envelope, sent.headers, sent.remote_address, sent.verdict, sent.kept, document=document
        )
        incoming.place, incoming.fault = piece.place, _only_in_its_file(profile, piece)
        incoming.patience = 0
        incoming.timing = self._timing(profile, incoming.interface_id)
        return incoming


def _only_in_its_file(profile, piece):
    """The fault of a document that nobody would find in its own bytes; None where there is none."""
    if not piece.faults:
        return None
    try:
        read_one(codec(profile["codec"], profile["codec_options"]), piece.raw, piece.place)
    except Fault:
        return None
    return piece.faults[0]
