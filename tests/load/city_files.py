"""The export of a middle-sized city to import: 177 units, 1,393 staff, in the columns and encoding of real ones."""

import csv
from dataclasses import dataclass
from pathlib import Path

DEPARTMENTS, SECTIONS, STAFF = 14, 54, 1393
UNITS = 177
DAYS = "月火水木金"
UNIT_COLUMNS = (
    "所属コード,所属名,ふりがな,種別,上位所属コード,並び順,引継先所属コード,有効開始日,有効終了日"
)
STAFF_COLUMNS = (
    "職員番号,氏名,ふりがな,所属コード,職名,役割,任用区分,勤務時間の区分,週所定勤務時間,メール,内線,公用携帯,"
    "着信区分,本務兼務,テレワーク対象,有効開始日,有効終了日"
)
PATTERN_COLUMNS = "区分名,曜日,始業,終業,休憩開始,休憩終了,コアタイム開始,コアタイム終了"


@dataclass(frozen=True)
class CityFiles:
    units: Path
    patterns: Path
    staff: Path
    reshuffle: Path  # the same people; a third has moved, everybody has a new extension


def write_city(folder: Path) -> CityFiles:
    units = _units()
    leaves = [unit[0] for unit in units if unit[3] == "係"]
    return CityFiles(
        _write(folder / "units.csv", UNIT_COLUMNS, units),
        _write(folder / "patterns.csv", PATTERN_COLUMNS, _patterns()),
        _write(folder / "staff.csv", STAFF_COLUMNS, _staff(leaves, moved=0)),
        _write(folder / "reshuffle.csv", STAFF_COLUMNS, _staff(leaves, moved=1)),
    )


def _write(path: Path, columns: str, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="cp932", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([columns.split(","), *rows])
    return path


def _units() -> list[list[str]]:
    def row(code: str, name: str, kind: str, parent: str) -> list[str]:
        return [code, name, "", kind, parent, str(len(rows)), "", "2026-04-01", ""]

    rows: list[list[str]] = []
    rows.append(row("L00000", "若葉市", "市", ""))
    for number in range(DEPARTMENTS):
        rows.append(row(f"L{number + 1:02}000", f"第{number + 1}部", "部", "L00000"))
    for number in range(SECTIONS):
        department = f"L{number % DEPARTMENTS + 1:02}000"
        code = f"{department[:3]}{number // DEPARTMENTS + 1}00"
        rows.append(row(code, f"第{number + 1}課", "課", department))
    sections = [unit[0] for unit in rows if unit[3] == "課"]
    for number in range(UNITS - len(rows)):
        section = sections[number % SECTIONS]
        code = f"{section[:4]}{number // SECTIONS + 1:02}"
        rows.append(row(code, f"第{number + 1}係", "係", section))
    return rows


def _patterns() -> list[list[str]]:
    return [["標準", day, "8:30", "17:15", "12:00", "13:00", "", ""] for day in DAYS]


def _staff(leaves: list[str], *, moved: int) -> list[list[str]]:
    rows = []
    for number in range(STAFF):
        unit = leaves[(number + (moved if number % 3 == 0 else 0)) % len(leaves)]
        lead = number < len(leaves)
        rows.append(
            [
                f"2{number:05}",
                f"若葉 {number}号",
                "わかば たろう",
                unit,
                "係長" if lead else "主事",
                "係長" if lead else "職員",
                "常勤",
                "標準",
                "38:45",
                f"s2{number:05}@city.wakaba.example",
                str(1000 + number + moved),
                "",
                "発信のみ",
                "本務",
                "",
                "2026-04-01",
                "",
            ]
        )
    return rows
