"""How alike codes and names are."""

import pytest
from sync_governance.core.matching import Hints, Names, code_form, gtin_form, hints_at, likeness


@pytest.mark.parametrize("code", ["4006381333931", "04006381333931", "4006381-333931", "73513537", "036000291452"])
def test_a_gtin_is_known_by_its_check_digit(code):
    assert gtin_form(code) == code.replace("-", "").zfill(14)


@pytest.mark.parametrize("code", ["4006381333932", "LAMP-1", "", "12345", "00000000", "४००६३८१३३३९३१"])
def test_what_is_no_gtin(code):
    assert gtin_form(code) is None


def test_a_code_is_the_same_however_it_is_written():
    assert code_form("Lamp-1 / Red") == code_form("LAMP1RED") == code_form("lamp_1.réd")


def test_likeness_cares_little_for_order_and_accents():
    assert likeness("Desk lamp, brass", "Brass desk lamp") == 1
    assert likeness("Café table", "cafe table") == 1
    assert 0.6 < likeness("Desk lamp brass", "Desk lamp brass 40 cm") < 1
    assert likeness("Desk lamp", "Oak chair") < 0.5
    assert likeness("", "Oak chair") == 0


def test_hints_stand_beside_the_code():
    document = {
        "name": "#1001",
        "line_items": [{"sku": "X", "title": "Brass lamp", "barcode": "4006381333931"}, {"sku": "Y", "title": "Chair"}],
    }
    assert hints_at(document, "/line_items/0/sku") == Hints(("Brass lamp",), ("04006381333931",))
    assert hints_at(document, "/line_items/7/sku") == Hints()
    assert hints_at(document, "/name") == Hints(), "the whole document is no place"


def test_hints_of_a_canonical_item():
    item = {"description": "Brass lamp", "identifiers": [{"scheme": "gtin", "value": "4006381333931"}]}
    document = {"lines": [{"item": item, "description": "of a line"}]}
    found = hints_at(document, "/lines/0/item")
    assert found.gtins == ("04006381333931",)
    assert found.names[0] == "Brass lamp"


OURS = Names(
    enumerate(
        [
            "Brass desk lamp",
            "Desk lamp, black",
            "Writing desk, oak",
            "Garden chair",
            "Café table",
            "Lamp",
            "Desk lamp 40",
        ]
    )
)


def test_names_that_share_the_rarer_words_come_first():
    assert OURS.like("Desk lamp of brass")[0] == 0
    assert OURS.like("oak desk")[0] == 2
    assert OURS.like("cafe") == [4]
    assert OURS.like("Desk lamp", most=2) == [0, 1]
    assert OURS.like("Sofa") == OURS.like("") == []


def test_a_misspelt_word_is_found():
    assert OURS.like("Gardn chiar")[0] == 3
    assert OURS.like("chx") == [], "too short to guess"


def test_many_names_with_a_common_word_do_not_hide_the_right_one():
    many = Names([*enumerate(f"Lamp {number}" for number in range(3000)), (3000, "Lamp Aurora"), (3001, "Desk Aurora")])
    assert many.like("Aurora lamp")[:2] == [3000, 3001]
    assert len(many.like("lamp 7")) == 20
    assert many.like("lamp 7")[0] == 7
