"""How to reach somebody first, and the ready sentence: a truth table of state × place × reach."""

from datetime import datetime
from itertools import product

import pytest

from webapp.board.reaching import First, Who, reach_first
from webapp.core import clock
from webapp.org.rules import Reach
from webapp.presence.facts import Place, Reason, Shown, Source, State


def t(text: str, day: int = 24) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day}T{text.zfill(5)}:00").replace(tzinfo=clock.TOKYO)


NOW, TOMORROW = t("10:20"), t("8:30", 25)
CONNECT = "桜井におつなぎします。少々お待ちください。"


def shown(state: State, place: Place | None = Place.OFFICE, **more: object) -> Shown:
    reach = Reach.TRANSFER if place is Place.OFFICE else Reach.CALLBACK
    return Shown(**{"state": state, "source": Source.AUTO, "place": place, "reach": reach} | more)  # type: ignore[arg-type]


def first(row: Shown, **more: object) -> First:
    known = {"extension": "2144", "mobile": "7224", "ends_at": t("17:15"), "next_at": TOMORROW}
    return reach_first(Who("桜井", row, **known | more), NOW)  # type: ignore[arg-type]


TABLE = [
    # at the desk
    (shown(State.AVAILABLE), "extension", "2144", CONNECT),
    (
        shown(State.BUSY),
        "callback",
        None,
        "桜井はただいま電話に出られません。のちほど折り返しお電話いたします。",
    ),
    (
        shown(State.BUSY, until=t("11:30"), reason=Reason.MEETING),
        "callback",
        None,
        "桜井はただいま電話に出られません。折り返しは11時30分頃になります。",
    ),
    (
        shown(State.BUSY, until=t("12:00"), source=Source.DUTY),  # 当番
        "callback",
        None,
        "桜井はただいま電話に出られません。折り返しは12時頃になります。",
    ),
    (
        shown(State.DND, until=t("11:00")),
        "callback",
        None,
        "桜井はただいま電話に出られません。折り返しは11時頃になります。",
    ),
    (
        shown(State.AWAY, until=t("13:00"), reason=Reason.BREAK),
        "callback",
        None,
        "桜井はただいま電話に出られません。折り返しは13時頃になります。",
    ),
    (
        shown(State.AWAY, until=t("15:00"), reason=Reason.OUT, reach=Reach.NONE),
        "callback",
        None,
        "桜井はただいま電話に出られません。折り返しは15時頃になります。",
    ),
    (
        shown(State.BUSY, until=t("17:30")),  # past the end of the day
        "callback",
        None,
        "桜井はただいま電話に出られません。折り返しは11月25日（水）以降になります。",
    ),
    (
        shown(State.NO_REPORT),
        "callback",
        None,
        "桜井はただいま席を外しております。のちほど折り返しお電話いたします。",
    ),
    # at home
    (shown(State.AVAILABLE, Place.HOME, reach=Reach.TRANSFER), "transfer", "7224", CONNECT),
    (
        shown(State.AVAILABLE, Place.HOME),
        "callback",
        None,
        "本日桜井は在宅で、折り返しは11時頃になります。",
    ),
    (
        shown(State.AVAILABLE, Place.HOME, reach=Reach.NONE),
        "none",
        None,
        "本日桜井は在宅で、電話に出られません。ご用件を承ります。",
    ),
    (
        shown(State.BUSY, Place.HOME, until=t("11:30"), reach=Reach.TRANSFER),
        "callback",
        None,
        "本日桜井は在宅で、折り返しは11時30分頃になります。",
    ),
    (
        shown(State.BUSY, Place.HOME),
        "callback",
        None,
        "本日桜井は在宅で、ただいま電話に出られません。のちほど折り返しお電話いたします。",
    ),
    (
        shown(State.NO_REPORT, Place.HOME),
        "callback",
        None,
        "桜井はただいま席を外しております。のちほど折り返しお電話いたします。",
    ),
    # elsewhere
    (
        shown(State.AVAILABLE, Place.SATELLITE),
        "callback",
        None,
        "本日桜井はサテライトオフィス勤務で、折り返しは11時頃になります。",
    ),
    (
        shown(State.AVAILABLE, Place.TRIP),
        "callback",
        None,
        "本日桜井は外出で、折り返しは11時頃になります。",
    ),
    (shown(State.AVAILABLE, Place.TRIP, reach=Reach.TRANSFER), "transfer", "7224", CONNECT),
    # a booked telephone wins over the person's own numbers
    (
        shown(State.AVAILABLE, Place.HOME, reach=Reach.TRANSFER, telephone="070-1"),
        "transfer",
        "070-1",
        CONNECT,
    ),
    # not at work
    (
        shown(State.OFF, None, starts_at=t("13:00"), reach=Reach.NONE),
        "none",
        None,
        "桜井はただいま不在にしております。折り返しは13時頃になります。",
    ),
    (
        shown(State.OFF, Place.LEAVE, starts_at=t("13:00"), reach=Reach.NONE),
        "none",
        None,
        "桜井はただいま不在にしております。折り返しは13時頃になります。",
    ),
    (
        shown(State.OFF, Place.LEAVE, reach=Reach.NONE),
        "none",
        None,
        "本日桜井は不在にしております。折り返しは11月25日（水）以降になります。",
    ),
    (
        shown(State.OFF, None, reach=Reach.NONE),
        "none",
        None,
        "本日桜井は不在にしております。折り返しは11月25日（水）以降になります。",
    ),
]


@pytest.mark.parametrize(("row", "kind", "number", "sentence"), TABLE)
def test_the_sentence_of_each_state(
    row: Shown, kind: str, number: str | None, sentence: str
) -> None:
    found = first(row)
    assert (found.kind, found.number, found.sentence) == (kind, number, sentence)


def test_where_the_place_is_not_said() -> None:
    found = first(shown(State.AVAILABLE, Place.HOME), says_place=False)
    assert found.sentence == "本日桜井は席を離れて勤務しており、折り返しは11時頃になります。"


def test_where_the_return_is_not_to_be_told() -> None:
    found = first(shown(State.OFF, Place.LEAVE), next_at=None)
    assert found.sentence == "本日桜井は不在にしております。あらためて折り返しお電話いたします。"


def test_without_any_number_nobody_is_put_through() -> None:
    found = first(shown(State.AVAILABLE), extension="", mobile="")
    assert (found.kind, found.number) == ("callback", None)
    assert first(shown(State.AVAILABLE), extension="").number == "7224"
    home = shown(State.AVAILABLE, Place.HOME, reach=Reach.TRANSFER)
    assert first(home, mobile="").number == "2144"


@pytest.mark.parametrize(("state", "place", "reach"), list(product(State, [*Place, None], Reach)))
@pytest.mark.parametrize("until", [None, t("9:00"), t("11:00"), t("18:00"), t("9:00", 26)])
def test_whatever_the_state_something_decent_is_said(
    state: State, place: Place | None, reach: Reach, until: datetime | None
) -> None:
    for next_at in (None, TOMORROW):
        row = shown(state, place, reach=reach, until=until)
        found = first(row, next_at=next_at)
        assert found.kind in ("extension", "transfer", "callback", "none")
        assert (found.number is not None) == (found.kind in ("extension", "transfer"))
        assert found.sentence.endswith("。")
        for word in (
            "休",
            "未報告",
            "病",
            "None",
            "はただいま電話に出られません。ただいま",
            "は折り返しは",
        ):
            assert word not in found.sentence
        assert found.at is None or found.at > NOW
        if reach is not Reach.TRANSFER or state is not State.AVAILABLE:
            assert found.number is None
