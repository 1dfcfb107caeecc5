"""人の設定: what is stored, who may see its content, and that other units' words stay."""

from typing import Any

import pytest

from tests.doors import post
from tests.features.test_positions import make, text, version_on
from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.positions import people, service, stored
from webapp.positions.rules import Group
from webapp.positions.wanted import ProfileWanted

FORM = {
    "skill": ["住基"],
    "skills_more": "戸籍",
    "experienced": "no",
    "group": "dedicated",
    "max_consecutive_minutes": "60",
    "max_daily_minutes": "120",
}


def said(stage: Stage, number: str) -> ProfileWanted:
    db.session.rollback()
    return stored.profiles([stage.ids[number]])[stage.ids[number]]


def say(stage: Stage, number: str, **more: Any) -> None:
    with transaction():
        people.put_profile(
            stage.ids[number], ProfileWanted(**more), version=None, actor=None, now=clock.now()
        )


def test_settings_of_a_person_are_stored_and_a_pair_once(stage: Stage) -> None:
    counter, phone = make(stage), make(stage, "電話")
    form = FORM | {
        f"wish-{counter}": "never",
        f"wish-{phone}": "2",
        "pair": [str(stage.ids["122"]), str(stage.ids["220"])],
    }
    browser, path = stage.browser("100"), "/positions/W11/people/121"
    assert post(browser, path, form).status_code == 409  # says nothing of what it knew
    form |= {"version": version_on(text(browser.get(path))), "then": "next"}
    answer = post(browser, path, form)
    assert answer.status_code == 303
    found = said(stage, "121")
    assert found.skills == {"住基", "戸籍"}
    assert (found.experienced, found.group) == (False, Group.DEDICATED)
    assert (found.max_consecutive_minutes, found.max_daily_minutes) == (60, 120)
    assert found.forbidden == {counter}
    assert found.preferences == {phone: 2}
    assert found.pairs == {stage.ids["122"]}  # 220 is of a unit one does not lead
    assert said(stage, "122").pairs == {stage.ids["121"]}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"max_consecutive_minutes": "5"}, "15 から 1440"),
        ({"max_consecutive_minutes": "240"}, "1日の上限（120分）以下"),
        ({"max_daily_minutes": "たくさん"}, "数字で"),
        ({"group": "いつも"}, "選び直して"),
    ],
)
def test_wrong_limits_are_told_and_kept(stage: Stage, wrong: dict[str, str], told: str) -> None:
    answer = post(stage.browser("100"), "/positions/W11/people/121", FORM | wrong)
    assert answer.status_code == 422
    assert told in text(answer)
    assert 'value="戸籍"' in text(answer)
    assert said(stage, "121") == ProfileWanted()


def test_who_may_change_whom(stage: Stage) -> None:
    make(stage)
    for number, path, status in (
        ("122", "/positions/W12/people/121", 403),
        ("130", "/positions/W13/people/121", 404),
        ("130", "/positions/W13/people/131", 303),
        ("120", "/positions/W12/people/121", 303),
        ("130", "/positions/W11/people/121", 403),  # arranges the counters of the section, no more
        ("130", "/positions/W11/people/100", 403),
        ("200", "/positions/W11/people/121", 403),
        ("900", "/positions/W11/people/121", 303),
    ):
        assert post(stage.browser(number), path, {"group": "rotate"}).status_code == status


def test_others_read_that_there_is_a_setting_and_not_which(stage: Stage) -> None:
    say(stage, "121", max_daily_minutes=135, experienced=False)
    colleague = text(stage.browser("122").get("/positions/W12/people"))
    assert "個別の設定</span>" in colleague
    assert "2時間15分" not in colleague
    assert "見習い" not in colleague
    himself = text(stage.browser("121").get("/positions/W12/people"))
    assert "2時間15分" in himself
    assert "2時間15分" in text(stage.browser("120").get("/positions/W12/people"))
    assert "135" in text(stage.browser("121").get("/me/data"))


def test_feeding_a_position_opens_nobodys_settings(stage: Stage) -> None:
    """Naming a unit as 応援元 must not be a way to its people's limits."""
    make(stage, feeds=(stage.units["W22"],), skills=("住基",))
    say(stage, "220", max_daily_minutes=135, skills=frozenset({"住基", "手話"}))
    browser = stage.browser("100")
    page = text(browser.get("/positions/W11/people"))
    assert "小野 亮" in page
    assert "住基" in page
    assert "手話" not in page
    assert "2時間15分" not in page
    assert browser.get("/positions/W11/people/220").status_code == 403
    assert post(browser, "/positions/W11/people/220", FORM).status_code == 403
    assert "220" not in text(browser.get("/positions/W11/skills.csv"))


def test_what_another_unit_said_stays(stage: Stage) -> None:
    elsewhere, here = make(stage, unit="W21"), make(stage)
    say(
        stage,
        "121",
        forbidden=frozenset({elsewhere}),
        preferences={here: 1},
        pairs=frozenset({stage.ids["220"]}),
    )
    browser = stage.browser("100")
    seen = version_on(text(browser.get("/positions/W11/people/121")))
    answer = post(browser, "/positions/W11/people/121", FORM | {"version": seen})
    assert answer.status_code == 303
    found = said(stage, "121")
    assert found.forbidden == {elsewhere}
    assert found.preferences == {}
    assert found.pairs == {stage.ids["220"]}


def test_two_editors_of_one_person(stage: Stage) -> None:
    path = "/positions/W11/people/121"
    chief, deputy = stage.browser("100"), stage.browser("110")
    seen = version_on(text(chief.get(path)))
    assert post(chief, path, FORM | {"version": seen}).status_code == 303
    late = post(deputy, path, {"skills_more": "英語", "version": seen})
    assert late.status_code == 409
    assert "いま保存されているもの" in text(late)
    assert 'value="英語"' in text(late)
    assert said(stage, "121").skills == {"住基", "戸籍"}


def test_a_change_of_somebodys_skills_reaches_the_units_that_draw_on_them(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(stage, unit="W21", feeds=(stage.units["W12"],))
    marked: list[tuple[str, set[int]]] = []
    pump = stage.app.extensions["pump"]
    monkeypatch.setattr(pump, "mark", lambda topic, ids: marked.append((topic, set(ids))))
    say(stage, "121", skills=frozenset({"住基"}))
    assert ("coverage", {stage.units["W21"]}) in marked
    assert service.STAMP == "positions"
