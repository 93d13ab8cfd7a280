"""A live interface for orders whose handler does as the test says, for tests of exceptions and of the exchange room."""

import hashlib
import json
import uuid
from unittest.mock import patch

from ..core.canonical import catalogue
from ..core.faults import Fault
from ..core.work import Done, Effect
from ..models.exchange.storing import Incoming
from .common import SyncCase


class ExceptionCase(SyncCase):
    """``self.answer`` is what becomes of the next orders: a function of the work, by default Done."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sales = cls.person("sam.sales", "group_operator_sales")
        cls.finance = cls.person("fay.finance", "group_operator_finance")
        cls.warehouse = cls.person("will.warehouse", "group_operator_warehouse")
        cls.viewer = cls.person("vic.viewer", "group_viewer")
        cls.shop = cls.env["sync.trading.partner"].create(
            {
                "name": "Web shop",
                "code": "web-shop",
                "kind": "shop",
                "environment": "production",
                "technical_owner_id": cls.author.id,
            }
        )
        agent = (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": "Agent",
                    "login": "sync.agent.exceptions",
                    "group_ids": [(4, cls.env.ref("sync_governance.group_agent").id)],
                }
            )
        )
        cls.endpoint = cls.env["sync.endpoint"].create(
            {
                "name": "Orders of the shop",
                "code": "exception-orders",
                "trading_partner_id": cls.shop.id,
                "key_source": "pointer",
                "key_value": "/number",
                "topic_source": "constant",
                "topic_value": "order",
                "user_id": agent.id,
            }
        )
        level = cls.env["sync.service.level"].create({"code": "orders", "name": "Orders", "resolve_hours": 4})
        retention = cls.env["sync.retention"].create({"code": "orders", "name": "Orders"})
        cls.policy = cls.env["sync.policy"].create(
            {
                "code": "orders",
                "name": "Orders",
                "domain": "sales",
                "service_level_id": level.id,
                "retention_id": retention.id,
            }
        )
        cls.interface = cls.env["sync.interface"].create(
            {
                "code": "orders",
                "name": "Orders",
                "endpoint_id": cls.endpoint.id,
                "policy_id": cls.policy.id,
                "topic": "order",
                "document_type_id": cls.env["sync.document.type"]._id_of("order.create"),
                "owner_id": cls.sales.id,
            }
        )
        cls._take_all_live()
        # A contract and approvals are not what these tests are about.
        cls.startClassPatcher(patch.object(cls.registry["sync.interface"], "_why_not_runnable", lambda self: []))
        handler = cls.registry["sync.handler.order.create"]
        cls.startClassPatcher(patch.object(handler, "_apply_one", lambda _handler, work: cls.answer(work)))

    def setUp(self):
        super().setUp()
        type(self).answer = staticmethod(lambda work: self.done(work))

    @classmethod
    def _take_all_live(cls):
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE sync_trading_partner SET state = 'live' WHERE id = %s", [cls.shop.id])
        cls.env.cr.execute("UPDATE sync_endpoint SET state = 'live' WHERE id = %s", [cls.endpoint.id])
        cls.env.cr.execute("UPDATE sync_interface SET state = 'live' WHERE id = %s", [cls.interface.id])
        cls.env.invalidate_all()
        cls.registry.clear_cache()

    @classmethod
    def person(cls, login, *groups):
        """A user with these groups of the module."""
        return (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": login.replace(".", " ").title(),
                    "login": login,
                    "email": f"{login}@example.com",
                    "group_ids": [(4, cls.env.ref(f"sync_governance.{group}").id) for group in groups],
                }
            )
        )

    # -- orders ------------------------------------------------------------------------------------------------------

    def order(self, number, key=None):
        """The message of a new order, before the engine has seen it; ``key`` is its ordering key, else its number."""
        document = catalogue()["order.create"].examples[0] | {"number": number}
        raw = json.dumps(document, default=str).encode()
        profile = self.env["sync.endpoint"]._intake_profile(self.endpoint.code)
        with self.engine_cursors():
            document = Incoming(
                raw=raw,
                sha256=hashlib.sha256(raw).hexdigest(),
                sender_key=uuid.uuid4().hex,
                topic="order",
                lane_key=key or number,
                interface_id=self.interface.id,
                document_type_id=self.interface.document_type_id.id,
                pool="standard",
                headers='{"content-type": "application/json"}',
                remote_address="127.0.0.1",
                credential_id=None,
            )
            (receipt,) = self.env["sync.intake"]._store(profile, [document])
        return self.message(receipt)

    def orders_that(self, outcome, *numbers):
        """Orders that end with ``outcome`` (a function of the work), worked by the engine."""
        type(self).answer = staticmethod(outcome)
        messages = self.env["sync.message"].browse(id_ for number in numbers for id_ in self.order(number).ids)
        self.run_engine()
        return messages

    def done(self, work):
        """The order was applied."""
        return Done(
            effects=[Effect("created", "res.partner", self.company.partner_id.id, "S1")], reference=work.reference
        )

    @staticmethod
    def unknown_product(*skus):
        """Orders ask for products that nobody knows."""

        def answer(work):
            causes = [
                Fault(
                    "apply.product_unknown",
                    f"Line {n}: the product {sku} is not known.",
                    pointer=f"/lines/{n - 1}/item",
                    found=sku,
                    subject=f"product {sku}",
                )
                for n, sku in enumerate(skus, 1)
            ]
            raise Fault(
                "apply.product_unknown",
                f"Order {work.reference} asks for {', '.join(skus)}.",
                reference=work.reference,
                subject=f"product {', '.join(skus)}",
                causes=causes,
            )

        return answer

    @staticmethod
    def fails(code, subject="", detail="It does not go."):
        """Orders meet this fault."""

        def answer(_work):
            raise Fault(code, detail, subject=subject)

        return answer
