"""Card readers and 庶務事務: by HTTP, by file, through the watched folder; each row once."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from tests.stage import Stage
from webapp.attendance import importing, inbox
from webapp.attendance.commands import close_day, import_punches
from webapp.attendance.models import ImportedPunch, Punch
from webapp.attendance.settings import CLOSED_THROUGH
from webapp.core import clock, settings
from webapp.core.db import db, transaction

HEADER = "職員番号,日時,種別,勤務場所,拠点,取込元,備考\n"
MORNING = (
    HEADER
    + "121,2026-11-24T08:21,始業,出勤,,カード,\n"
    + "122,2026-11-24 08:29:10,始業,,,カード,\n"
    + "131,2026/11/24 8:30,始業,モバイル,,カード,早番\n"
)


def punches(number: str, stage: Stage) -> list[Punch]:
    db.session.rollback()
    query = select(Punch).where(Punch.staff_id == stage.ids[number], Punch.voided_at.is_(None))
    return list(db.session.scalars(query.order_by(Punch.at)))


def how_many() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Punch.id))) or 0


def row(**changes: Any) -> dict[str, Any]:
    return {"職員番号": "121", "日時": "2026-11-24T08:21:00+09:00", "種別": "始業"} | changes


def test_http_needs_a_token_that_may(stage: Stage) -> None:
    for scopes in ("self", "unit:write", "org:read"):
        assert stage.api("900", scopes).post("/punches", [row()]).status_code == 403
    browser = stage.browser("900")
    assert browser.post("/api/v1/punches", json=[row()]).status_code in (400, 403)
    assert how_many() == 0
    answer = stage.api("900", "punch:write").post("/punches", [row()])
    assert (answer.status_code, answer.json) == (
        200,
        {"accepted": 1, "repeated": 0, "refused": []},
    )


def test_http_takes_each_row_for_itself_and_once(stage: Stage) -> None:
    api = stage.api("900", "punch:write")
    rows = [
        row(取込元="玄関"),
        row(職員番号="999"),
        row(日時="8:30"),
        row(種別="打刻"),
        row(勤務場所="休暇等"),
        "121",
    ]
    answer = api.post("/punches", rows).json
    assert (answer["accepted"], answer["repeated"]) == (1, 0)
    assert [(r["row"], r["field"]) for r in answer["refused"]] == [
        (2, "職員番号"),
        (3, "日時"),
        (4, "種別"),
        (5, "勤務場所"),
        (6, ""),
    ]
    assert all(r["message"] for r in answer["refused"])
    again = api.post("/punches", rows).json
    assert (again["accepted"], again["repeated"], len(again["refused"])) == (0, 1, 5)
    assert how_many() == 1


def test_a_card_read_twice_is_one_and_stays_one(stage: Stage) -> None:
    api = stage.api("900", "punch:write")
    reads = [row(日時=f"2026-11-24T08:21:{second}") for second in ("00", "20", "59")]
    assert api.post("/punches", reads).json == {"accepted": 1, "repeated": 2, "refused": []}
    assert api.post("/punches", reads[::-1]).json["repeated"] == 3
    later = api.post("/punches", [row(日時="2026-11-24T08:22:30")]).json
    assert later["accepted"] == 1
    assert len(punches("121", stage)) == 2


def test_a_card_beside_ones_own_report_is_kept_without_a_flag(stage: Stage) -> None:
    stage.api("121").punch("start", "s", place="home", client_at="2026-11-24T08:21:10+09:00")
    api = stage.api("900", "punch:write")
    assert api.post("/punches", [row()]).json["repeated"] == 1  # the same minute: one report
    assert api.post("/punches", [row(日時="2026-11-24T08:26")]).json["accepted"] == 1
    assert [punch.flag for punch in punches("121", stage)] == [None, None]


def test_rows_in_any_order_find_their_place(stage: Stage) -> None:
    api = stage.api("900", "punch:write")
    night = [
        row(日時="2026-11-24T05:10", 種別="終業"),
        row(日時="2026-11-23T20:00", 種別="始業"),
    ]
    api.post("/punches", night[:1])
    assert [punch.flag for punch in punches("121", stage)] == ["no_start"]
    api.post("/punches", [row(日時="2026-11-24T05:00", 種別="始業")])
    assert [punch.flag for punch in punches("121", stage)] == [None, None]
    api.post("/punches", [night[1] | {"職員番号": "122"}, night[0] | {"職員番号": "122"}])
    assert {punch.business_on.day for punch in punches("122", stage)} == {23}


def test_the_board_shows_it_once(stage: Stage) -> None:
    stage.telework("121")
    with stage.frames() as sent:
        stage.api("900", "punch:write").post(
            "/punches", [row(勤務場所="在宅"), row(日時="2026-11-24T09:00", 種別="中抜け")]
        )
    mine = [r for _, p, room in sent if room == "W12:full" for r in p["rows"]]
    assert [r["state"] for r in mine if r["staff"] == "121"] == ["away"]
    with stage.frames() as sent:
        stage.api("900", "punch:write").post("/punches", [row(日時="2026-11-02T08:30")])
    assert sent == []  # three weeks ago: nobody's board


def test_a_closed_month_takes_no_more(stage: Stage) -> None:
    close_october(stage)
    answer = stage.api("900", "punch:write").post("/punches", [row(日時="2026-10-30T08:30")]).json
    assert [r["field"] for r in answer["refused"]] == ["日時"]


def close_october(stage: Stage) -> None:
    with transaction():
        settings.put(CLOSED_THROUGH, "2026-10", by=None, now=clock.now())


# --- the command ----------------------------------------------------------------------------


def run(tmp_path: Path, text: str, *options: str, encoding: str = "utf-8") -> Any:
    file = tmp_path / "punches.csv"
    file.write_bytes(text.encode(encoding))
    return CliRunner().invoke(import_punches, [str(file), *options])


def test_the_command_takes_a_file_and_again_nothing(stage: Stage, tmp_path: Path) -> None:
    dry = run(tmp_path, MORNING, "--dry-run")
    assert (dry.exit_code, how_many()) == (0, 0)
    assert "3件を新しい報告になります" in dry.output
    for encoding in ("utf-8-sig", "cp932"):
        done = run(tmp_path, MORNING, encoding=encoding)
        assert done.exit_code == 0, done.output
        assert how_many() == 3
    assert "0件を取り込みました（済み・二重 3件）" in done.output
    [one] = punches("131", stage)
    assert (one.place, one.source, one.note, one.imported) == ("mobile", "カード", "早番", True)


def test_one_faulty_row_refuses_the_whole_file(stage: Stage, tmp_path: Path) -> None:
    text = MORNING + "777,2026-11-24T08:40,始業,,,カード,\n121,きょう,退勤,自宅,,カード,\n"
    refused = run(tmp_path, text)
    assert refused.exit_code == 1
    assert how_many() == 0
    for told in ("punches.csv 5行目 職員番号", "6行目 日時", "6行目 種別", "6行目 勤務場所"):
        assert told in refused.output
    assert "何も変えていません" in refused.output


def test_wrong_use_is_2(stage: Stage, tmp_path: Path) -> None:
    assert CliRunner().invoke(import_punches, [str(tmp_path / "none.csv")]).exit_code == 2


def test_close_day_only_tells(stage: Stage) -> None:
    api = stage.api("900", "punch:write")
    api.post(
        "/punches", [row(日時="2026-11-23T08:30"), row(日時="2026-11-23T08:30", 職員番号="122")]
    )
    api.post("/punches", [row(日時="2026-11-23T17:15", 種別="終業", 職員番号="122")])
    told = CliRunner().invoke(close_day, [])
    assert told.exit_code == 0
    assert "入所係 121 桜井 剛 始業 8:30" in told.output
    assert "1人" in told.output
    assert how_many() == 3
    assert CliRunner().invoke(close_day, ["--date", "きのう"]).exit_code == 2


# --- the watched folder ---------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "inbox"
    found.mkdir()
    return found


def put(folder: Path, name: str, text: str, *, age_s: int = 60) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    written = (clock.now() - timedelta(seconds=age_s)).timestamp()
    os.utime(file, (written, written))
    return file


def test_the_folder_is_emptied_into_done_and_refused(stage: Stage, folder: Path) -> None:
    put(folder, "a.csv", MORNING)
    put(folder, "b.csv", HEADER + "999,2026-11-24T08:40,始業,,,カード,\n")
    put(folder, "still-written.csv", MORNING, age_s=2)
    put(folder, "readme.md", "ours?")
    assert sorted(inbox.take_inbox(folder, now=clock.now())) == [("a.csv", True), ("b.csv", False)]
    assert how_many() == 3
    assert (folder / "done" / "a.csv").exists()
    assert "999" in (folder / "refused" / "b.csv.txt").read_text(encoding="utf-8")
    assert sorted(f.name for f in folder.iterdir() if f.is_file() and f.name != inbox.LOCK) == [
        "readme.md",
        "still-written.csv",
    ]
    assert inbox.take_inbox(folder, now=clock.now()) == []


def test_the_same_name_every_day_overwrites_nothing(stage: Stage, folder: Path) -> None:
    for minute in ("40", "41", "42"):
        put(folder, "card.csv", HEADER + f"121,2026-11-24T08:{minute},場所,在庁,,カード,\n")
        inbox.take_inbox(folder, now=clock.now())
    assert len(list((folder / "done").iterdir())) == 3


def test_a_crash_between_commit_and_move_doubles_nothing(
    stage: Stage, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "a.csv", MORNING)

    def crash(*_args: Any, **_kwargs: Any) -> None:
        raise OSError("the power went")

    with monkeypatch.context() as broken:
        broken.setattr(inbox, "_move", crash)
        assert inbox.take_inbox(folder, now=clock.now()) == []
    assert how_many() == 3
    assert inbox.take_inbox(folder, now=clock.now()) == [("a.csv", True)]
    assert how_many() == 3
    assert (db.session.scalar(select(func.count(ImportedPunch.id))) or 0) == 3


def test_reports_made_while_a_file_is_read_are_seen(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Someone reports between the fitting and the writing: fitted again, so that flags and twins are right."""
    fitted, times = importing._fitted, []

    def and_then_a_report(people: Any) -> Any:
        plan = fitted(people)
        times.append(1)
        if len(times) == 1:
            stage.api("121").punch("start", "s", client_at="2026-11-24T08:21:30+09:00")
        return plan

    monkeypatch.setattr(importing, "_fitted", and_then_a_report)
    taken = importing.take_file(MORNING.encode(), "a.csv", actor=None, now=clock.now())
    assert (taken.accepted, taken.repeated, len(times)) == (2, 1, 2)
    assert [p.flag for p in punches("121", stage)] == [None]
