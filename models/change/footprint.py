"""What a transaction left in Odoo, in words that do not depend on ids and numbers drawn: to compare two runs."""

import datetime
from collections import Counter

from odoo.tools import html2plaintext

from ...core.codecs import codec
from ..exchange.sealing import EVENT, event_text

# What is counted as new: rows with an id above the highest one seen before.
WATCHED = (
    "sale.order",
    "stock.move",
    "account.move",
    "account.payment",
    "mail.mail",
    "sync.xref",
    "sync.ownership.write",
    "sync.event",
)
DESCRIBED = ("sale.order", "stock.picking", "stock.move", "account.move", "account.payment", "mail.message")
"""Models that are told in words of their own; of any other that a document touched all values are compared."""
PERSONAL = (
    "/mails/*/email",
    "/mails/*/subject",
    "/mails/*/text",
    "/references/*",
    "/proposals/*",
    "/values/res.partner/*/*",
)
"""Where in the traces stands who somebody is, besides what is personal by its name."""
LEFT_OUT = ("create_uid", "create_date", "write_uid", "write_date", "display_name", "parent_path")


def marks(env):
    """{model: the highest id there is}"""
    env.flush_all()
    found = {}
    for model in WATCHED:
        env.cr.execute(f"SELECT coalesce(max(id), 0) FROM {env[model]._table}")
        (found[model],) = env.cr.fetchone()
    return found


def traces(env, before, effects, process):
    """What is there since ``before``, and what the effects of a document name: plain values.

    Members: ``records`` (what happened to how many records of each model), ``orders``, ``stock``, ``invoices`` and
    ``payments`` with their amounts, ``mails``, ``milestones`` of the ``process``, ``references`` that were remembered,
    ``proposals`` to stewards, ``values`` of other records by model, and ``events``. Names that were drawn from a
    sequence, ids of new records and moments of this run are not in them.
    """
    env.invalidate_all()
    touched = {}
    for effect in effects:
        touched.setdefault(effect.res_model, set()).add(effect.res_id)
    fresh = {
        model: env[model].search([("id", ">", mark)], order="id")
        for model, mark in before.items()
        if model != "sync.event"
    }
    records = {model: new | env[model].browse(touched.get(model, ())).exists() for model, new in fresh.items()}
    records["account.move"] |= process.with_env(env)._linked("account.move")  # a payment leaves them paid
    pickings = env["stock.picking"].browse(sorted(touched.get("stock.picking", ()))).exists()
    steady = Steady(env, fresh)
    told = steady(
        {
            "records": _counted(effects),
            "orders": [_order(order) for order in records["sale.order"].sorted("id")],
            "stock": [_move(move) for move in records["stock.move"] | pickings.move_ids],
            "invoices": [_invoice(move) for move in records["account.move"].sorted("id")],
            "payments": [_payment(payment) for payment in records["account.payment"].sorted("id")],
            "mails": [_mail(mail) for mail in fresh["mail.mail"]],
            "milestones": [_milestone(milestone, steady) for milestone in process.milestone_ids],
            "references": sorted(_reference(xref) for xref in fresh["sync.xref"]),
            "proposals": sorted(f"{write.what}: {write.words or ''}" for write in fresh["sync.ownership.write"]),
            "values": _values(env, touched, steady),
            "events": _events(env, before["sync.event"], steady),
        }
    )
    for name in ("stock", "milestones"):
        told[name] = dict(Counter(told[name]))  # by what they say: one more does not move the others
    return told


def _counted(effects):
    counted = {}
    for effect in effects:
        key = f"{effect.kind} {effect.res_model}"
        counted[key] = counted.get(key, 0) + 1
    return counted


def _order(order):
    return {
        "customer": {"name": order.partner_id.display_name},
        "total": _amount(order.amount_total, order.currency_id),
        "tax": _amount(order.amount_tax, order.currency_id),
        "state": order.state,
        "lines": [
            f"{line.product_uom_qty:g} x {line.product_id.display_name} at"
            f" {_amount(line.price_unit, order.currency_id)}"
            for line in order.order_line
        ],
    }


def _move(move):
    return (
        f"{move.product_id.display_name}: {move.product_uom_qty:g} asked, {move.quantity:g} moved or reserved"
        f" ({move.state}), {move.location_id.display_name} to {move.location_dest_id.display_name}"
    )


def _invoice(move):
    return {
        "kind": move.move_type,
        "state": move.state,
        "customer": {"name": move.partner_id.display_name},
        "total": _amount(move.amount_total, move.currency_id),
        "tax": _amount(move.amount_tax, move.currency_id),
        "open": _amount(move.amount_residual, move.currency_id),
    }


def _payment(payment):
    return {
        "amount": _amount(payment.amount, payment.currency_id),
        "date": str(payment.date),
        "journal": payment.journal_id.display_name,
        "state": payment.state,
    }


def _amount(value, currency):
    return f"{value:.{currency.decimal_places}f} {currency.name}"


def _mail(mail):
    to = sorted(filter(None, [mail.email_to, *mail.recipient_ids.mapped("email")]))
    return {"email": ", ".join(to), "subject": mail.subject, "text": html2plaintext(mail.body_html or "")}


def _milestone(milestone, steady):
    return f"{milestone.code} of {milestone.subject_name}: {milestone.state} {steady.moment(milestone.occurred_at)}"


def _reference(xref):
    return f"{xref.domain} {xref.external_id}: {xref.record_name or xref.canonical_code}"


def _values(env, touched, steady):
    """{model: [{field: value}]} of records that no other member describes."""
    found = {}
    for model in sorted(touched.keys() - set(DESCRIBED)):
        records = env[model].browse(sorted(touched[model])).exists()
        names = [name for name, field in records._fields.items() if _is_told(name, field)]
        found[model] = [{name: _value(record, name, steady) for name in names} for record in records]
    return found


def _is_told(name, field):
    return (
        field.store
        and field.type not in ("binary", "one2many", "many2one_reference")
        and name != "id"
        and name not in LEFT_OUT
        and not (field.compute and field.readonly)
        and not name.startswith(("message_", "activity_"))
    )


def _value(record, name, steady):
    value = record[name]
    if record._fields[name].relational:
        return ", ".join(sorted(each.display_name or "" for each in value)) or None
    if isinstance(value, datetime.datetime):
        return steady.moment(value)
    return value if isinstance(value, (str, int, float, bool)) else str(value)


def _events(env, mark, steady):
    """The documents of the events that were published, without moments that only this run has."""
    env.cr.execute(f"SELECT {EVENT} FROM sync_event e WHERE e.id > %s ORDER BY e.document_type, e.id", [mark])
    return [
        {"type": row[2], "document": steady.event(codec("json").decode(event_text(env, *row).encode()))}
        for row in env.cr.fetchall()
    ]


class Steady:
    """Takes out of plain values what differs between two runs of the same: drawn names, new ids, the present moment."""

    def __init__(self, env, fresh):
        named = [*fresh["sale.order"], *fresh["stock.move"].picking_id.sorted("id"), *fresh["account.move"]]
        # The longest first: one name may begin another.
        drawn = dict.fromkeys(record.name for record in named if record.name and record.name != "/")
        numbered = {name: f"(new {number})" for number, name in enumerate(drawn, start=1)}
        self._drawn = sorted(numbered.items(), key=lambda pair: -len(pair[0]))
        self._ids = {
            str(record.id) for found in (fresh["stock.move"], fresh["sale.order"].order_line) for record in found
        }
        self._began = env.cr.now()

    def __call__(self, value):
        if isinstance(value, dict):
            return {name: self(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self(item) for item in value]
        if isinstance(value, str):
            for name, word in self._drawn:
                value = value.replace(name, word)
        return value

    def moment(self, value):
        """A time as text; what happened in this run is now."""
        return "(now)" if value and value >= self._began.replace(microsecond=0) else str(value or "")

    def event(self, value):
        """A document without its moments and the ids of what is new."""
        if isinstance(value, dict):
            return {
                name: "(new)"
                if isinstance(item, str) and item in self._ids and name.endswith("id")
                else self.event(item)
                for name, item in value.items()
                if not name.endswith("_at")
            }
        return [self.event(item) for item in value] if isinstance(value, list) else value
