"""担当業務の見える化シート: who reads, who changes, what is lost when two change at once (nothing)."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.doors import csrf, post
from tests.stage import CAST, Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.tasks import queries
from webapp.tasks.models import Task, TaskPerson
from webapp.tasks.rules import Part
from webapp.tasks.service import UNDO


def make(
    stage: Stage,
    name: str = "入所の相談",
    mains: tuple[str, ...] = ("121",),
    subs: tuple[str, ...] = (),
    unit: str = "W11",
    **more: Any,
) -> int:
    with transaction():
        task = Task(unit_id=stage.units[unit], name=name, changed_at=clock.now(), **more)
        task.sort_order = 1 + (db.session.query(Task).count())
        for role, numbers in (("main", mains), ("sub", subs)):
            for order, number in enumerate(numbers):
                person = TaskPerson(staff_id=stage.ids[number], role=role, sort_order=order)
                task.people.append(person)
        db.session.add(task)
        db.session.flush()
        return task.id


def stored(task_id: int) -> Task:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Task, task_id)


def names(stage: Stage, unit: str = "W11") -> list[str]:
    db.session.rollback()
    return [task.name for task in queries.tasks_of_unit(stage.units[unit])]


def form(**changes: Any) -> dict[str, Any]:
    return {
        "name": "入所の相談",
        "telework": "partly",
        "mains": "桜井 剛",
        "subs": "",
        "revision": "1",
    } | changes


READERS = [
    ("121", True),  # of a 係 of the 課
    ("131", True),
    ("100", True),  # 所属長
    ("900", True),  # 管理者
    ("220", False),  # another 課
    ("200", False),
    ("800", True),  # posted in the 部 itself, who sees all below in full
]


@pytest.mark.parametrize(("number", "may"), READERS)
def test_who_reads_it(stage: Stage, number: str, may: bool) -> None:
    make(stage)
    browser = stage.browser(number)
    for path in ("", "/print", "/files", "/sheet.xlsx", "/sheet.csv", "/ask", "/new"):
        answer = browser.get(f"/tasks/W11{path}")
        assert answer.status_code == (200 if may else 403), path
        if path in ("", "/print", "/sheet.csv"):
            assert ("入所の相談" in answer.text) is may, path
    answer = stage.api(number, "self unit:read").get("/units/W11/tasks")
    assert answer.status_code == (200 if may else 403)


def test_strangers(stage: Stage) -> None:
    task = make(stage)
    assert stage.app.test_client().get("/tasks/W11").status_code in (302, 401)
    assert stage.browser("121").get("/tasks/W99").status_code == 404
    assert stage.api("121").get("/units/W11/tasks").status_code == 403  # without unit:read
    other = stage.browser("220")
    for path in (f"/{task}", f"/{task}/remove", f"/{task}/restore", f"/{task}/place", "/new"):
        assert post(other, f"/tasks/W11{path}", form(place="0")).status_code == 403, path
        own = post(other, f"/tasks/W21{path}", form(place="0", mains="小野 亮"))
        assert own.status_code in (302, 403, 404), path
    assert names(stage) == ["入所の相談"]
    assert stored(task).revision == 1


def test_ones_own_sheet_is_that_of_the_section(stage: Stage) -> None:
    browser = stage.browser("121")
    assert browser.get("/tasks/").headers["Location"] == "/tasks/W11"
    assert browser.get("/tasks/W12").headers["Location"] == "/tasks/W11"
    assert "この表には、まだ業務がありません" in browser.get("/tasks/W11").text
    assert "保育課" in stage.browser("900").get("/tasks/W10").text


def test_the_chief_adds_and_a_member_only_ones_own(stage: Stage) -> None:
    chief, member = stage.browser("100"), stage.browser("122")
    assert post(chief, "/tasks/W11/new", form(subs="河野優、131")).status_code == 302
    (task,) = queries.tasks_of_unit(stage.units["W12"])
    assert queries.people_of(task, Part.SUB) == [stage.ids["122"], stage.ids["131"]]
    refused = post(member, "/tasks/W11/new", form(name="ほかの人の業務"))
    assert refused.status_code == 422
    assert "主担か副担に自分を入れてください" in refused.text
    assert "ほかの人の業務" in refused.text  # what was typed is still there
    assert post(member, "/tasks/W11/new", form(name="自分の業務", mains="122")).status_code == 302
    assert names(stage) == ["入所の相談", "自分の業務"]


@pytest.mark.parametrize(
    ("number", "edits", "removes"),
    [
        ("100", True, True),
        ("120", True, True),  # 係長 of one of its 係
        ("121", True, True),  # 主担
        ("122", True, False),  # 副担
        ("131", False, False),
        ("900", True, True),
    ],
)
def test_who_edits_and_who_removes(stage: Stage, number: str, edits: bool, removes: bool) -> None:
    task = make(stage, subs=("122",))
    browser = stage.browser(number)
    page = browser.get("/tasks/W11").text
    assert (f'href="/tasks/W11/{task}"' in page) is edits
    assert browser.get(f"/tasks/W11/{task}").status_code == (200 if edits else 403)
    saved = post(browser, f"/tasks/W11/{task}", form(timing="毎月", subs="122"))
    assert saved.status_code == (302 if edits else 403)
    assert stored(task).timing == ("毎月" if edits else "")
    removed = post(browser, f"/tasks/W11/{task}/remove", {"revision": 2 if edits else 1})
    assert removed.status_code == (302 if removes else 403)
    assert (stored(task).removed_at is not None) is removes


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": ""}, "name", "入力してください"),
        ({"name": "あ" * 81}, "name", "80文字以内で入力してください"),
        ({"telework": "maybe"}, "telework", "のどれかにしてください"),
        ({"mains": "桜井 豪"}, "mains", "桜井 剛 のことですか"),
        ({"mains": "小野 亮"}, "mains", "この所属にいません"),
        ({"subs": "桜井剛"}, "subs", "どちらかにしてください"),
        ({"process": "あ" * 401}, "process", "400文字以内で入力してください"),
        ({"revision": "x"}, "revision", ""),
    ],
)
def test_faults_stand_at_the_field_and_what_was_typed_stays(
    stage: Stage, changes: dict[str, str], field: str, words: str
) -> None:
    task = make(stage)
    answer = post(stage.browser("100"), f"/tasks/W11/{task}", form(remark="残る文") | changes)
    assert answer.status_code == 422
    assert words in answer.text
    assert "残る文" in answer.text
    if words:
        assert re.search(rf'(id="f-{field}-bad"|name="{field}")', answer.text)
    assert stored(task).revision == 1


def test_two_with_the_same_name_are_refused(stage: Stage) -> None:
    make(stage)
    answer = post(stage.browser("100"), "/tasks/W11/new", form())
    assert answer.status_code == 422
    assert "同じ名前の業務が、もうこの表にあります" in answer.text
    assert names(stage) == ["入所の相談"]


def test_who_saves_second_sees_both(stage: Stage) -> None:
    task = make(stage)
    assert post(stage.browser("100"), f"/tasks/W11/{task}", form(timing="毎日")).status_code == 302
    late = post(stage.browser("121"), f"/tasks/W11/{task}", form(timing="随時", remark="残る"))
    assert late.status_code == 409
    assert "ほかの人が保存しました" in late.text
    assert re.search(r"処理の時期</th><td>毎日</td><td>随時", late.text)
    assert "残る" in late.text
    revision = re.search(r'name="revision" value="(\d+)"', late.text)
    assert revision
    assert revision[1] == "2"
    again = post(
        stage.browser("121"), f"/tasks/W11/{task}", form(timing="随時", revision=revision[1])
    )
    assert again.status_code == 302
    assert (stored(task).timing, stored(task).revision) == ("随時", 3)


def test_a_double_click_is_one_change(stage: Stage) -> None:
    task, browser = make(stage), stage.browser("100")
    for _ in range(2):
        assert post(browser, f"/tasks/W11/{task}", form(timing="毎日")).status_code == 302
    assert stored(task).revision == 2


def test_twenty_at_once_one_wins_and_the_others_are_told(stage: Stage) -> None:
    task = make(stage)
    browsers = [stage.browser("100") for _ in range(20)]
    tokens = [csrf(browser) for browser in browsers]
    answers: list[tuple[int, int]] = []

    def run(n: int) -> None:
        data = form(timing=f"第{n}週", csrf_token=tokens[n])
        answers.append((n, browsers[n].post(f"/tasks/W11/{task}", data=data).status_code))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [n for n, status in answers if status == 302]
    assert len(winners) == 1
    assert sorted(status for _, status in answers) == [302, *[409] * 19]
    assert (stored(task).timing, stored(task).revision) == (f"第{winners[0]}週", 2)


def test_removal_is_undone_for_a_while_and_by_the_same_person(stage: Stage, at: Any) -> None:
    task, chief = make(stage), stage.browser("100")
    gone = post(chief, f"/tasks/W11/{task}/remove", {"revision": 1})
    assert gone.headers["Location"] == f"/tasks/W11?removed={task}"
    assert names(stage) == []
    assert "data-undo" in chief.get(gone.headers["Location"]).text
    other = stage.browser("120")
    assert "data-undo" not in other.get(gone.headers["Location"]).text
    post(other, f"/tasks/W11/{task}/restore")
    assert names(stage) == []
    post(chief, f"/tasks/W11/{task}/restore")
    assert names(stage) == ["入所の相談"]
    post(chief, f"/tasks/W11/{task}/remove", {"revision": stored(task).revision})
    clock.freeze(clock.now() + UNDO + timedelta(seconds=1))
    assert "data-undo" not in chief.get(gone.headers["Location"]).text
    late = post(chief, f"/tasks/W11/{task}/restore", follow_redirects=True)
    assert "元に戻せる時間を過ぎました" in late.text
    assert names(stage) == []


def test_saving_what_was_removed_meanwhile_loses_nothing(stage: Stage) -> None:
    task = make(stage)
    post(stage.browser("100"), f"/tasks/W11/{task}/remove", {"revision": 1})
    late = post(stage.browser("121"), f"/tasks/W11/{task}", form(remark="書いた文"))
    assert late.status_code == 409
    assert "もう表から外されています" in late.text
    assert "書いた文" in late.text


def test_the_order_is_for_who_leads(stage: Stage) -> None:
    first, second = make(stage, "ア"), make(stage, "イ")
    assert post(stage.browser("121"), f"/tasks/W11/{second}/place", {"place": 0}).status_code == 403
    assert names(stage) == ["ア", "イ"]
    lead = stage.browser("130")
    assert post(lead, f"/tasks/W11/{second}/place", {"place": 0}).status_code == 302
    assert names(stage) == ["イ", "ア"]
    assert post(lead, f"/tasks/W11/{first}/place", {"place": "-1"}).status_code == 422


def rows_of(page: str) -> list[str]:
    return re.findall(r'id="task-\d+">\s*<th[^>]*>([^<]*)<', page)


def test_filters_and_words(stage: Stage) -> None:
    make(stage, "入所の相談", ("121",), ("122",), process="窓口と電話", telework="partly")
    make(stage, "口座振替", ("122",), ("131",), telework="no")
    make(stage, "園長会", ("131",), telework="yes")
    browser = stage.browser("100")
    for asked, expected in (
        ("", ["入所の相談", "口座振替", "園長会"]),
        ("?q=電話", ["入所の相談"]),
        ("?q=河野", ["入所の相談", "口座振替"]),
        ("?person=131", ["口座振替", "園長会"]),
        ("?telework=no", ["口座振替"]),
        ("?telework=nonsense", ["入所の相談", "口座振替", "園長会"]),
        ("?gaps=1", ["園長会"]),
        ("?q=ないもの", []),
    ):
        assert rows_of(browser.get(f"/tasks/W11{asked}").text) == expected, asked
    calls = stage.api("100", "unit:read").get("/units/W12/tasks?telework=no").json
    assert calls["unit"] == "W11"
    assert [task["name"] for task in calls["tasks"]] == ["口座振替"]
    assert calls["tasks"][0]["sub"] == [
        {"staff": "131", "name": CAST["131"].name, "here": True},
    ]
    assert calls["figures"] == {"tasks": 3, "yes": 1, "partly": 1, "no": 1}


def test_who_stands_alone_is_named_to_who_leads_only(stage: Stage) -> None:
    for n in range(3):
        make(stage, f"業務{n}", ("131",))
    chief, member = (stage.browser(number).get("/tasks/W11").text for number in ("100", "121"))
    assert "今井 哲也（3）" in chief
    assert "今井 哲也（3）" not in member
    assert "副担のいない業務 <b>3</b>" in member


def test_somebody_who_has_moved_is_shown_as_gone(stage: Stage) -> None:
    task = make(stage, mains=("220",), subs=("121",))
    page = stage.browser("100").get("/tasks/W11").text
    assert "主担なし" in page
    assert "小野 亮" in page
    assert "（今はいない）" in page
    assert (
        post(
            stage.browser("100"),
            f"/tasks/W11/{task}",
            form(mains="小野 亮", subs="121", timing="毎日"),
        ).status_code
        == 302
    )  # the rest can be mended first
    assert queries.backups_for(stage.ids["220"])[0][1] == [stage.ids["121"]]


def test_reads_for_other_features(stage: Stage) -> None:
    make(stage, "ア", ("121",), ("122", "131"))
    make(stage, "イ", ("131",), ("121",))
    make(stage, "ウ", ("122",))
    assert [task.name for task in queries.tasks_of(stage.ids["121"])] == ["ア", "イ"]
    found = {task.name: people for task, people in queries.backups_for(stage.ids["121"])}
    assert found == {
        "ア": [stage.ids["122"], stage.ids["131"]],
        "イ": [stage.ids["131"]],
    }
    ids = list(db.session.scalars(select(Task.id)))
    assert set(queries.tasks_by_id(ids)) == set(ids)


def test_who_can_answer_now(stage: Stage) -> None:
    make(stage, "口座振替", ("121",), ("122", "131"))
    stage.api("121").post("/me/status", {"state": "busy"})
    stage.api("122").post("/me/status", {"state": "away"})
    stage.settle()
    page = stage.browser("100").get("/tasks/W11/ask?q=口座").text
    found = re.findall(r'data-person="(\d+)"', page)
    assert found[:3] == ["131", "121", "122"]  # there first, then in the order of the sheet
    assert '<span class="number">7109' in page
    calm = stage.browser("100").get("/tasks/W11/ask").text
    assert "いま主担に連絡がつかない業務 1件" in calm
    stage.api("121").post("/me/status", {"state": "available"})
    stage.settle()
    assert "どの業務も、主担に連絡がつきます" in stage.browser("100").get("/tasks/W11/ask").text
