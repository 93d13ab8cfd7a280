"""What the stages share while they work on one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odoo import api

from ...core.faults import Fault
from ..partner.endpoint_profile import UNKNOWN

if TYPE_CHECKING:
    from .profile import InterfaceProfile


class Batch:
    """A view of the configuration in one transaction, for one batch of works.

    ``env`` is the environment of that transaction; configuration is read with superuser rights, because what an
    interface says does not depend on who runs it. Business records are changed only under :meth:`as_agent`.
    """

    def __init__(self, env: api.Environment) -> None:
        self.env = env
        self._interfaces: dict[int, InterfaceProfile] = {}

    def as_agent(self, interface: InterfaceProfile) -> Batch:
        """The same batch acting as the endpoint's own internal user, in the interface's company."""
        env = self.env(
            user=interface.user_id,
            su=False,
            context={
                "allowed_company_ids": [interface.company_id],
                "tracking_disable": False,
                "mail_notify_force_send": False,
                "lang": "en_US",
            },
        )
        agent = Batch(env)
        agent._interfaces = self._interfaces
        return agent

    def endpoint(self, endpoint_id: int):
        """The endpoint's record, readable by whoever runs the batch."""
        return self.env["sync.endpoint"].sudo().browse(endpoint_id)  # sudo: configuration, read only

    def interface(self, interface_id: int | None) -> InterfaceProfile:
        """:raises Fault: ``engine.configuration`` when the interface cannot run; ``*.transfer_not_approved``"""
        if interface_id is None:
            raise Fault(
                "receive.interface_unknown",
                "No interface takes this document.",
                subject="interface",
            )
        if interface_id not in self._interfaces:
            profile = self.env["sync.engine"]._profile(interface_id)
            # Here and not at a button: whatever works a document asks here, and an approval ends by itself.
            if refusal := profile.crossing and profile.crossing.refusal():
                raise refusal
            self._interfaces[interface_id] = profile
        return self._interfaces[interface_id]

    def by_interface(self, works):
        """Live works grouped by interface, in the order of their first."""
        groups: dict[int, list] = {}
        for work in works:
            if work.live:
                groups.setdefault(work.interface_id, []).append(work)
        for interface_id, group in groups.items():
            yield self.interface(interface_id), group

    def recognise(self, work) -> None:
        """Find the interface of a decoded document by its topic."""
        endpoint = self.endpoint(work.endpoint_id)
        profile = endpoint._intake_profile(endpoint.code)
        topic = endpoint._topic_from(profile, work.headers, work.document)
        interface_id = profile["interfaces"].get(topic, UNKNOWN).interface_id
        if not interface_id:
            raise Fault(
                "receive.interface_unknown",
                f"{endpoint.name} sent “{topic or 'a document without a topic'}”, and no live interface takes it.",
                subject=f"topic {topic} at {endpoint.code}",
            )
        work.interface_id = interface_id

    def contract(self, work):
        """The compiled contract for a work: its interface's, or of then where a replay asks for it; possibly None."""
        if not (work.replay and work.replay.pinned):
            return self.interface(work.interface_id).contract
        contracts = self.env["sync.contract"].sudo()  # sudo: configuration, read only
        record = contracts.browse(work.replay.contract_id or [])
        return record._validator() if record else None

    def mapping(self, work):
        """The compiled mapping for a work, as :meth:`contract`."""
        if not (work.replay and work.replay.pinned):
            return self.interface(work.interface_id).mapping
        mappings = self.env["sync.mapping"].sudo()  # sudo: configuration, read only
        record = mappings.browse(work.replay.mapping_id or [])
        return record._compiled() if record else None

    def lookup(self, interface: InterfaceProfile):
        """Cross-references as the mapping asks for them."""
        xref = self.env["sync.xref"].sudo()  # sudo: codes of this partner only, read only
        return xref._lookup_port(interface.trading_partner_id, interface.company_id, interface.user_id)

    def process(self, work):
        """The process of a work, possibly empty."""
        return self.env["sync.process"].sudo().browse(work.process_id or [])  # sudo: correlation, not business data

    def processes(self, works):
        """{message id: process, possibly empty}, read together."""
        processes = self.env["sync.process"].sudo()  # sudo: correlation, not business data
        together = sorted({work.process_id for work in works if work.process_id})
        return {work.message_id: processes.browse(work.process_id or []).with_prefetch(together) for work in works}

    def subject(self, work):
        """The business record an outbound or internal message is about, possibly None."""
        return self.subjects([work])[work.message_id]

    def subjects(self, works):
        """{message id: the business record it is about, or None}, read together; only records that still exist."""
        event_ids = sorted({work.event_id for work in works if work.event_id})
        events = self.env["sync.event"].sudo().browse(event_ids)  # sudo: names the records only
        about = {event.id: (event.res_model, event.res_id) for event in events if event.res_model and event.res_id}
        there = {}
        for model in {model for model, _id in about.values()}:
            ids = sorted({res_id for name, res_id in about.values() if name == model})
            records = self.env[model].sudo().browse(ids).exists()  # sudo: read only, for gates and the log
            there[model] = {record.id: record for record in records}
        found = {}
        for work in works:
            model, res_id = about.get(work.event_id, (None, None))
            found[work.message_id] = there[model].get(res_id) if model else None
        return found

    def ownership(self, interface: InterfaceProfile, document: dict):
        """What the ownership matrix makes of what this partner says; None when all of it may be applied."""
        return self.env["sync.ownership"]._decide(
            interface.document_type, document, interface.trading_partner_id, interface.company_id
        )

    def ownership_version(self, company_id: int) -> int:
        """The number of the ownership matrix in force; 0 while there is none."""
        return self.env["sync.ownership"]._current_version(company_id)
