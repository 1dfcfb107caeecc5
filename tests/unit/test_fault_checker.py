"""The judge of the fault harness, judged: what it has to find is planted, and found."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.acts import Act, Kind, Ledger, Outcome
from tests.faults.boards import Agreement, Board, Contents, Row, Truth
from tests.faults.checker import Facts, Verdict, judge

ACKED, UNKNOWN, REFUSED = Outcome.ACKNOWLEDGED, Outcome.UNKNOWN, Outcome.REFUSED
NOTE = ("100", "2026-11-24", "morning")


def act(kind: Kind, key: Any, outcome: Outcome = ACKED, content: Any = None) -> Act:
    return Act(kind, "100", key, content, outcome, sent=1)


def played() -> Ledger:
    """One of each, acknowledged; the second memo's answer was lost."""
    return Ledger(
        [
            act(Kind.PUNCH, "f-1"),
            act(Kind.NOTE, NOTE, content=("first",)),
            act(Kind.NOTE, NOTE, content=("second",)),
            act(Kind.FILING, "uuid"),
            act(Kind.APPROVAL, 7),
            act(Kind.MEMO, "f-2"),
            act(Kind.MEMO, "f-3", UNKNOWN),
        ]
    )


def as_it_should_be() -> Facts:
    return Facts(
        punches=Counter({"f-1": 1}),
        with_answer={"f-1"},
        notes={NOTE: ("second",)},
        note_rows=Counter({NOTE: 1}),
        filings=Counter({"uuid": 1}),
        approvals={7: ("approved", 1, 1)},
        memos=Counter({"f-2": 1}),
        begun={"f-2"},
    )


def verdict(**planted: Any) -> Verdict:
    return judge(played(), replace(as_it_should_be(), **planted))


def test_what_is_right_is_right() -> None:
    assert verdict().is_good
    assert verdict(memos=Counter({"f-2": 1, "f-3": 1}), begun={"f-2", "f-3"}).is_good
    assert verdict().figures() == {
        "lost": 0,
        "duplicated": 0,
        "half_done": 0,
        "never_asked_for": 0,
    }


@pytest.mark.parametrize(
    "planted",
    [
        {"punches": Counter[str]()},
        {"memos": Counter[str](), "begun": set[str]()},
        {"filings": Counter[str]()},
        {"approvals": {7: ("waiting", 0, 0)}},
        {"notes": {NOTE: ("first",)}},
        {"notes": {}},
    ],
)
def test_a_lost_write_is_found(planted: dict[str, Any]) -> None:
    found = verdict(**planted)
    assert len(found.lost) == 1
    assert not found.is_good
    assert found.figures()["faults"]


@pytest.mark.parametrize(
    "planted",
    [
        {"punches": Counter({"f-1": 2})},
        {"memos": Counter({"f-2": 2})},
        {"memos": Counter({"f-2": 1, "f-3": 2}), "begun": {"f-2", "f-3"}},
        {"filings": Counter({"uuid": 2})},
        {"approvals": {7: ("approved", 2, 1)}},
        {"approvals": {7: ("approved", 1, 2)}},
        {"note_rows": Counter({NOTE: 2})},
    ],
)
def test_a_duplicate_is_found_also_of_what_nobody_acknowledged(planted: dict[str, Any]) -> None:
    found = verdict(**planted)
    assert len(found.duplicated) == 1
    assert not found.is_good


@pytest.mark.parametrize(
    "planted",
    [
        {"with_answer": set[str]()},
        {"begun": set[str]()},
        {"approvals": {7: ("approved", 1, 0)}},
        {"approvals": {7: ("approved", 1, 1), 8: ("waiting", 0, 1)}},
    ],
)
def test_what_was_done_half_is_found(planted: dict[str, Any]) -> None:
    found = verdict(**planted)
    assert len(found.half) == 1
    assert not found.is_good


def test_what_nobody_asked_for_is_found() -> None:
    found = verdict(punches=Counter({"f-1": 1, "f-9": 1}), with_answer={"f-1", "f-9"})
    assert found.strange == ["punch f-9"]


def test_a_note_whose_answer_was_lost_may_stand_or_not_the_one_before_may_not() -> None:
    ledger = played()
    ledger.add(act(Kind.NOTE, NOTE, UNKNOWN, ("third",)))
    for lines, good in ((("second",), True), (("third",), True), (("first",), False)):
        facts = replace(as_it_should_be(), notes={NOTE: lines})
        assert judge(ledger, facts).is_good is good


def test_what_was_refused_or_never_sent_need_not_be_there() -> None:
    ledger = played()
    ledger.add(act(Kind.PUNCH, "f-8", REFUSED))
    ledger.add(replace(act(Kind.PUNCH, "f-9"), sent=0))
    assert judge(ledger, as_it_should_be()).is_good
    assert ledger.count(ACKED) == 6


# --- boards ---------------------------------------------------------------------------------


def row(version: int, note: str = "", **more: Any) -> Row:
    return {
        "staff": "100",
        "unit": "H001",
        "version": version,
        "note": note,
        "state": "busy",
    } | more


def board(*rows: Row) -> Board:
    made = Board("200", "H001", forms={"H001": "full"})
    made.merge("H001", rows)
    return made


def truth(version: int, note: str = "") -> Truth:
    return Truth({"100": version}, {"100": note})


def test_a_stale_board_is_found_and_for_how_long() -> None:
    agreement, stale = Agreement(), board(row(1, "old"))
    for at in (10.0, 12.0, 16.0):
        agreement.look(at, truth(2, "new"), [stale])
    assert agreement.behind() == 1
    stale.merge("H001", [row(2, "new")])
    agreement.look(17.5, truth(2, "new"), [stale])
    assert (agreement.longest, agreement.behind()) == (7.5, 0)
    assert "100" in agreement.worst


def test_a_board_that_never_comes_right_counts_to_the_end() -> None:
    agreement = Agreement()
    agreement.look(10.0, truth(2), [board(row(1))])
    agreement.close(40.0)
    assert agreement.longest == 30.0


def test_a_board_that_runs_behind_a_moving_truth_is_not_stale_for_ever() -> None:
    agreement, moving = Agreement(), board(row(1))
    for step in range(2, 8):
        agreement.look(float(step), truth(step), [moving])
        moving.merge("H001", [row(step)])
    assert agreement.longest <= 1.0


def test_what_was_stale_while_the_server_was_broken_counts_from_its_recovery() -> None:
    agreement, stale = Agreement(), board(row(1))
    agreement.look(10.0, truth(2), [stale])
    agreement.begin_anew(50.0)
    stale.merge("H001", [row(2)])
    agreement.look(52.0, truth(2), [stale])
    assert agreement.longest == 2.0


def test_other_content_under_the_same_version_is_a_disagreement() -> None:
    agreement = Agreement()
    for at in (10.0, 13.0, 14.0):
        agreement.look(at, truth(2, "written"), [board(row(2, "never said"))])
        assert agreement.behind() == 1
    agreement.look(16.0, truth(2, "written"), [board(row(2, "written"))])
    assert agreement.longest == 6.0


def test_a_board_ahead_of_the_database_is_found() -> None:
    agreement = Agreement()
    agreement.look(10.0, truth(2), [board(row(3))])
    assert agreement.ahead


def test_two_contents_of_one_version_are_found_whoever_told_them() -> None:
    contents = Contents()
    contents.note([row(2, "a"), row(3, "b")])
    contents.note([row(2, "a")])  # older than what is kept: nothing to compare
    assert not contents.contradictions
    contents.note([row(3, "c")])
    assert "note" in contents.contradictions[0]


def test_a_leak_is_found() -> None:
    foreign = Board("200", "H001", forms={"H001": "full", "H002": "directory"})
    foreign.merge("H002", [{"staff": "300", "version": 1, "state": "busy"}])
    assert not foreign.leaks
    foreign.merge("H002", [{"staff": "300", "version": 2, "state": "busy", "note": "secret"}])
    foreign.merge("H003", [])
    assert len(foreign.leaks) == 2
