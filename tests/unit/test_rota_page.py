"""How the rota page cuts the day and places duties in it."""

from datetime import date
from typing import Any

import pytest

from webapp.rota.page import page, script_data
from webapp.rota.page_parts import cut_day, evening_from, noon_of, whole_day
from webapp.rota.page_words import short_names

COUNTER = [(540, 720), (780, 990)]
PHONE = [(510, 720), (720, 780), (780, 1035)]
DAY = "2026-12-02"


def need(start: str, end: str, need: int = 1) -> dict[str, Any]:
    return {"from": start, "to": end, "min": need, "ideal": need}


def week(**changes: Any) -> dict[str, Any]:
    monday = date(2026, 11, 30)
    days: list[dict[str, Any]] = [
        {
            "date": date.fromordinal(monday.toordinal() + n).isoformat(),
            "closed": "土曜日" if n == 5 else "日曜日" if n == 6 else None,
            "labels": [],
            "past": False,
        }
        for n in range(7)
    ]
    counter = [need("09:00", "12:00"), need("13:00", "16:30")]
    phone = [need("08:30", "12:00"), need("12:00", "13:00"), need("13:00", "17:15")]
    found = {
        "unit": "W11",
        "name": "保育課",
        "week": "2026-W49",
        "kind": "week",
        "status": "draft",
        "revision": 3,
        "slot_minutes": 30,
        "days": days,
        "positions": [
            {
                "id": "1",
                "name": "窓口1",
                "kind": "counter",
                "needs": {d["date"]: counter for d in days[:5]},
            },
            {
                "id": "2",
                "name": "電話",
                "kind": "phone",
                "needs": {d["date"]: phone for d in days[:5]},
            },
        ],
        "people": [
            {"staff": "121", "name": "桜井 剛", "segments": {DAY: [place("home")]}},
            {"staff": "122", "name": "桜井 和子", "group": "dedicated"},
            {"staff": "123", "name": "河野 優", "group": "exempt"},
        ],
        "cells": [],
        "fixed": [],
        "open": [],
        "conflicts": [],
        "figures": {"spread": 1.5, "changes": 3},
        "may": {"edit": True, "fix": True},
    }
    return found | changes


def place(where: str, start: str = "08:30", end: str = "17:15") -> dict[str, Any]:
    return {"from": start, "to": end, "place": where}


def cell(
    number: int, position: str, start: str, end: str, staff: str, **more: Any
) -> dict[str, Any]:
    where = {"id": number, "position": position, "date": DAY, "from": start, "to": end}
    return where | {"staff": staff, "pinned": False, "changed": False} | more


def seen(found: Any) -> dict[tuple[str, str], list[tuple[int, list[str]]]]:
    """{(part, position): [(width, [name time])]} of 2 December."""
    return {
        (group.words, row.position["name"]): [
            (
                box.width,
                [f"{s.name or '▲'} {s.time}{'' if s.standard else ' !'}" for s in box.slots],
            )
            for box in row.boxes
            if box.day == 2
        ]
        for group in found.groups
        for row in group.rows
    }


def show(**changes: Any) -> Any:
    return page(week(**changes), viewer="121", today=date(2026, 11, 24), rows="position")


def test_the_day_is_cut_as_the_counters_cut_it() -> None:
    cut = cut_day([COUNTER, PHONE], [], slot=30)
    assert cut.columns == {
        "am": ((510, 630), (630, 720)),
        "noon": ((720, 780),),
        "pm": ((780, 900), (900, 990)),
        "eve": ((990, 1035),),
    }
    assert cut.width == 2
    assert cut.places("noon") == [(0, 2)]


def test_columns_follow_the_duties() -> None:
    cut = cut_day([COUNTER, PHONE], [(540, 600), (600, 720), (600, 720)], slot=30)
    assert cut.columns["am"] == ((510, 600), (600, 720))


@pytest.mark.parametrize(
    ("needs", "noon"),
    [
        ([COUNTER, PHONE], (720, 780)),
        ([[(540, 690), (690, 780), (780, 990)]], (690, 780)),
        ([[(540, 990)]], (720, 780)),
    ],
)
def test_noon_is_what_the_demand_says(needs: Any, noon: Any) -> None:
    assert noon_of(needs) == noon


def test_an_evening_only_where_there_is_one() -> None:
    assert evening_from([[(540, 990)]], [], after=780, last=990) == 990
    assert evening_from([[(540, 990)], [(510, 1035)]], [], after=780, last=1035) == 990
    assert evening_from([[(540, 1140)]], [1035, 1035], after=780, last=1140) == 1035


def test_a_day_that_is_a_duty_as_a_whole() -> None:
    assert whole_day([(510, 1035)]).columns == {"all": ((510, 1035),)}
    assert whole_day([]).columns == {}


def test_duties_stand_in_their_columns() -> None:
    found = seen(
        show(
            cells=[
                cell(1, "1", "09:00", "10:30", "121"),
                cell(2, "1", "10:30", "12:00", "123"),
                cell(3, "2", "11:30", "12:30", "122"),
            ]
        )
    )
    assert found["午前", "窓口1"] == [(1, ["桜井（剛） 9:00〜10:30"]), (1, ["河野 10:30〜12:00"])]
    assert found["午前", "電話"] == [(1, []), (1, ["桜井（和） 11:30〜12:00 !"])]
    assert found["昼", "電話"] == [(2, ["桜井（和） 12:00〜12:30 !"])]


def test_what_does_not_fit_a_column_shares_the_box() -> None:
    found = seen(
        show(cells=[cell(1, "2", "08:30", "11:30", "121"), cell(2, "2", "11:30", "12:00", "122")])
    )
    assert found["午前", "電話"] == [(2, ["桜井（剛） 8:30〜11:30 !", "桜井（和） 11:30〜12:00 !"])]


def test_open_stretches_are_joined_then_cut_at_the_columns() -> None:
    rows = [
        {"position": "2", "date": DAY, "from": a, "to": b, "missing": 1}
        for a, b in (("08:30", "09:00"), ("09:00", "12:00"), ("12:00", "13:00"))
    ]
    found = show(open=rows)
    assert len(found.open_runs) == 1
    cut = seen(found)
    assert cut["午前", "電話"] == [(1, ["▲ 8:30〜10:30"]), (1, ["▲ 10:30〜12:00"])]
    assert cut["昼", "電話"] == [(2, ["▲ 12:00〜13:00"])]
    assert found.days[2].need == "電話 270分"
    assert found.days[2].bad


def test_an_open_stretch_one_person_can_take_is_one_cell() -> None:
    rows = [{"position": "2", "date": DAY, "from": "10:00", "to": "12:00", "missing": 1}]
    ((_, words),) = [box for box in seen(show(open=rows))["午前", "電話"] if box[1]]
    assert words[0].startswith("▲ 10:00〜12:00")


def test_closed_saturdays_take_no_column_unless_used() -> None:
    assert len(show(cells=[cell(1, "1", "09:00", "10:30", "121")]).days) == 5
    saturday = cell(1, "1", "09:00", "10:30", "121", date="2026-12-05")
    assert len(show(cells=[saturday]).days) == 6


def test_who_may_not_edit_sees_only_what_is_fixed() -> None:
    fixed = {
        "position": "1",
        "date": DAY,
        "from": "09:00",
        "to": "10:30",
        "staff": "121",
        "duty": 7,
    }
    found = show(
        may={"edit": False, "fix": False},
        cells=[cell(1, "1", "09:00", "10:30", "123")],
        fixed=[fixed],
        open=[{"position": "2", "date": DAY, "from": "09:00", "to": "10:30", "missing": 1}],
    )
    slots = [s for g in found.groups for r in g.rows for b in r.boxes for s in b.slots]
    assert [(s.staff, s.duty, s.mine) for s in slots] == [("121", 7, True)]
    assert found.status == "fixed"


@pytest.mark.parametrize(
    ("changes", "empty"),
    [
        ({"positions": []}, "positions"),
        ({"people": [], "revision": 0}, "people"),
        ({"revision": 0}, "draft"),
        ({"may": {"edit": False, "fix": False}}, "fixed"),
        ({}, ""),
    ],
)
def test_an_empty_page_says_what_comes_next(changes: dict[str, Any], empty: str) -> None:
    assert show(**changes).empty == empty


def test_people_by_group_with_why_they_are_away() -> None:
    found = page(
        week(cells=[cell(1, "1", "09:00", "10:30", "121")]),
        viewer="121",
        today=date(2026, 11, 24),
        rows="person",
    )
    assert [(g.words, len(g.rows)) for g in found.people] == [
        ("輪番", 1),
        ("専任", 1),
        ("対象外", 1),
    ]
    on_wednesday = found.people[0].rows[0].days[2]
    assert [s.time for s in on_wednesday.duties] == ["9:00〜10:30"]
    assert [(a.words, a.time) for a in on_wednesday.away] == [("在宅", "")]


def test_surnames_that_are_shared() -> None:
    people = [
        ("1", "桜井 剛"),
        ("2", "桜井 和子"),
        ("3", "森 一"),
        ("4", "林 真理"),
        ("5", "林 真"),
        ("6", "ジョン"),
    ]
    assert short_names(people) == {
        "1": "桜井（剛）",
        "2": "桜井（和）",
        "3": "森",
        "4": "林（真理）",
        "5": "林（真）",
        "6": "ジョン",
    }


def test_the_script_gets_no_more_than_it_needs() -> None:
    data = script_data(show(cells=[cell(1, "1", "09:00", "10:30", "121")]))
    assert data["people"]["121"] == {"name": "桜井 剛", "short": "桜井（剛）"}
    assert data["positions"] == {"1": "窓口1", "2": "電話"}
    assert "segments" not in str(data)
