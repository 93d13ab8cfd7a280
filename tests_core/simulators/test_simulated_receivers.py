"""The 3PL and the finance system check who sends, recognise repeats, and have bad days on demand."""

from datetime import datetime, timedelta, timezone

import pytest
from sync_governance.simulators.finance import Finance
from sync_governance.simulators.partner import ControlError
from sync_governance.simulators.threepl import Threepl


def request(reference="WH/OUT/1", products=None):
    return {
        "type": "fulfillment_request.created",
        "timestamp": "2026-03-01T10:00:00Z",
        "data": {
            "reference_id": reference,
            "order_number": "S00001",
            "recipient": {"name": "Ada", "address": {"address1": "Rue 1", "city": "Lyon", "country": "FR"}},
            "shipping_method": "standard",
            "products": products
            or [
                {"reference_id": "LAMP", "external_line_id": "11", "quantity": 3},
                {"reference_id": "CELL", "external_line_id": "12", "quantity": 2},
            ],
        },
    }


def invoice(number="INV/1", gross="10.00"):
    data = {"document_type": "INVOICE", "document_number": number, "totals": {"gross": gross}}
    return {"type": "sales_document.posted", "data": data}


@pytest.fixture
def threepl(started):
    return started(Threepl)


@pytest.fixture
def ask(odoo, threepl):
    def asked(document=None, message_id="m1", **settings):
        return odoo.send("threepl-requests", threepl.url, document or request(), message_id=message_id, **settings)

    return asked


@pytest.fixture
def book(odoo, started):
    finance = started(Finance)

    def booked(document=None, message_id="m1", **settings):
        return odoo.send("finance-invoices", finance.url, document or invoice(), message_id=message_id, **settings)

    booked.finance = finance
    return booked


def test_an_authentic_request_is_accepted_with_the_3pls_own_id(ask, threepl):
    result = ask()
    assert (result.status, result.fault) == (202, None)
    shown = threepl.state()["requests"][0]
    assert shown["id"].encode() in result.body
    assert (shown["reference_id"], shown["state"], len(shown["lines"])) == ("WH/OUT/1", "open", 2)


def test_a_repeat_is_answered_as_the_first_time(ask, threepl):
    first, second, renamed = ask(), ask(), ask(message_id="m2")
    assert first.body == second.body == renamed.body
    assert [entry["repeated"] for entry in threepl.state()["received"]] == [False, True, False]
    assert len(threepl.state()["requests"]) == 1


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_future_signature_is_refused(ask, minutes):
    assert ask(now=datetime.now(timezone.utc) + timedelta(minutes=minutes)).status == 401


def test_another_secret_is_refused(ask, webhook_secret):
    assert ask(secret=webhook_secret).status == 401


@pytest.mark.parametrize(
    "document",
    [
        {"type": "order.created", "data": {}},
        {"type": "fulfillment_request.created"},
        request(products=[{"reference_id": "LAMP", "external_line_id": "1", "quantity": 0}]),
        request(products=[{"reference_id": "LAMP"}]),
        request() | {"data": request()["data"] | {"recipient": {"name": "", "address": {}}}},
    ],
)
def test_a_request_that_cannot_be_shipped_is_refused(ask, document):
    assert ask(document).fault.code == "deliver.rejected"


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("fail_503", "deliver.server_error"),
        ("throttle_429", "deliver.throttled"),
        ("reject_422", "deliver.rejected"),
        ("gone_410", "deliver.gone"),
        ("timeout", "deliver.timeout"),
    ],
)
def test_a_bad_day_ends_after_so_many_requests(ask, threepl, mode, code):
    threepl.control_mode(mode=mode, count=1, retry_after=7)
    result = ask()
    assert result.fault.code == code
    assert result.retry_after == (7 if mode == "throttle_429" else None)
    assert ask().status == 202


def test_a_bad_day_may_last_until_told_otherwise(book):
    book.finance.control_mode(mode="fail_503")
    assert [book().status for _ in range(3)] == [503] * 3
    book.finance.control_mode(mode="normal")
    assert book().status == 200
    with pytest.raises(ControlError):
        book.finance.control_mode(mode="sleepy")


def test_two_shipments_confirm_a_request_with_lots_and_tracking(ask, threepl, odoo):
    ask()
    first = threepl.control_confirm(reference_id="WH/OUT/1", part="first")
    assert threepl.state()["requests"][0]["state"] == "partly_shipped"
    rest = threepl.control_confirm(reference_id="WH/OUT/1", part="rest")
    assert (first["accepted"], first["is_final"], rest["is_final"]) == (True, False, True)
    part, final = (document["data"] for document in odoo.documents("threepl-confirmations"))
    assert [(p["external_line_id"], p["quantity"]) for p in part["products"]] == [("11", 1), ("12", 1)]
    assert [(p["external_line_id"], p["quantity"]) for p in final["products"]] == [("11", 2), ("12", 1)]
    assert part["products"][1]["lots"] == [{"lot_number": "L-7", "quantity": 1}]
    assert part["products"][0]["lots"] == []
    assert part["tracking_numbers"] != final["tracking_numbers"]
    assert threepl.state()["requests"][0]["state"] == "shipped"
    with pytest.raises(ControlError, match="nothing is left"):
        threepl.control_confirm(reference_id="WH/OUT/1")


def test_prescribed_lots_are_picked_in_their_order(ask, threepl, odoo):
    lots = [{"lot_number": "A", "quantity": 2}, {"lot_number": "B", "quantity": 3}]
    ask(request(products=[{"reference_id": "X", "external_line_id": "1", "quantity": 5, "lots": lots}]))
    threepl.control_confirm(reference_id="WH/OUT/1", part="first")
    threepl.control_confirm(reference_id="WH/OUT/1", part="rest", over=1)
    picked = [document["data"]["products"][0]["lots"] for document in odoo.documents("threepl-confirmations")]
    assert picked == [
        [{"lot_number": "A", "quantity": 2}],
        [{"lot_number": "B", "quantity": 3}, {"lot_number": "A", "quantity": 1}],
    ]


def test_it_may_confirm_more_than_was_asked(ask, threepl, odoo):
    ask()
    threepl.control_confirm(reference_id="WH/OUT/1", over=2)
    assert odoo.documents("threepl-confirmations")[0]["data"]["products"][0]["quantity"] == 5


def test_of_single_pieces_the_first_part_is_one_of_them(ask, threepl, odoo):
    single = [{"reference_id": sku, "external_line_id": sku, "quantity": 1} for sku in ("A", "B")]
    ask(request(products=single))
    threepl.control_confirm(reference_id="WH/OUT/1", part="first")
    assert [p["sku"] for p in odoo.documents("threepl-confirmations")[0]["data"]["products"]] == ["A"]


def test_a_confirmation_sent_again_is_the_same_message(ask, threepl, odoo):
    ask()
    shipment = threepl.control_confirm(reference_id="WH/OUT/1")
    assert threepl.control_resend(shipment_id=shipment["shipment_id"])["accepted"]
    assert (len(odoo.received), len(odoo.handled)) == (2, 1)


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [("confirm", {"reference_id": "x"}), ("resend", {"shipment_id": "x"}), ("confirm", {}), ("mode", {"mode": "?"})],
)
def test_what_the_3pl_does_not_know_is_refused(threepl, verb, arguments):
    with pytest.raises(ControlError):
        threepl.control(verb, arguments)


def test_an_unknown_part_is_refused(ask, threepl):
    ask()
    with pytest.raises(ControlError, match="part is"):
        threepl.control_confirm(reference_id="WH/OUT/1", part="middle")


def test_finance_books_once_and_says_under_which_number(book):
    first, second, again = book(), book(message_id="m2"), book()
    assert first.body == second.body == again.body
    assert b"BK-" in first.body
    bookings = book.finance.state()["bookings"]
    assert [(b["number"], b["document_type"], b["gross"]) for b in bookings] == [("INV/1", "INVOICE", "10.00")]


def test_finance_refuses_the_same_number_with_other_content(book):
    book()
    assert book(invoice(gross="11.00"), message_id="m2").fault.code == "deliver.rejected"


def test_finance_refuses_what_it_cannot_read_and_strangers(book, webhook_secret):
    assert book({"type": "x"}).status == 422
    assert book(secret=webhook_secret, message_id="m3").status == 401
