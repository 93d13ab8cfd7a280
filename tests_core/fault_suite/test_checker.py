"""The checker of the fault suite must see what it is there to see."""

import pytest
from sync_governance.tests_faults.checker import Effect, Facts, Fetched, Sent, Stored, check, check_fetched

SENT = [Sent(f"key-{n}", "a", n, frozenset({f"m{n}"})) for n in (1, 2, 3)]
MESSAGES = {f"m{n}": Stored(f"m{n}", "done") for n in (1, 2, 3)}
EFFECTS = [Effect(f"m{n}", "a", n) for n in (1, 2, 3)]


def broken(sent=SENT, messages=MESSAGES, effects=EFFECTS, **counts):
    return check(sent, Facts(messages, effects, **counts)).broken


def test_nothing_is_said_when_all_is_well():
    report = check([*SENT, Sent("turned away", "a", 4, frozenset())], Facts(MESSAGES, EFFECTS))
    assert (report.accepted, report.refused, report.effects, report.broken) == (3, 1, 3, [])


def test_a_planted_double_is_seen():
    assert broken(effects=[*EFFECTS, EFFECTS[0]])[0] == "key-1 (m1) is done with 2 effects"


def test_a_planted_loss_is_seen():
    assert broken(effects=EFFECTS[1:]) == ["key-1 (m1) is done with 0 effects"]
    assert broken(messages={**MESSAGES, "m1": Stored("m1", "ready")}, effects=EFFECTS[1:]) == [
        "key-1 (m1) is ready and not done"
    ]
    without = {uid: stored for uid, stored in MESSAGES.items() if uid != "m2"}
    assert broken(messages=without)[0] == "key-2 was accepted as m2 and is not stored"


def test_a_planted_disorder_is_seen():
    assert broken(effects=[EFFECTS[1], EFFECTS[0], EFFECTS[2]]) == ["line a: number 1 came after 2"]


def test_what_waited_may_come_later_and_other_lines_do_not_matter():
    late = [Sent("key-1", "a", 1, frozenset({"m1"}), may_pass=True), *SENT[1:]]
    assert broken(sent=late, effects=[EFFECTS[1], EFFECTS[2], EFFECTS[0]]) == []
    other = [SENT[0], Sent("key-2", "b", 2, frozenset({"m2"})), SENT[2]]
    assert broken(sent=other, effects=[Effect("m2", "b", 2), EFFECTS[0], EFFECTS[2]]) == []


def test_an_effect_that_nobody_sent_is_seen():
    found = broken(sent=SENT[:2])
    assert "m3 has an effect and was accepted from nobody" in found
    assert "m3 is stored and its sender was never told so" in found


def test_a_repeat_that_became_a_second_message_is_seen():
    twice = [Sent("key-1", "a", 1, frozenset({"m1", "m2"})), SENT[2]]
    assert "key-1 was sent once more and became 2 messages" in broken(sent=twice)


@pytest.mark.parametrize(
    "stored, effects, words",
    [
        (Stored("m3", "failed"), EFFECTS[:2], "key-3 (m3) is failed and nobody was told"),
        (Stored("m3", "done"), EFFECTS[:2], "key-3 (m3) is done and nobody was told"),
        (Stored("m3", "failed", True), EFFECTS, "key-3 (m3) has an effect although a person was to decide"),
    ],
)
def test_what_a_person_was_to_decide_needs_an_exception_and_no_effect(stored, effects, words):
    asked = [*SENT[:2], Sent("key-3", "a", 3, frozenset({"m3"}), person=True)]
    assert broken(sent=asked, messages={**MESSAGES, "m3": stored}, effects=effects) == [words]
    well = {**MESSAGES, "m3": Stored("m3", "failed", True)}
    assert broken(sent=asked, messages=well, effects=EFFECTS[:2]) == []


@pytest.mark.parametrize("count", ["claimed_lanes", "lanes_due", "lost_wakeups", "half_stored"])
def test_what_did_not_come_to_rest_is_seen(count):
    assert len(broken(**{count: 2})) == 1


def test_what_a_partner_did_not_get_is_named():
    (words,) = broken(undelivered=["m9 is failed deliver.refused"])
    assert words == "a document for a partner was not delivered: m9 is failed deliver.refused"


BROUGHT = {("a", 1): 1, ("a", 2): 2}
WELL = {
    "brought": BROUGHT,
    "listed": [("b", 1)],
    "messages": {"done": 3},
    "effects": [("a", 1), ("b", 1), ("a", 2)],
    "archived": BROUGHT,
    "late": 1,
    "late_told": 1,
    "repeats_told": 1,
}


def test_nothing_is_said_when_all_that_was_fetched_is_well():
    assert check_fetched(Fetched(**WELL)) == []
    assert check_fetched(Fetched({}, [], {}, [], {})) == []


@pytest.mark.parametrize(
    "planted, words",
    [
        ({"effects": [("a", 1), ("a", 1), ("b", 1), ("a", 2)]}, "a/1 was fetched and has 2 effects"),
        ({"effects": [("b", 1), ("a", 2)]}, "a/1 was fetched and has 0 effects"),
        ({"effects": [*WELL["effects"], ("c", 1)]}, "c/1 has an effect and nobody had it for us"),
        ({"effects": [("a", 2), ("b", 1), ("a", 1)]}, "line a: number 1 came after 2"),
        ({"archived": {("a", 1): 1, ("a", 2): 1}}, "a/2 was brought 2 times and is 1 times archived"),
        ({"archived": {**BROUGHT, ("a", 1): 2}}, "a/1 was brought 1 times and is 2 times archived"),
        ({"archived": {**BROUGHT, ("c", 1): 1}}, "c/1 is archived and nobody brought it"),
        ({"left": ["000001.json"]}, "the file 000001.json was left behind"),
        ({"messages": {"done": 4}}, "3 documents were fetched and became messages {'done': 4}"),
        ({"messages": {"done": 2, "failed": 1}}, "3 documents were fetched and became messages"),
        ({"late_told": 2}, "a file was late 1 times and people were told 2 times"),
        ({"late_told": 0}, "a file was late 1 times and people were told 0 times"),
        ({"repeats_told": 2}, "1 files came again and people were told of 2"),
    ],
)
def test_a_planted_fault_of_what_was_fetched_is_seen(planted, words):
    found = check_fetched(Fetched(**{**WELL, **planted}))
    assert any(words in said for said in found), found
