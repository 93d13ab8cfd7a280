"""What the tests of partners, catalogue and governance share."""

import json

from .common import SyncCase

SCHEMA = json.dumps({"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}})
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class GovernanceCase(SyncCase):
    """A company with two partners in the making, and one person per group."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order_type = cls.env["sync.document.type"].search([("code", "=", "order.create")])
        cls.viewer = cls.person("vera.viewer", "group_viewer")
        cls.officer = cls.person("oscar.officer", "group_security_officer")
        cls.manager = cls.person("mara.manager", "group_manager")
        cls.sales_operator = cls.person("olga.operator", "group_operator_sales")
        cls.sales_approver = cls.person("saul.approver", "group_approver_sales")
        cls.finance_approver = cls.person("fay.approver", "group_approver_finance")

    @classmethod
    def person(cls, login, *groups):
        """A user with these groups of the addon and no other rights."""
        return (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": login,
                    "login": login,
                    "email": f"{login}@example.com",
                    "group_ids": [(6, 0, [cls.env.ref(f"sync_governance.{group}").id for group in groups])],
                }
            )
        )

    def as_manager(self, model):
        return self.env[model].with_user(self.manager)

    def partner(self, code="northwind", **values):
        return self.as_manager("sync.trading.partner").create(
            {
                "name": code.title(),
                "code": code,
                "kind": "shop",
                "business_owner_id": self.manager.id,
                "technical_owner_id": self.manager.id,
                **values,
            }
        )

    def endpoint(self, partner, code="northwind-orders", **values):
        return self.as_manager("sync.endpoint").create(
            {
                "name": "Orders",
                "code": code,
                "trading_partner_id": partner.id,
                "direction": "inbound",
                "authentication": "standard_webhooks",
                "key_source": "pointer",
                "key_value": "/id",
                "topic_source": "pointer",
                "topic_value": "/type",
                **values,
            }
        )

    def credential(self, endpoint, secret=SECRET, **values):
        return (
            self.env["sync.credential"]
            .with_user(self.officer)
            .create({"name": "Secret", "endpoint_id": endpoint.id, "secret_input": secret, **values})
        )

    def contract(self, code="northwind.order", **values):
        return self.as_manager("sync.contract").create(
            {"code": code, "name": "Order", "document_type_id": self.order_type.id, "schema": SCHEMA, **values}
        )

    def mapping(self, code="northwind.order.create", rules=None, **values):
        document = {
            "mapping": code,
            "target": "order.create",
            "rules": rules or [{"to": "number", "from": "id", "convert": ["text"]}],
        }
        return self.as_manager("sync.mapping").create(
            {
                "code": code,
                "name": "Order",
                "document_type_id": self.order_type.id,
                "document": json.dumps(document),
                **values,
            }
        )

    def policy(self, code="northwind.orders", **values):
        level = self.as_manager("sync.service.level").create({"code": code, "name": "Orders"})
        retention = self.as_manager("sync.retention").create({"code": code, "name": "Orders"})
        return self.as_manager("sync.policy").create(
            {
                "code": code,
                "name": "Orders",
                "domain": "sales",
                "service_level_id": level.id,
                "retention_id": retention.id,
                **values,
            }
        )

    def approved(self, version):
        version.action_submit()
        version.with_user(self.sales_approver).action_approve()
        return version

    def interface(self, endpoint, **values):
        return self.as_manager("sync.interface").create(
            {
                "code": "northwind.orders",
                "name": "Orders",
                "endpoint_id": endpoint.id,
                "document_type_id": self.order_type.id,
                "topic": "orders/create",
                "owner_id": self.manager.id,
                **values,
            }
        )
