"""Taking in segments: by command and on the page, all faults at once, all or nothing, replaced by 取込元 and date."""

import io
import re
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from tests.doors import csrf
from tests.features.plan_play import THURSDAY, add, stored
from tests.stage import Stage
from webapp.core import clock, facts
from webapp.core.db import db, transaction
from webapp.core.refusals import Conflict
from webapp.org import importing
from webapp.org.commands import import_group
from webapp.org.import_order import Order
from webapp.plans import commands as _commands  # noqa: F401 adds the kind
from webapp.plans import service as plans
from webapp.plans.models import PlannedSegment
from webapp.plans.service import Entry

HEAD = "職員番号,日付,開始,終了,区分,拠点,取込元"
FRIDAY = date(2026, 11, 27)


def file_of(*lines: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *lines]).encode("cp932")


def run(tmp_path: Path, content: bytes, *words: str) -> Result:
    file = tmp_path / "予定.csv"
    file.write_bytes(content)
    return CliRunner().invoke(import_group, ("segments", str(file), *words))


def take(content: bytes) -> Any:
    order = Order("segments", "予定.csv", content)
    return importing.take_in(order, actor=None, now=clock.now())


def count() -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).select_from(PlannedSegment)) or 0)


# --- bad files ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ("999,2026-11-26,,,休暇等,,", "職員番号", "999 という職員はいません"),
        (",2026-11-26,,,休暇等,,", "職員番号", "空です"),
        ("121,11/31,,,休暇等,,", "日付", "2026-04-01 のように"),
        ("121,,,,休暇等,,", "日付", "日付を入れてください"),
        ("121,2026-11-26,8:30,,休暇等,,", "終了", "片方だけ"),
        ("121,2026-11-26,10:00,9:00,会議,,", "終了", "開始より後の時刻"),
        ("121,2026-11-26,8時半,9:00,会議,,", "開始", "8:30 のように"),
        ("121,2026-11-26,,,おやすみ,,", "区分", "のどれかにしてください"),
        ("121,2026-11-26,,,,,", "区分", "空です"),
        ("121,2026-11-28,,,在宅,,", "開始", "開始と終了を入れてください"),
        ("121,2026-11-26,,,在宅,,manual", "取込元", "システムの名前"),
        ("121,2026-11-26,,,在宅,,request:3", "取込元", "システムの名前"),
        (f"121,2026-11-26,,,在宅,{'あ' * 61},", "拠点", "60文字以内"),
    ],
)
def test_a_fault_says_where_and_what_would_be_right(
    stage: Stage, tmp_path: Path, line: str, column: str, words: str
) -> None:
    refused = run(tmp_path, file_of("120,2026-11-26,,,休暇等,,庶務事務", line))
    assert refused.exit_code == 1
    (told, sum_) = refused.stderr.splitlines()
    assert told.startswith(f"予定.csv 3行目 {column}: ")
    assert words in told
    assert "誤りが 1 件あります。何も変えていません。" in sum_
    assert count() == 0


def test_all_faults_of_a_file_come_in_one_answer(stage: Stage, tmp_path: Path) -> None:
    refused = run(
        tmp_path,
        file_of(
            "999,2026-11-26,,,休暇等,,",
            "121,2026-11-26,8:30,12:00,在宅,,",
            "121,2026-11-26,11:00,14:00,休暇等,,",
            "121,2026-11-26,11:00,14:00,会議,,",  # a meeting contradicts no place
            "122,昨日,,,夏休み中,,",
        ),
    )
    assert [line.split(": ")[0] for line in refused.stderr.splitlines()[:-1]] == [
        "予定.csv 2行目 職員番号",
        "予定.csv 4行目 開始",
        "予定.csv 6行目 日付",
        "予定.csv 6行目 区分",
    ]
    assert "3行目の在宅 8:30〜12:00と重なっています" in refused.stderr
    assert count() == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "何も書かれていません"),
        (file_of(head="職員番号,日付"), "見出し「区分」がありません"),
        (b"PK\x03\x04broken", "Excel のファイルとして読み取れません"),
    ],
)
def test_no_table_at_all(stage: Stage, tmp_path: Path, content: bytes, words: str) -> None:
    refused = run(tmp_path, content)
    assert refused.exit_code == 1
    assert words in refused.stderr


# --- what an import means -------------------------------------------------------------------


def test_dry_run_tells_and_changes_nothing(stage: Stage, tmp_path: Path) -> None:
    told = run(tmp_path, file_of("121,2026-11-26,,,休暇等,,庶務事務"), "--dry-run")
    assert told.exit_code == 0
    assert "新しいもの: 1" in told.output
    assert "桜井 剛" in told.output
    assert "11月26日（木） 8:30〜17:15 休暇等" in told.output
    assert count() == 0


def test_the_same_source_is_replaced_on_the_dates_of_the_file_and_nothing_else(
    stage: Stage,
) -> None:
    take(
        file_of(
            "121,2026-11-26,8:30,12:00,休暇等,,庶務事務",
            "122,2026-11-26,,,出張,県庁,庶務事務",
            "121,2026-11-27,,,休暇等,,庶務事務",
            "121,2026-11-26,13:00,14:00,会議,,グループウェア",
        )
    )
    add(stage, "121", "121", kind="home", extent="pm")
    take(file_of("121,2026-11-26,8:30,12:00,年休,,庶務事務", "131,2026/11/26,,,在宅,,庶務事務"))
    assert stored(stage, "121") == [
        "leave 510-720 (庶務事務)",
        "meeting 780-840 (グループウェア)",
        "home 780-1035 (manual)",
    ]
    assert stored(stage, "122") == []  # the file is the whole of what 庶務事務 says of that date
    assert stored(stage, "131") == ["home 510-1035 (庶務事務)"]
    assert stored(stage, "121", FRIDAY) == ["leave 510-1035 (庶務事務)"]


def test_what_stays_the_same_keeps_its_place_below_what_was_entered_since(stage: Stage) -> None:
    content = file_of("121,2026-11-26,,,休暇等,,庶務事務")
    take(content)
    add(stage, "121", "121", kind="office")
    assert not take(content).changes_something
    assert stored(stage, "121") == ["leave 510-1035 (庶務事務)", "office 510-1035 (manual)"]


@pytest.mark.parametrize("word", ["休暇", "年休", "病休", "育休", "振替休日", "休暇等"])
def test_the_kind_of_a_leave_is_never_stored(stage: Stage, word: str) -> None:
    take(file_of(f"121,2026-11-26,,,{word},,庶務事務"))
    assert stored(stage, "121") == ["leave 510-1035 (庶務事務)"]
    row = db.session.scalars(select(PlannedSegment)).one()
    told = " ".join(str(value) for value in vars(row).values())
    assert word == "休暇等" or word not in told


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        ("出勤,", "office 510-1035 (取込)"),
        ("モバイル,", "mobile 510-1035 (取込)"),
        ("外出,県庁", "trip 510-1035 県庁 (取込)"),
        ("災害配備,災害対策本部", "disaster 510-1035 災害対策本部 (取込)"),
    ],
)
def test_other_words_for_the_same(stage: Stage, cells: str, line: str) -> None:
    take(file_of(f"121,2026-11-26,,,{cells},"))
    assert stored(stage, "121") == [line]


def test_columns_in_another_order_as_xlsx(stage: Stage) -> None:
    from openpyxl import Workbook

    book = Workbook()
    assert book.active is not None
    for row in (
        ("区分", "終了", "開始", "日付", "職員番号"),
        ("会議", "11:00", "10:00", date(2026, 11, 26), 121),
    ):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    take(content.getvalue())
    assert stored(stage, "121") == ["meeting 600-660 (取込)"]


def test_today_on_the_board(stage: Stage) -> None:
    with stage.frames() as sent:
        take(file_of("121,2026-11-24,,,休暇等,,庶務事務", "122,2026-11-26,,,休暇等,,庶務事務"))
    assert any(event == "rows" and room == "W12:full" for event, _payload, room in sent)
    assert stage.row("121")["place"] == "leave"


def test_the_caches_of_the_organisation_stay_good(stage: Stage) -> None:
    before = facts.stamp("org")
    take(file_of("121,2026-11-24,,,休暇等,,庶務事務"))
    assert facts.stamp("org") == before


def test_what_came_in_between_is_not_overwritten_unseen(stage: Stage) -> None:
    order = Order("segments", "予定.csv", file_of("121,2026-11-26,,,休暇等,,庶務事務"))
    checked = importing.check(order, now=clock.now())
    with transaction():
        plans.put_day(stage.ids["122"], THURSDAY, [Entry(510, 1035, "leave")], source="庶務事務")
    with pytest.raises(Conflict), transaction():
        checked.write(None)  # type: ignore[arg-type]
    assert stored(stage, "121") == []


def test_two_at_once_leave_one_of_each(stage: Stage) -> None:
    content = file_of(*(f"{n},2026-11-26,,,休暇等,,庶務事務" for n in ("120", "121", "122")))
    faults: list[Exception] = []

    def one() -> None:
        with stage.app.app_context():
            try:
                take(content)
            except Conflict as late:
                faults.append(late)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count() == 3


# --- on the page ----------------------------------------------------------------------------


def upload(stage: Stage, viewer: str, content: bytes) -> tuple[Any, Any]:
    browser = stage.browser(viewer)
    data = {
        "csrf_token": csrf(browser),
        "kind": "segments",
        "file": (io.BytesIO(content), "予定.csv"),
    }
    return browser, browser.post("/admin/import", data=data, content_type="multipart/form-data")


def test_the_same_on_the_page_with_its_preview(stage: Stage) -> None:
    browser, answer = upload(stage, "800", file_of("121,2026-11-26,,,年休,,庶務事務"))
    page = browser.get(answer.location).get_data(as_text=True)
    assert "11月26日（木） 8:30〜17:15 休暇等" in page
    assert count() == 0
    stamp = re.search(r'name="stamp" value="([^"]*)"', page)
    assert stamp
    form = {"csrf_token": csrf(browser), "stamp": stamp[1]}
    assert browser.post(f"{answer.location}/apply", data=form).status_code == 303
    assert stored(stage, "121") == ["leave 510-1035 (庶務事務)"]


@pytest.mark.parametrize("viewer", ["121", "100"])
def test_others_take_no_file_in(stage: Stage, viewer: str) -> None:
    _browser, answer = upload(stage, viewer, file_of("121,2026-11-26,,,年休,,庶務事務"))
    assert answer.status_code == 403
    assert count() == 0
