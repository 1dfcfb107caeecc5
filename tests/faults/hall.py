"""A town hall to break: made with the product's own commands, so that it stands on either database."""

import csv
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from webapp.core import clock

ROOT = Path(__file__).resolve().parents[2]
SECRET_KEY = "only-for-faults-" * 3
SCOPES = "self,unit:read,unit:write"
FIRST_DAY = "2026-04-01"


@dataclass(frozen=True, slots=True)
class Clerk:
    number: str
    unit: str
    token: str
    is_chief: bool


@dataclass(frozen=True)
class Hall:
    url: str
    units: list[str]
    clerks: list[Clerk]
    chiefs: dict[str, Clerk]  # of each unit: who approves there

    def of(self, unit: str) -> list[Clerk]:
        return [clerk for clerk in self.clerks if clerk.unit == unit]

    def next_unit(self, unit: str) -> str:
        return self.units[(self.units.index(unit) + 1) % len(self.units)]


def environment(url: str) -> dict[str, str]:
    plain = {name: text for name, text in os.environ.items() if not name.startswith("ZAISEKI_")}
    return plain | {
        "ZAISEKI_DATABASE_URL": url,
        "ZAISEKI_SECRET_KEY": SECRET_KEY,
        "ZAISEKI_DEMO": "0",
        "PYTHONWARNINGS": "ignore",
    }


def zaiseki(url: str, *words: str) -> str:
    """A command of the product; what it printed. Raises with its words where it refuses."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "zaiseki"), *words],
        env=environment(url),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"zaiseki {' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def today() -> date:
    return clock.to_tokyo(clock.now()).date()


def build(url: str, folder: Path, *, sections: int, people: int) -> Hall:
    zaiseki(url, "migrate")
    units = [f"H{number:03}" for number in range(1, sections + 1)]
    numbers = {unit: [f"{unit[1:]}{n:03}" for n in range(people)] for unit in units}
    for name, columns, rows in (
        ("units", "所属コード,所属名,種別,上位所属コード,並び順,有効開始日", _unit_rows(units)),
        ("patterns", "区分名,曜日,始業,終業,休憩開始,休憩終了", _pattern_rows()),
        (
            "staff",
            "職員番号,氏名,ふりがな,所属コード,職名,役割,任用区分,勤務時間の区分,内線,着信区分,本務兼務,有効開始日",
            [row for unit in units for row in _staff_rows(unit, numbers[unit])],
        ),
        (
            "segments",
            "職員番号,日付,開始,終了,区分,取込元",
            _day_rows([number for unit in units for number in numbers[unit]]),
        ),
    ):
        zaiseki(url, "import", name, str(_write(folder / f"{name}.csv", columns, rows)))
    made = zaiseki(url, "token", "create", "--all", "--scope", SCOPES, "--csv", "--yes")
    tokens = {row["職員番号"]: row for row in csv.DictReader(io.StringIO(made))}
    clerks = [
        Clerk(number, unit, tokens[number]["token"], is_chief=turn == 0)
        for unit in units
        for turn, number in enumerate(numbers[unit])
    ]
    return Hall(url, units, clerks, {clerk.unit: clerk for clerk in clerks if clerk.is_chief})


def _write(path: Path, columns: str, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns.split(","), *rows])
    return path


def _unit_rows(units: list[str]) -> list[list[str]]:
    city = ["H000", "若葉市", "市", "", "0", FIRST_DAY]
    return [
        city,
        *([u, f"第{u[1:]}課", "課", "H000", str(n), FIRST_DAY] for n, u in enumerate(units)),
    ]


def _pattern_rows() -> list[list[str]]:
    return [["標準", day, "8:30", "17:15", "12:00", "13:00"] for day in "月火水木金"]


def _staff_rows(unit: str, numbers: list[str]) -> list[list[str]]:
    return [
        [number, f"若葉 {number}", "わかば", unit]
        + (["課長", "所属長"] if turn == 0 else ["主事", "職員"])
        + ["常勤", "標準", number[-4:], "発信のみ", "本務", FIRST_DAY]
        for turn, number in enumerate(numbers)
    ]


def _day_rows(numbers: list[str]) -> list[list[str]]:
    """At the office all day: whenever this runs, also at night and on a holiday, everybody is at work."""
    days = [(today() + timedelta(days=n)).isoformat() for n in range(2)]
    return [[number, day, "0:00", "24:00", "在庁", "faults"] for number in numbers for day in days]


def iso_ago(ago: timedelta) -> str:
    return clock.to_tokyo(clock.now() - ago).isoformat(timespec="seconds")
