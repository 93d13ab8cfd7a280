"""Every sample of every pack: contract, mapping and the check of what comes out give the expected document."""

from decimal import Decimal

import pytest
from pack_reading import Pack, decoded, packs
from sync_governance.core import contracts
from sync_governance.core.codecs import codec
from sync_governance.core.faults import Fault

SAMPLES = [
    pytest.param(pack, sample, id=f"{name}-{sample['file']}")
    for name, pack in packs().items()
    for sample in pack.data.get("samples", [])
]
EXPECTED = [parameters for parameters in SAMPLES if "expected" in parameters.values[1]]
ORDERS = [parameters for parameters in EXPECTED if parameters.values[1]["interface"] == "shopify.order.create"]


def translated(pack: Pack, sample: dict):
    interface = pack.part("interfaces", sample["interface"])
    try:
        source = pack.source(sample)
    except Fault as fault:
        return list(fault.causes) or [fault], None
    return pack.translate(interface, source, context=sample.get("context"), references=sample.get("references"))


@pytest.mark.parametrize(("pack", "sample"), SAMPLES)
def test_a_sample_gives_what_the_pack_says(pack: Pack, sample: dict):
    faults, result = translated(pack, sample)
    assert [fault.code for fault in faults] == sample.get("faults", []), [fault.detail for fault in faults]
    if "expected" in sample:
        assert result is not None
        assert result.document == decoded(pack.folder / sample["expected"])
        assert sorted(notice.name for notice in result.notices) == sorted(sample.get("notices", []))


@pytest.mark.parametrize(("pack", "sample"), EXPECTED)
def test_what_comes_out_can_be_encoded_and_read_again(pack: Pack, sample: dict):
    _faults, result = translated(pack, sample)
    assert codec("json").decode(codec("json").encode(result.document)) == result.document


@pytest.mark.parametrize(("pack", "sample"), ORDERS)
def test_amounts_of_an_order_add_up(pack: Pack, sample: dict):
    _faults, result = translated(pack, sample)
    document = result.document
    lines = sum(Decimal(line["unit_price"]) * Decimal(line["quantity"]["value"]) for line in document["lines"])
    discounts = sum(Decimal(discount["amount"]) for line in document["lines"] for discount in line["discounts"])
    charges = sum(Decimal(charge["amount"]) for charge in document["charges"])
    taxed = [*document["lines"], *document["charges"]]
    tax = sum(Decimal(tax["amount"]) for entry in taxed for tax in entry["taxes"])
    totals = {name: Decimal(amount) for name, amount in document["totals"].items()}
    assert totals["lines"] == lines
    assert totals["discounts"] == discounts
    assert totals["tax"] == tax
    added = Decimal(0) if document["prices_include_tax"] else tax
    assert totals["grand_total"] == lines - discounts + charges + added


@pytest.mark.parametrize("pack", packs().values(), ids=packs())
def test_a_member_that_the_partner_adds_breaks_nothing(pack: Pack):
    for sample in pack.data.get("samples", []):
        interface = pack.part("interfaces", sample["interface"])
        if "expected" in sample and pack.inbound(interface) and "mapping" in interface:
            source = pack.source(sample)
            source["added_tomorrow"] = {"by": ["the", "partner"]}
            assert contracts.validate(pack.contract(interface["contract"]), source) == []
