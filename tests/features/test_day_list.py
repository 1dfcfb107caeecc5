"""報告の一覧: who has started, ended, not reported; for who confirms, and nobody else."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests.doors import post
from tests.stage import Stage
from webapp.attendance.models import DayConfirmation
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.plans.service import Entry
from webapp.standup.models import StandupNote

At = Callable[[str], datetime]


def lines(page: str) -> dict[str, str]:
    """{name: the text of the person's row}."""
    found = {}
    for row in re.findall(r'<tr class="is-.*?</tr>', page, re.S):
        text = " ".join(re.sub(r"<[^>]+>", " ", row).split())
        found[" ".join(text.split()[:2])] = text
    return found


@pytest.mark.parametrize(
    ("number", "unit", "may"),
    [
        ("120", "W12", True),  # 係長
        ("100", "W11", True),  # 所属長
        ("100", "W12", True),  # of a unit below
        ("110", "W11", True),  # 代決者
        ("120", "W11", False),  # 係長, the 課 above
        ("120", "W13", False),
        ("121", "W12", False),  # an ordinary member
        ("200", "W12", False),
        ("800", "W12", False),  # 人事担当
        ("900", "W12", False),  # 管理者
        ("120", "W99", False),
    ],
)
def test_who_sees_it(stage: Stage, number: str, unit: str, may: bool) -> None:
    browser = stage.browser(number)
    answer = browser.get(f"/reports/day/{unit}")
    assert answer.status_code == (200 if may else 403)
    assert bool(lines(answer.text)) is may
    confirm = post(browser, f"/reports/day/{unit}/confirm", {"staff": "121"})
    assert confirm.status_code in ((302, 409) if may else (403,))


def test_the_way_to_ones_own(stage: Stage) -> None:
    assert stage.browser("120").get("/reports/day").headers["Location"] == "/reports/day/W12"
    assert stage.browser("121").get("/reports/day/").status_code == 403


def test_calm_when_nobody_owes_anything(stage: Stage) -> None:
    page = stage.browser("100").get("/reports/day/W11").text
    assert "報告を待っている人はいません" in page
    assert list(lines(page)) == [
        "池田 綾乃",
        "近藤 彩",
        "瀨戸 恵子",
        "桜井 剛",
        "河野 優",
        "藤原 奈々",
        "今井 哲也",
    ]
    assert "daylead-what c-unknown" not in page
    assert all("報告の義務なし" in line for line in lines(page).values())


def test_every_standing_of_a_day(stage: Stage, at: At) -> None:
    for number in ("121", "122", "131"):
        stage.telework(number)
    stage.plan("130", Entry(510, 1035, "leave"))
    stage.plan("120", Entry(780, 1035, "home"))  # from 13:00
    api = stage.api("121")
    api.punch("start", "s", place="home", client_at="2026-11-24T08:28:00+09:00")
    api.punch("break_out", "o", client_at="2026-11-24T09:00:00+09:00")
    api.punch("break_in", "i", client_at="2026-11-24T09:40:00+09:00")
    stage.api("131").punch("end", "e")
    page = stage.browser("100").get("/reports/day/W11").text
    shown = lines(page)
    assert "始業ずみ" in shown["桜井 剛"]
    assert "8:28 在宅" in shown["桜井 剛"]
    assert "9:00〜9:40" in shown["桜井 剛"]
    assert "8:30〜17:15 在宅" in shown["桜井 剛"]
    assert "未報告" in shown["河野 優"]
    assert "始業の報告がありません" in shown["今井 哲也"]
    assert "始業前" in shown["瀨戸 恵子"]
    assert "休暇等" in shown["藤原 奈々"]
    assert "未報告 1人" in " ".join(re.sub(r"<[^>]+>", " ", page).split())
    at("2026-11-25 09:00")
    yesterday = lines(stage.browser("100").get("/reports/day/W11?date=2026-11-24").text)
    assert "終業の報告なし" in yesterday["桜井 剛"]
    today = lines(stage.browser("100").get("/reports/day/W11").text)
    assert "11月24日（火） の終業がありません" in today["桜井 剛"]


def test_the_evening_note_stands_beside(stage: Stage) -> None:
    with transaction():
        db.session.add(
            StandupNote(
                staff_id=stage.ids["121"],
                business_on=datetime(2026, 11, 24).date(),  # noqa: DTZ001
                half="evening",
                lines=["入園案内の改訂"],
                updated_at=clock.now(),
            )
        )
    assert "入園案内の改訂" in lines(stage.browser("120").get("/reports/day/W12").text)["桜井 剛"]


def test_no_day_to_come(stage: Stage) -> None:
    page = stage.browser("120").get("/reports/day/W12?date=2026-12-24").text
    assert "令和8年11月24日（火）" in page
    assert stage.browser("120").get("/reports/day/W12?date=nonsense").status_code == 200


def test_on_behalf_in_two_taps(stage: Stage) -> None:
    stage.telework("121")
    browser = stage.browser("120")
    here = "/reports/day/W12?date=2026-11-24"
    page = browser.get(here).text
    assert 'action="/staff/121/punches"' in page
    form = {"kind": "start", "place": "home", "channel": "phone", "on": "2026-11-24", "next": here}
    answer = post(browser, "/staff/121/punches", form)
    assert (answer.status_code, answer.headers["Location"]) == (302, here)
    assert "始業ずみ" in lines(browser.get(here).text)["桜井 剛"]


# --- confirming -----------------------------------------------------------------------------


def ended(stage: Stage, *numbers: str) -> None:
    for number in numbers:
        api = stage.api(number)
        api.punch("start", "s", place="home", client_at="2026-11-24T08:30:00+09:00")
        api.punch("end", "e")


def confirmed(stage: Stage) -> set[str]:
    db.session.rollback()
    ids = set(db.session.scalars(select(DayConfirmation.staff_id)))
    return {number for number, staff_id in stage.ids.items() if staff_id in ids}


def confirm(stage: Stage, by: str, unit: str, *numbers: str, un: str = "") -> Any:
    form = {"staff": list(numbers), "date": "2026-11-24"}
    return post(stage.browser(by), f"/reports/day/{unit}/{un}confirm", form)


def test_only_what_is_complete_and_not_ones_own(stage: Stage) -> None:
    ended(stage, "120", "121")
    stage.api("122").punch("start", "s", place="home")
    assert confirm(stage, "130", "W12", "121").status_code == 403
    assert confirm(stage, "120", "W12", "122").status_code == 409  # no 終業
    assert confirm(stage, "120", "W12", "120").status_code == 403  # oneself
    assert confirm(stage, "120", "W12", "131").status_code == 404  # of another unit
    assert confirmed(stage) == set()
    assert confirm(stage, "120", "W12", "121").status_code == 302
    assert confirm(stage, "120", "W12", "121").status_code == 302  # the second tap
    assert confirmed(stage) == {"121"}
    assert (
        "確認ずみ 瀨戸 恵子" in lines(stage.browser("100").get("/reports/day/W12").text)["桜井 剛"]
    )


def test_in_bulk_and_back(stage: Stage) -> None:
    ended(stage, "100", "121", "131")
    stage.api("122").punch("start", "s", place="home")
    page = stage.browser("100").get("/reports/day/W11").text
    assert "2人をまとめて確認" in page
    assert confirm(stage, "100", "W11").status_code == 302  # everybody of the list
    assert confirmed(stage) == {"121", "131"}
    assert confirm(stage, "130", "W13", "131", un="un").status_code == 302
    assert confirmed(stage) == {"121"}
    assert confirm(stage, "121", "W12", "121", un="un").status_code == 403
    assert confirm(stage, "100", "W11", "121", un="un").status_code == 302
    assert confirmed(stage) == set()


def test_a_late_change_asks_for_a_new_look(stage: Stage) -> None:
    ended(stage, "121")
    confirm(stage, "120", "W12", "121")
    stage.api("121").punch("place", "p", place="trip")
    assert confirmed(stage) == set()
