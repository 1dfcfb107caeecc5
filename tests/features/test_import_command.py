"""`zaiseki import …`: what it says, and its exit status."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from webapp.core.db import db
from webapp.org.commands import import_group
from webapp.org.models import OrgImport

DATA = Path(__file__).parent.parent / "data" / "wakaba-city"


def run(*words: str) -> Result:
    return CliRunner().invoke(import_group, words)


def imports() -> int:
    return int(db.session.scalar(select(func.count()).select_from(OrgImport)) or 0)


def test_dry_run_tells_and_changes_nothing(app) -> None:
    told = run("units", str(DATA / "units.csv"), "--dry-run")
    assert told.exit_code == 0
    assert "新しい所属: 177" in told.output
    assert imports() == 0
    assert run("units", str(DATA / "units.csv")).exit_code == 0
    assert imports() == 1
    assert "変わるところはありません" in run("units", str(DATA / "units.csv")).output


def test_a_broken_file_is_refused_with_a_line_for_each_fault(app) -> None:
    run("units", str(DATA / "units.csv"))
    refused = run("staff", str(DATA / "staff-broken.csv"))
    assert refused.exit_code == 1
    lines = refused.stderr.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("staff-broken.csv 4行目 職員番号: ")
    assert "市民" not in refused.stdout
    assert imports() == 1


@pytest.mark.parametrize(
    "words",
    [
        ("units", "no-such-file.csv"),
        ("units", str(DATA / "units.csv"), "--effective", "4/1"),
        ("units", str(DATA / "units.csv"), "--publish-at", "soon"),
        (
            "units",
            str(DATA / "units.csv"),
            "--effective",
            "2027-04-01",
            "--publish-at",
            "2027-05-01T09:00",
        ),
        ("patterns", str(DATA / "patterns.csv"), "--effective", "2027-04-01"),
        ("nothing", str(DATA / "units.csv")),
    ],
)
def test_wrong_use(app, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2
    assert imports() == 0


def test_ahead_of_time(app) -> None:
    run("units", str(DATA / "units.csv"))
    days = ("--effective", "2027-04-01", "--publish-at", "2027-03-24T09:00")
    told = run("units", str(DATA / "units-2027-04-01.csv"), *days)
    assert told.exit_code == 0, told.output
    assert "公表日時 2027-03-24 09:00" in told.output


def test_closures(app, tmp_path: Path) -> None:
    file = tmp_path / "closures.csv"
    file.write_text(
        "拠点,日付,開始,終了,理由\n,2026-12-28,,,設備点検\n四ツ谷,2026-12-28,13:00,17:15,\n"
    )
    assert run("closures", str(file)).exit_code == 0
    assert "変わるところはありません" in run("closures", str(file)).output
    file.write_text("拠点,日付,開始,終了,理由\n,12月28日,,,設備点検\n")
    assert run("closures", str(file)).exit_code == 1
