"""What a transaction left in Odoo, in words that do not depend on ids and numbers drawn: to compare two runs."""

from ...core.codecs import codec

# What is counted as new: rows with an id above the highest one seen before.
WATCHED = ("sale.order", "stock.move", "account.move", "account.payment", "sync.event")


def marks(env):
    """{model: the highest id there is}"""
    env.flush_all()
    found = {}
    for model in WATCHED:
        env.cr.execute(f"SELECT coalesce(max(id), 0) FROM {env[model]._table}")
        (found[model],) = env.cr.fetchone()
    return found


def traces(env, before, effects):
    """What is there since ``before``, and what the effects of a document name: plain values, sorted.

    Members: ``records`` (what happened to how many records of each model), ``orders``, ``stock``, ``invoices``,
    ``payments`` with their amounts, and ``events``. Names that were drawn from a sequence are not in them.
    """
    env.invalidate_all()
    touched = {}
    for effect in effects:
        touched.setdefault(effect.res_model, set()).add(effect.res_id)
    records = {
        model: env[model].search([("id", ">", mark)]) | env[model].browse(touched.get(model, ())).exists()
        for model, mark in before.items()
        if model != "sync.event"
    }
    pickings = env["stock.picking"].browse(touched.get("stock.picking", ())).exists()
    fresh = {model: found.filtered(lambda r, mark=before[model]: r.id > mark) for model, found in records.items()}
    named = [*fresh["sale.order"], *fresh["stock.move"].picking_id.sorted("id"), *fresh["account.move"]]
    drawn = [record.name for record in named if record.name and record.name != "/"]
    ids = {str(record.id) for found in (fresh["stock.move"], fresh["sale.order"].order_line) for record in found}
    return {
        "records": _counted(effects),
        "orders": [_order(order) for order in records["sale.order"].sorted("id")],
        "stock": sorted(_move(move) for move in records["stock.move"] | pickings.move_ids),
        "invoices": [_invoice(move) for move in records["account.move"].sorted("id")],
        "payments": [_payment(payment) for payment in records["account.payment"].sorted("id")],
        "events": _events(env, before["sync.event"], drawn, ids),
    }


def _counted(effects):
    counted = {}
    for effect in effects:
        key = f"{effect.kind} {effect.res_model}"
        counted[key] = counted.get(key, 0) + 1
    return counted


def _order(order):
    return {
        "customer": order.partner_id.display_name,
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
        "partner": move.partner_id.display_name,
        "total": _amount(move.amount_total, move.currency_id),
        "tax": _amount(move.amount_tax, move.currency_id),
    }


def _payment(payment):
    return {"amount": _amount(payment.amount, payment.currency_id), "state": payment.state}


def _amount(value, currency):
    return f"{value:.{currency.decimal_places}f} {currency.name}"


def _events(env, mark, drawn, ids):
    """The documents of the events that were published, without moments, numbers and ids that only this run has."""
    env.cr.execute("SELECT document_type, document FROM sync_event WHERE id > %s ORDER BY document_type, id", [mark])
    return [
        {"type": document_type, "document": _steady(codec("json").decode(text.encode()), drawn, ids)}
        for document_type, text in env.cr.fetchall()
    ]


def _steady(value, drawn, ids):
    if isinstance(value, dict):
        return {
            name: "(new)"
            if isinstance(item, str) and item in ids and name.endswith("id")
            else _steady(item, drawn, ids)
            for name, item in value.items()
            if not name.endswith("_at")
        }
    if isinstance(value, list):
        return [_steady(item, drawn, ids) for item in value]
    if isinstance(value, str):
        for number, name in enumerate(drawn, start=1):
            value = value.replace(name, f"(new {number})")
    return value
