"""positions, demand and skills as files: by command and on the page; all or nothing, and there and back."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook

from tests.doors import post
from tests.features.test_positions import TUESDAY, hours, make, names, text
from tests.stage import Stage
from webapp.core.db import db
from webapp.org.commands import import_group
from webapp.positions import commands, queries, stored
from webapp.positions.rules import Group, Kind, Staffed

assert commands

POSITIONS = (
    "所属コード,持ち場,種類,配置,拠点,必要技能,負担\n"
    "W11,窓口1,窓口,当番制,,住基 戸籍,1.2\n"
    "W11,電話（主）,電話,在席者,,,\n"
    "W21,窓口1,窓口,当番制,四ツ谷,,1\n"
)
DEMAND = (
    "所属コード,持ち場,曜日または日付,開始,終了,必要,望ましい,経験者\n"
    "W11,窓口1,平日,9:00,12:00,2,3,1\n"
    "W11,窓口1,2026-12-13,9:00,12:00,1,,\n"
    "W21,窓口1,月〜水・金,9:00,16:30,1,1,0\n"
    ",電話（主）,毎日,8:30,17:15,1,2,0\n"
)
SKILLS = (
    "職員番号,技能,経験区分,連続上限分,日上限分,公平の群\n"
    "121,住基、戸籍,経験者,90,180,輪番\n"
    "122,住基,見習い,,,専任\n"
)


@pytest.fixture
def take(stage: Stage, tmp_path: Path) -> Callable[..., Result]:
    def run(kind: str, content: str | bytes, *words: str) -> Result:
        file = tmp_path / f"{kind}.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode("cp932"))
        answer = CliRunner().invoke(import_group, [kind, str(file), *words])
        db.session.rollback()
        return answer

    return run


def post_named(stage: Stage, name: str, unit: str = "W11") -> Any:
    found = {post.name: post for post in queries.posts_of([stage.units[unit]], TUESDAY)}
    return found[name]


def bands(stage: Stage, name: str, unit: str = "W11") -> list[tuple[int, ...]]:
    rows = stored.band_rows([post_named(stage, name, unit).id])
    return [
        (r.weekdays, r.start_minute, r.end_minute, r.need, r.ideal, r.experienced) for r in rows
    ]


def test_positions_are_the_whole_of_the_units_named(stage: Stage, take: Any) -> None:
    make(stage, "古い窓口")
    make(stage, "ほかの係", unit="W13")
    told = take("positions", POSITIONS, "--dry-run")
    assert told.exit_code == 0, told.output
    assert "新しいもの: 3" in told.output
    assert "なくなるもの: 1" in told.output
    assert "サテライトの名前" in told.output
    assert names(stage) == ["古い窓口"]
    assert take("positions", POSITIONS).exit_code == 0
    assert names(stage) == ["窓口1", "電話（主）"]
    assert names(stage, "W13") == ["ほかの係"]
    counter, phone = (post_named(stage, name) for name in ("窓口1", "電話（主）"))
    assert (counter.skills, counter.burden) == ({"住基", "戸籍"}, 1.2)
    assert (phone.kind, phone.staffed) == (Kind.PHONE, Staffed.ANYONE)
    assert "変わるところはありません" in take("positions", POSITIONS).output


def test_columns_in_any_order_and_unknown_ones_are_said(stage: Stage, take: Any) -> None:
    make(stage, skills=("英語",), burden=2.0)
    told = take("positions", "色,持ち場,所属コード\n赤,窓口1,W11\n".encode())
    assert told.exit_code == 0
    assert "知らない見出しの列は読みませんでした: 色" in told.output
    assert post_named(stage, "窓口1").skills == {"英語"}
    assert post_named(stage, "窓口1").burden == 2.0


@pytest.mark.parametrize(
    ("kind", "line", "told"),
    [
        ("positions", "W21X,窓口9,,,,,", "4行目 所属コード: W21X という所属は、いまありません → W21 のことですか"),
        ("positions", "W11,窓口1,窓口,当番制,,,1", "4行目 持ち場: 2行目と同じ所属・同じ持ち場です"),
        ("positions", "W11,窓口3,まど,当番制,,,1", "4行目 種類: 「まど」はありません → 窓口・電話・その他"),
        ("positions", "W11,窓口3,窓口,当番制,,,9", "4行目 負担: 「9」は使えません → 0 から 5"),
        ("demand", "W11,窓口9,月,9:00,12:00,1,,", "4行目 持ち場: 「窓口9」という持ち場はありません → 窓口1 の"),
        ("demand", ",窓口1,月,9:00,12:00,1,,", "「窓口1」は 2 つの所属にあります → 所属コードの列を"),
        ("demand", "W11,窓口1,まいにち,9:00,12:00,1,,", "4行目 曜日または日付: 「まいにち」は曜日でも日付でも"),
        ("demand", "W11,窓口1,平日,12:00,9:00,1,,", "4行目 終了: 終了が開始より前か同じです"),
        ("demand", "W11,窓口1,平日,9:00,12:00,2,1,", "4行目 望ましい: 望ましい（1）が必要（2）より少ないです → 2 以上"),
        ("demand", "W11,窓口1,平日,9:00,12:00,2,2,3", "4行目 経験者: 経験者（3）が必要（2）より多いです → 2 以下"),
        ("demand", "W11,窓口1,平日,18:00,19:00,1,,", "4行目 開始: 開庁時間の外です → 平日 は 9:00〜16:30"),
        ("skills", "999,住基,経験者,,,", "4行目 職員番号: 999 という職員はいません"),
        ("skills", "130,住基,ベテラン,,,", "4行目 経験区分: 「ベテラン」はありません → 経験者・見習い"),
        ("skills", "130,住基,,5,,", "4行目 連続上限分: 「5」は使えません → 15 から 1440"),
        ("skills", "121,住基,,,,", "4行目 職員番号: 2行目と同じ職員です"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place_and_nothing_is_taken(
    stage: Stage, take: Any, kind: str, line: str, told: str
) -> None:
    if kind == "demand":
        make(stage)
        make(stage, unit="W21")
        hours(stage)
    whole = {"positions": POSITIONS, "demand": DEMAND, "skills": SKILLS}[kind].splitlines()[:3]
    if kind == "demand":
        whole[2] = "W11,窓口1,月,9:00,12:00,1,1,0"
    refused = take(kind, "\n".join([*whole, line, ""]))
    assert refused.exit_code == 1, refused.output
    assert told in refused.stderr
    assert f"{kind}.csv 4行目 " in refused.stderr
    if kind == "positions":
        assert names(stage) == []
    if kind == "demand":
        assert bands(stage, "窓口1") == []
    assert stored.profiles([stage.ids["121"]])[stage.ids["121"]].skills == set()


def test_demand_is_the_whole_of_the_positions_named(stage: Stage, take: Any) -> None:
    take("positions", POSITIONS)
    assert take("demand", DEMAND).exit_code == 1  # a Sunday without hours
    hours(stage, day=date(2026, 12, 13), weekdays=0)
    told = take("demand", DEMAND)
    assert told.exit_code == 0, told.output
    assert bands(stage, "窓口1") == [(31, 540, 720, 2, 3, 1), (0, 540, 720, 1, 1, 0)]
    assert bands(stage, "窓口1", "W21") == [(0b10111, 540, 990, 1, 1, 0)]
    assert bands(stage, "電話（主）") == [(127, 510, 1035, 1, 2, 0)]
    take("demand", "持ち場,曜日または日付,開始,終了,必要\n電話（主）,月,9:00,10:00,3\n")
    assert bands(stage, "電話（主）") == [(1, 540, 600, 3, 3, 0)]
    assert len(bands(stage, "窓口1")) == 2


def test_skills_of_those_named_alone(stage: Stage, take: Any) -> None:
    assert take("skills", SKILLS).exit_code == 0
    said = stored.profiles([stage.ids["121"], stage.ids["122"]])
    first, second = said[stage.ids["121"]], said[stage.ids["122"]]
    assert first.skills == {"住基", "戸籍"}
    assert (first.experienced, first.max_consecutive_minutes) == (True, 90)
    assert (second.experienced, second.group) == (False, Group.DEDICATED)
    take("skills", "職員番号,技能\n121,住基\n")
    first = stored.profiles([stage.ids["121"]])[stage.ids["121"]]
    assert first.skills == {"住基"}
    assert first.max_daily_minutes == 180


def test_from_a_workbook(stage: Stage, take: Any, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in POSITIONS.splitlines():
        sheet.append(line.split(","))
    book.save(tmp_path / "p.xlsx")
    assert take("positions", (tmp_path / "p.xlsx").read_bytes()).exit_code == 0
    assert names(stage) == ["窓口1", "電話（主）"]


# --- on the page -----------------------------------------------------------------------------------


def send(browser: Any, kind: str, content: str, unit: str = "W11") -> Any:
    return post(browser, f"/positions/{unit}/import", {"kind": kind, "text": content})


def apply(browser: Any, preview: Any) -> Any:
    stamp = text(browser.get(preview.location)).split('name="stamp" value="')[1].split('"')[0]
    return post(browser, preview.location + "/apply", {"stamp": stamp})


def test_out_and_in_again_is_the_same(stage: Stage, take: Any) -> None:
    take("positions", POSITIONS)
    hours(stage, day=date(2026, 12, 13), weekdays=0)
    take("demand", DEMAND)
    take("skills", SKILLS)
    browser = stage.browser("100")
    for kind in ("positions", "demand", "skills"):
        for encoding in ("utf-8", "cp932"):
            out = browser.get(f"/positions/W11/{kind}.csv?encoding={encoding}")
            assert out.status_code == 200
            told = take(kind, out.data)
            assert "変わるところはありません" in told.output, told.output
    assert stage.browser("122").get("/positions/W11/positions.csv").status_code == 403


def test_the_page_shows_the_difference_before_it_takes_it(stage: Stage) -> None:
    browser = stage.browser("100")
    content = "\n".join(POSITIONS.splitlines()[:3])
    preview = send(browser, "positions", content)
    assert preview.status_code == 303
    assert "電話（主）" in text(browser.get(preview.location))
    assert names(stage) == []
    assert stage.browser("110").get(preview.location).status_code == 404  # somebody else's file
    assert apply(browser, preview).status_code == 303
    assert names(stage) == ["窓口1", "電話（主）"]


def test_a_file_of_one_unit_changes_no_other(stage: Stage) -> None:
    browser = stage.browser("100")
    assert browser.get(send(browser, "positions", POSITIONS).location).status_code == 403
    preview = send(browser, "skills", "職員番号,技能\n220,住基\n")
    assert browser.get(preview.location).status_code == 403
    assert post(browser, preview.location + "/apply", {"stamp": "0"}).status_code in (303, 403)
    assert stored.profiles([stage.ids["220"]])[stage.ids["220"]].skills == set()
    administrator = stage.browser("900")
    assert apply(administrator, send(administrator, "positions", POSITIONS)).status_code == 303
    assert names(stage, "W21") == ["窓口1"]


def test_a_change_on_the_page_meanwhile_asks_again(stage: Stage) -> None:
    browser = stage.browser("100")
    preview = send(browser, "positions", "\n".join(POSITIONS.splitlines()[:3]))
    stamp = text(browser.get(preview.location)).split('name="stamp" value="')[1].split('"')[0]
    make(stage, "先に足した窓口")
    answer = post(browser, preview.location + "/apply", {"stamp": stamp})
    assert answer.location == preview.location
    assert names(stage) == ["先に足した窓口"]


def test_the_administration_takes_the_same_files(stage: Stage) -> None:
    browser = stage.browser("900")
    page = text(browser.get("/admin/import"))
    assert 'value="positions"' in page
    answer = post(browser, "/admin/import", {"kind": "positions", "text": POSITIONS})
    assert "窓口1" in text(browser.get(answer.location))
