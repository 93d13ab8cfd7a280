"""What an interface says about its documents, read once and kept until the configuration changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from odoo import api, models
from odoo.tools import ormcache

from ...core.faults import Fault


@dataclass(frozen=True, slots=True)
class InterfaceProfile:
    """``contract`` is a compiled validator, ``mapping`` a compiled mapping; the ids beside them are what a message is
    stamped with. ``request``: method and address of its requests, where they depend on the document
    (:class:`~sync_governance.core.delivery.request_lines.RequestLine`), or None. ``gates`` are ids. ``rehearses``: what
    it brings has no effect, see ``rehearsal.py``. ``sunset`` is
    the last day (UTC) of a contract that ends, ``successor`` what comes after it. ``crossing``: of personal data from
    one data region to another (:class:`~sync_governance.core.security.transfers.Crossing`), or None. ``event_form`` is
    the form in which documents leave, see ``core.delivery.cloudevents.enclosed``; ``thin``: only that it happened, and
    where it is read. ``reply``: what takes the answers to what it sends (``replying.Reply``), or None; ``replies``: it
    takes such answers itself; ``keeps_late``: one that comes after a fallback changes nothing. Of what leaves, at most
    so many documents stand ``together`` in one file.
    """

    id: int
    code: str
    direction: str
    document_type: str
    document_type_id: int
    company_id: int
    trading_partner_id: int
    user_id: int
    codec: str
    environment: str
    handler: str | None
    milestone: str | None
    contract: Any
    contract_id: int | None
    mapping: Any
    mapping_id: int | None
    policy: Any
    policy_id: int | None
    head_policy: str
    acknowledgement: str
    gates: tuple[int, ...]
    rehearses: bool
    test_flag: tuple | None
    sunset: date | None = None
    successor: str | None = None
    confidential: bool = False
    request: Any = None
    event_form: str = "document"
    thin: bool = False
    codec_options: str = ""
    crossing: Any = None
    edi: Any = None
    awaits: tuple[tuple[str, float], ...] = ()
    reply: Any = None
    replies: bool = False
    keeps_late: bool = False
    together: int = 1


class SyncEngine(models.AbstractModel):
    _inherit = "sync.engine"

    @api.model
    @api.private
    @ormcache("interface_id")
    def _profile(self, interface_id):
        """The profile of an interface that may run. Whatever changes the answer clears the registry's cache.

        :raises Fault: ``engine.configuration`` when it may not; that answer is never kept
        """
        record = self.env["sync.interface"].sudo().browse(interface_id)  # sudo: configuration, the same for everybody
        if missing := record._why_not_runnable():
            raise Fault(
                "engine.configuration",
                f"The interface {record.code} cannot run: " + " ".join(missing),
                subject=f"interface {record.code}",
            )
        return self._profile_of(record)

    @api.model
    @api.private
    def _profile_of(self, record):
        """The profile of an interface, whether it may run or not: for trials."""
        endpoint, policy = record.endpoint_id, record.policy_id
        sunset, successor = record.contract_id._ending()
        return InterfaceProfile(
            id=record.id,
            code=record.code,
            direction=record.direction,
            document_type=record.document_type_id.code,
            document_type_id=record.document_type_id.id,
            company_id=record.company_id.id,
            trading_partner_id=endpoint.trading_partner_id.id,
            user_id=endpoint.user_id.id,
            codec=endpoint.codec,
            environment=endpoint.environment,
            handler=record.handler or None,
            milestone=record.milestone or None,
            contract=record.contract_id._validator() if record.contract_id else None,
            contract_id=record.contract_id.id or None,
            mapping=record.mapping_id._compiled() if record.mapping_id else None,
            mapping_id=record.mapping_id.id or None,
            policy=policy._retry_policy(),
            policy_id=policy.id or None,
            head_policy=policy.head_policy,
            acknowledgement=policy.acknowledgement,
            gates=tuple(policy.gate_ids.ids),
            rehearses=record._rehearses(),
            test_flag=None if record.replies_to_id else endpoint._test_flag(),
            sunset=sunset,
            successor=successor,
            confidential=record._is_confidential(),
            request=record._request_line(),
            event_form=endpoint.event_form,
            thin=record.event_content == "thin",
            codec_options=endpoint.codec_options or "",
            crossing=record._crossing(),
            edi=endpoint._edi_identity(acknowledge=bool(policy.await_syntax_hours)),
            awaits=policy._awaited_levels(),
            reply=record._reply_profile(),
            replies=bool(record.replies_to_id),
            keeps_late=record.replies_to_id.policy_id.late_answer == "kept",
            together=endpoint._leaving_together(),
        )
