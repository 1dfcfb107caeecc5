"""`zaiseki import punches` and `zaiseki close-day`."""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from webapp.attendance import importing, jobs, queries
from webapp.core import calendar, clock
from webapp.core.db import snapshot
from webapp.core.pages import hour_minute
from webapp.org import queries as org


@click.command("punches")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="確かめるだけで、何も変えない。")
def import_punches(file: Path, dry_run: bool) -> None:
    """始業・終業の報告（カードリーダー・庶務事務）のファイルを取り込む。"""
    now = clock.now()
    content = file.read_bytes()
    if dry_run:
        taken = importing.check_file(content, file.name, now=now)
    else:
        taken = importing.take_file(content, file.name, actor=None, now=now)
    if taken.is_refused:
        for fault in taken.table.faults:
            click.echo(str(fault), err=True)
        click.echo(f"誤りが {len(taken.table.faults)} 件あります。何も変えていません。", err=True)
        sys.exit(1)
    for note in taken.notes:
        click.echo(f"注意: {note}")
    done = "新しい報告になります" if dry_run else "取り込みました"
    click.echo(f"{file.name}: {taken.accepted:,}件を{done}（済み・二重 {taken.repeated:,}件）")
    if dry_run:
        click.echo("確かめただけで、何も変えていません。")


class Day(click.ParamType):
    name = "date"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()  # noqa: DTZ007
        except ValueError:
            self.fail(f"{value}: 日付は 2026-11-24 のようにしてください", param, ctx)


@click.command("close-day")
@click.option("--date", "on", type=Day(), help="見る日（なければきのう）。")
def close_day(on: Any) -> None:
    """終業の報告がない人を並べる。日を黙って閉じることはしない（翌朝、本人に尋ねる）。"""
    now = clock.now()
    with snapshot():
        on = on or org.today(now) - timedelta(days=1)
        open_days = queries.unended_days(None, on, on)
        people = org.postings_of(sorted(open_days), on, known_at=now)
        tree = org.tree(on, known_at=now)
        lines = []
        for staff_id, days in open_days.items():
            held = people.get(staff_id)
            unit = tree.by_id(held[0].unit_id) if held else None
            started = hour_minute(days[on])
            who = f"{held[0].number} {held[0].name}" if held else f"({staff_id})"
            place = (tree.place(unit.id), unit.name) if unit else (10**9, "")
            lines.append((place, f"{place[1]} {who} 始業 {started}"))
    for _, line in sorted(lines):
        click.echo(line)
    click.echo(f"{calendar.wareki(on)}: 終業の報告がない人 {len(lines)}人")
    jobs.daily(now)
