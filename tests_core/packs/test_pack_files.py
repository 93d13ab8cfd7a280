"""Files of several documents, as banks and marketplaces send them: one bad line stops no other."""

import pytest
from pack_reading import packs
from sync_governance.core.codecs import codec


def rows(pack: str, sample: str, *lines: str) -> bytes:
    """The columns of a sample, and under them these lines instead of its own."""
    head = (packs()[pack].folder / "samples" / sample).read_text(encoding="utf-8").splitlines()[0]
    return "\n".join([head, *lines, ""]).encode()


def row(pack: str, sample: str, number: int = 0, **cells: str) -> str:
    """A line of a sample with other cells; no cell of it may hold the delimiter."""
    lines = (packs()[pack].folder / "samples" / sample).read_text(encoding="utf-8").splitlines()
    delimiter = ";" if ";" in lines[0] else ","
    names, values = lines[0].split(delimiter), lines[1 + number].split(delimiter)
    assert len(names) == len(values)
    changed = {name.replace("_", " ") if delimiter == ";" else name: value for name, value in cells.items()}
    assert changed.keys() <= set(names)
    return delimiter.join(changed.get(name, value) for name, value in zip(names, values, strict=True))


def parts(pack: str, interface: str, data: bytes) -> list:
    return list(packs()[pack].codec(packs()[pack].part("interfaces", interface)).split(data))


def codes(part) -> list[str]:
    return [fault.code for fault in part.faults]


BANK = ("bank-files", "bank-files.payment.received")


def test_each_line_of_a_bank_s_file_is_a_document_and_a_shifted_one_stops_no_other():
    good = row("bank-files", "payment.csv")
    shifted = good.replace("20.03.2026;20.03.2026", "20.03.2026", 1)
    reversal = row("bank-files", "reversal.csv")
    found = parts(*BANK, rows("bank-files", "payment.csv", good, shifted, reversal))
    assert [part.document and part.document["mark"] for part in found] == ["C", None, "RC"]
    assert [codes(part) for part in found] == [[], ["decode.line_unreadable"], []]


@pytest.mark.parametrize("mark", ["D", "RD"])
def test_what_a_bank_s_account_pays_out_is_no_payment_received(mark: str):
    pack = packs()["bank-files"]
    (part,) = parts(*BANK, rows("bank-files", "payment.csv", row("bank-files", "payment.csv", Mark=mark)))
    endpoint = pack.part("endpoints", "bank-files-payments")
    topics = {each["topic"] for each in pack.data["interfaces"] if each["endpoint"] == endpoint["code"]}
    assert endpoint["topic"] == {"source": "pointer", "value": "/mark"}
    assert part.document["mark"] not in topics
    for code in ("bank-files.payment.received", "bank-files.refund.issued"):
        faults, _result = pack.translate(pack.part("interfaces", code), part.document)
        assert {fault.code for fault in faults} == {"validate.contract"}


def test_a_batch_that_balances_as_a_whole_and_not_in_its_entries_does_not_leave():
    pack = packs()["bank-files"]
    interface = pack.part("interfaces", "bank-files.ledger_batch.posted")
    batch = codec("json").decode((pack.folder / "samples/batch.json").read_bytes())
    batch["entries"][0]["lines"][0]["debit"] = "368.32"
    batch["entries"][1]["lines"][0]["debit"] = "35.10"
    faults, _result = pack.translate(interface, batch)
    assert [fault.detail for fault in faults] == ["An entry of the batch does not balance."]


def test_cents_of_a_batch_are_added_exactly():
    pack = packs()["bank-files"]
    interface = pack.part("interfaces", "bank-files.ledger_batch.posted")
    batch = codec("json").decode((pack.folder / "samples/batch.json").read_bytes())
    batch["entries"] = batch["entries"][:1]
    batch["entries"][0]["lines"] = [
        {"account": "1200", "debit": "0.30", "credit": "0.00"},
        {"account": "4400", "debit": "0.00", "credit": "0.10"},
        {"account": "4400", "debit": "0.00", "credit": "0.20"},
    ]
    batch["totals"] = {"entries": 1, "debit": "0.30", "credit": "0.30"}
    faults, result = pack.translate(interface, batch)
    assert [fault.detail for fault in faults] == []
    assert result.document["control"]["debit"] == "0.30"


MARKET = ("marketplace-csv", "marketplace-csv.order.create")


def lined(order: str, line: str, **cells: str) -> str:
    return row("marketplace-csv", "order_net.csv", order_id=order, line_id=line, **cells)


def test_each_order_of_a_marketplace_s_file_is_a_document_with_its_lines():
    lines = [lined("A", "1"), lined("A", "2"), lined("B", "1", quantity="two"), lined("C", "1")]
    found = parts(*MARKET, rows("marketplace-csv", "order_net.csv", *lines))
    assert [part.document and len(part.document["lines"]) for part in found] == [2, None, 1]
    assert [codes(part) for part in found] == [[], ["decode.value_invalid"], []]


def test_rows_of_an_order_that_differ_in_its_total_are_refused():
    lines = [lined("A", "1"), lined("A", "2", order_total="128.65"), lined("B", "1")]
    found = parts(*MARKET, rows("marketplace-csv", "order_net.csv", *lines))
    assert [codes(part) for part in found] == [["decode.value_invalid"], []]


def test_rows_of_an_order_with_another_between_them_are_not_two_orders():
    lines = [lined("A", "1"), lined("B", "1"), lined("A", "2")]
    found = parts(*MARKET, rows("marketplace-csv", "order_net.csv", *lines))
    assert [part.references["order_id"] for part in found if part.document] == ["A", "B"]
    assert sum(len(codes(part)) for part in found) == 1


def test_an_article_that_looks_like_a_formula_harms_no_spreadsheet():
    pack = packs()["marketplace-csv"]
    writing = pack.codec(pack.part("interfaces", "marketplace-csv.availability.changed"))
    document = {"sku": "=1+1", "available": 3, "as_of": "2026-03-06T14:50:02+00:00"}
    data = writing.encode(document)
    assert b"'=1+1," in data
    assert writing.decode(data)["sku"] == "=1+1"
