"""Endpoints that exchange documents through a message broker: RabbitMQ or Kafka."""

import importlib.util
import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...core.delivery import amqp, kafka
from ...core.delivery.brokers import BrokerTarget, name_problem
from ...core.faults import Fault
from .endpoint_encryption import plain_networks

CARRIERS = [("amqp", "RabbitMQ"), ("kafka", "Kafka")]
# Whatever speaks to the broker: the packages of which one must be installed.
LIBRARIES = {"amqp": ("pika",), "kafka": ("kafka",)}
PACKAGES = {"amqp": "pika", "kafka": "kafka-python"}


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    carrier = fields.Selection(selection_add=CARRIERS, ondelete={name: "cascade" for name, _label in CARRIERS})
    transport = fields.Selection(selection_add=CARRIERS, ondelete={name: "cascade" for name, _label in CARRIERS})
    broker_url = fields.Char(
        string="Broker",
        tracking=True,
        help="RabbitMQ: amqps://broker.example/virtual-host. Kafka: kafkas://broker.example:9093, several with commas"
        " between. Without the s at the end of the scheme the connection is plain, which production does not allow."
        " Name each host with its port among the allowed private hosts too. User and password are a credential.",
    )
    amqp_exchange = fields.Char(
        string="Exchange",
        tracking=True,
        help="Where documents are published. It must exist, and a queue must be bound to it: a document that no queue"
        " takes is not delivered.",
    )
    amqp_routing_key = fields.Char(
        string="Routing key",
        tracking=True,
        default="{type}",
        help="In braces: {type} is the kind of document, {key} its ordering key, {endpoint} and {partner} the codes of"
        " both. Example: orders.{type}",
    )
    amqp_queue = fields.Char(
        string="Queue",
        tracking=True,
        help="The queue that documents are taken from. Give it a dead-letter exchange: what can never be taken over is"
        " rejected, and without one RabbitMQ drops what is rejected.",
    )
    kafka_topic = fields.Char(
        string="Topic",
        tracking=True,
        help="Where documents are written to or read from. When we write, {type}, {key}, {endpoint} and {partner} may"
        " stand in it. Documents of one ordering key go to one partition.",
    )
    kafka_group = fields.Char(
        string="Consumer group",
        tracking=True,
        help="Under this name Kafka remembers how far we have read; nobody else may use it. Another name reads"
        " everything again; what is known is recognised.",
    )
    kafka_mechanism = fields.Selection(
        [("PLAIN", "Plain (over TLS)"), ("SCRAM-SHA-256", "SCRAM-SHA-256"), ("SCRAM-SHA-512", "SCRAM-SHA-512")],
        string="Log in by",
        default="PLAIN",
        help="How user and password are shown to Kafka (SASL).",
    )
    kafka_idempotent = fields.Boolean(
        string="Idempotent producer",
        default=True,
        tracking=True,
        help="What is written is numbered, so that the cluster drops a repeat of the connection by itself. Switch it"
        " off only for a broker that does not know it: then a repeat is recognised by its message id alone.",
    )
    kafka_version = fields.Char(
        string="Protocol version",
        tracking=True,
        help="Such as 2.1, for a broker that cannot be asked which versions it speaks. Empty: it is asked.",
    )
    broker_hint = fields.Char(compute="_compute_broker_hint")

    @api.depends("carrier")
    def _compute_broker_hint(self):
        for endpoint in self:
            endpoint.broker_hint = endpoint._library_problem()

    def _library_problem(self):
        """What to install before this server can speak to the broker, or False."""
        names = LIBRARIES.get(self.carrier)
        if not names or any(is_installed(name) for name in names):
            return False
        return self.env._(
            "This server cannot speak to %(broker)s yet: ask its administrator to install the Python package"
            " %(package)s and to restart Odoo.",
            broker=dict(CARRIERS)[self.carrier],
            package=PACKAGES[self.carrier],
        )

    def _missing(self):
        missing = super()._missing()
        if self.carrier not in LIBRARIES:
            return missing
        if problem := self._library_problem():
            missing.append(problem)
        if not self.broker_url:
            missing.append(self.env._("The address of the broker"))
        if self.carrier == "amqp" and self.direction == "inbound" and not self.amqp_queue:
            missing.append(self.env._("The queue to take documents from"))
        if (
            self.carrier == "amqp"
            and self.direction == "outbound"
            and not (self.amqp_exchange or self.amqp_routing_key)
        ):
            missing.append(self.env._("The exchange or the routing key to publish with"))
        if self.carrier == "kafka" and not self.kafka_topic:
            missing.append(self.env._("The topic"))
        if self.carrier == "kafka" and self.direction == "inbound" and not self.kafka_group:
            missing.append(self.env._("The consumer group"))
        if problem := self._broker_problem():
            missing.append(problem)
        return missing

    @api.constrains("broker_url", "carrier", "allowed_private_hosts", "environment", "trading_partner_id")
    def _check_broker_url(self):
        for endpoint in self:
            if problem := endpoint._broker_problem():
                raise ValidationError(problem)

    @api.constrains("kafka_version")
    def _check_kafka_version(self):
        for endpoint in self.filtered("kafka_version"):
            if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,3}){1,2}", endpoint.kafka_version):
                raise ValidationError(self.env._("A protocol version is written like 2.1."))

    @api.constrains("amqp_routing_key", "amqp_exchange", "kafka_topic", "carrier", "direction")
    def _check_broker_names(self):
        for endpoint in self:
            for template in filter(None, [endpoint.amqp_exchange, endpoint.amqp_routing_key, endpoint.kafka_topic]):
                if problem := name_problem(template):
                    raise ValidationError(self.env._("“%(name)s” %(problem)s.", name=template, problem=problem))
            if endpoint.carrier == "kafka" and endpoint.direction == "inbound" and "{" in (endpoint.kafka_topic or ""):
                raise ValidationError(self.env._("A topic that is read has a plain name, without braces."))

    def _broker_problem(self):
        """Why the broker's address cannot be used, as a sentence; None when it can, or there is none yet."""
        if self.carrier not in LIBRARIES or not self.broker_url:
            return None
        try:
            targets = self._broker_targets("")
        except Fault as fault:
            return fault.detail
        allowed = {host.lower() for host in self._private_hosts()}
        for target in targets:
            if target.place.lower() not in allowed:
                return self.env._("Name the broker among the allowed private hosts as well: %s", target.place)
            if target.is_exposed():
                return self.env._("%s would be spoken to unencrypted: endpoints for production need TLS.", target.place)
        return None

    @api.private
    def _broker_targets(self, secret, username=""):
        """The :class:`~sync_governance.core.delivery.brokers.BrokerTarget` of each address, with its secret.

        :raises Fault: ``engine.configuration`` for an address that is none
        """
        self.ensure_one()
        settings = {
            "username": username,
            "secret": secret,
            "authorities": self.authorities or "",
            "allowed": tuple(self._private_hosts()),
            "connect_timeout": float(self.connect_timeout),
            "read_timeout": float(self.read_timeout),
            "encrypted": self.environment == "production",
            "plain_networks": plain_networks(),
            "pool_key": str(self._origin.id or 0),
        }
        made: list[BrokerTarget] = []
        for part in (self.broker_url or "").split(","):
            made.append((amqp if self.carrier == "amqp" else kafka).target(part.strip(), **settings))
        return made

    @api.private
    def _broker_door(self):
        """(targets, credential id) of an endpoint whose broker is to be spoken to now.

        :raises Fault: ``deliver.credential_missing`` where it logs in and has no valid credential
        """
        rows = [row for row in self._valid_rows("sign") if row.sealed]
        secrets = self._secrets("sign")
        if self.authentication != "none" and not secrets:
            raise Fault(
                "deliver.credential_missing",
                f"{self.name} has no valid credential to log in with.",
                subject=f"endpoint {self.code}",
            )
        if not secrets or self.authentication == "none":
            return self._broker_targets(""), None
        targets = self._broker_targets(secrets[0].value, rows[0].username or "")
        return targets, int(secrets[0].key_id)

    @api.private
    def _kafka_cluster(self):
        """(:class:`~sync_governance.core.delivery.kafka.Cluster`, credential id) of an endpoint of Kafka.

        :raises Fault: as :meth:`_broker_door`
        """
        targets, credential_id = self._broker_door()
        mechanism = self.kafka_mechanism or "PLAIN"
        cluster = kafka.Cluster(
            tuple(targets),
            mechanism if credential_id else "",
            idempotent=self.kafka_idempotent,
            version=tuple(int(part) for part in (self.kafka_version or "").split(".") if part),
        )
        return cluster, credential_id

    def write(self, vals):
        result = super().write(vals)
        if any(name.startswith(("amqp_", "kafka_", "broker_")) for name in vals):
            self.env.registry.clear_cache()
        return result


def is_installed(name):
    """Whether a Python package can be imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
