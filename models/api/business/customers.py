"""Customers that a trading partner brought, and what they owe."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ...handlers.reading import money
from ...publishers.rendering import amount, party, timestamp, without_empty

ROLES = ("delivery", "invoice", "contact", "other")


class CustomerResource(models.AbstractModel):
    """The customers that documents of the partner created, and those that a person has given one of its identifiers.

    An order that names a customer of ours by a number makes him nobody's own: whoever guesses a number would read him.
    """

    _name = "sync.resource.customer"
    _description = "Customers, read by their partner"
    _inherit = "sync.resource"
    _document_type = "customer.changed"
    _model = "res.partner"

    @api.private
    def _own(self, profile):
        doors = self.env["sync.endpoint"].with_context(active_test=False)
        agents = doors.search([("trading_partner_id", "=", profile["trading_partner_id"])]).user_id
        given = self.env["sync.xref"]._search(
            [
                ("domain", "=", "customer"),
                ("trading_partner_id", "=", profile["trading_partner_id"]),
                ("create_uid", "not in", agents.ids),
                ("res_id", "!=", False),
            ]
        )
        return [
            "|",
            ("create_uid", "in", agents.ids),
            ("id", "in", given.subselect("res_id")),
            ("parent_id", "=", False),
            ("company_id", "in", (profile["company_id"], False)),
            ("user_ids", "=", False),  # no people of ours
        ]

    @api.private
    def _changed(self, moment):
        return ["|", ("write_date", ">=", moment), ("child_ids", "any", [("write_date", ">=", moment)])]

    @api.private
    def _referred(self, reference):
        return [("ref", "=", reference)]

    @api.private
    def _documents(self, profile, records):
        return {partner.id: self._document(partner) for partner in records}

    @api.private
    def _document(self, partner):
        addresses = partner.child_ids.filtered(lambda child: child.type in ROLES).sorted("id")
        lists, terms = partner.property_product_pricelist, partner.property_payment_term_id
        return {
            **without_empty(
                {
                    "type": self._document_type,
                    "number": str(partner.id),
                    "changed_at": timestamp(max(one.write_date for one in (partner, *addresses))),
                    "party": party(partner),
                    "kind": "company" if partner.is_company else "person",
                    "currency": lists.currency_id.name if lists else None,
                    "language": partner.lang.partition("@")[0].replace("_", "-") if partner.lang else None,
                    "price_list": lists.name[:64] if lists else None,
                    "payment_terms": terms.name[:64] if terms else None,
                }
            ),
            "active": partner.active,
            "addresses": [{"number": str(child.id), "role": child.type, "party": party(child)} for child in addresses],
        }


class BalanceResource(models.AbstractModel):
    """What the customer owes: what is open of his receivable entries, in their currencies."""

    _name = "sync.resource.customer.balance"
    _description = "Balances of customers, read by their partner"
    _inherit = "sync.resource.customer"
    _document_type = "customer_balance.changed"

    @api.private
    def _documents(self, profile, records):
        open_ = self._open(profile, records)
        now, company = fields.Datetime.now(), self.env.company
        found = {}
        for partner in records:
            sums = open_.get(partner.id) or [(company.currency_id.id, "0", "0")]
            found[partner.id] = without_empty(
                {
                    "type": self._document_type,
                    "number": str(partner.id),
                    "identifiers": party(partner).get("identifiers"),
                    "as_of": timestamp(now),
                    "balances": [
                        {"open": self._sum(due, currency), "overdue": self._sum(late, currency)}
                        for currency, due, late in sums
                    ],
                    "credit_limit": self._limit(partner, company),
                }
            )
        return found

    @api.private
    def _open(self, profile, records):
        """{customer id: [(currency id, open, overdue), …]}, sums as decimal text; one statement for all."""
        self.env["account.move.line"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT c.id, l.currency_id, sum(l.amount_residual_currency)::text,
                          coalesce(sum(l.amount_residual_currency)
                                   FILTER (WHERE l.date_maturity < (now() AT TIME ZONE 'UTC')::date), 0)::text
                     FROM account_move_line l
                     JOIN account_account a ON a.id = l.account_id AND a.account_type = 'asset_receivable'
                     JOIN res_partner p ON p.id = l.partner_id JOIN res_partner c ON c.id = p.commercial_partner_id
                    WHERE c.id = ANY(%(partners)s) AND l.company_id = %(company)s AND l.parent_state = 'posted'
                      AND NOT l.reconciled
                    GROUP BY c.id, l.currency_id ORDER BY c.id, l.currency_id""",
                partners=records.ids,
                company=profile["company_id"],
            )
        )
        found = {}
        for partner, currency, due, late in rows:
            found.setdefault(partner, []).append((currency, due, late))
        return found

    @api.private
    def _sum(self, text, currency_id):
        currency = self.env["res.currency"].browse(currency_id)
        return {"amount": f"{money(Decimal(text), currency):f}", "currency": currency.name}

    @api.private
    def _limit(self, partner, company):
        limited = company.account_use_credit_limit and partner.use_partner_credit_limit
        currency = company.currency_id
        return {"amount": amount(partner.credit_limit, currency), "currency": currency.name} if limited else None
