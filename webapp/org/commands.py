"""`zaiseki import …`: 0 done, 1 refused with a line per fault and nothing changed, 2 wrong use."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from webapp.core import clock
from webapp.core.refusals import Conflict, RuleBroken
from webapp.org import importing
from webapp.org.import_cells import date_of
from webapp.org.import_difference import STAFF_WORDS, UNIT_WORDS, Change, What
from webapp.org.import_order import Checked, Order

SHOWN = 20  # changes of each sort in the difference of a dry run


class Day(click.ParamType):
    name = "date"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        found = date_of(str(value))
        if found is None:
            self.fail(f"{value}: 日付は 2027-04-01 のようにしてください", param, ctx)
        return found


class Instant(click.ParamType):
    name = "datetime"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        try:
            found = datetime.fromisoformat(str(value).strip().replace("/", "-"))
        except ValueError:
            self.fail(f"{value}: 日時は 2027-03-24T09:00 のようにしてください", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=clock.TOKYO)


@click.group("import")
def import_group() -> None:
    """ファイル（CSV・xlsx）を取り込む。"""


FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
DRY_RUN = click.option("--dry-run", is_flag=True, help="確かめるだけで、何も変えない。")


def _dated(kind: str) -> Any:
    def command(
        file: Path, dry_run: bool, effective: Any, publish_at: Any, part: bool, yes: bool
    ) -> None:
        _run(Order(kind, file.name, file.read_bytes(), effective, publish_at, part, yes), dry_run)

    command.__doc__ = f"{importing.KINDS[kind]}のファイルを取り込む。"
    for option in (
        click.option("--yes", is_flag=True, help="3分の1を超えていなくなっても取り込む。"),
        click.option("--part", is_flag=True, help="ファイルにあるものだけ。ないものは今のまま。"),
        click.option("--publish-at", type=Instant(), help="公表日時（なければ有効日の 0:00）。"),
        click.option("--effective", type=Day(), help="有効日（なければ今日）。"),
        DRY_RUN,
        FILE,
    ):
        command = option(command)
    return import_group.command(kind)(command)


def plain_import(kind: str) -> Any:
    """`zaiseki import KIND FILE [--dry-run]`."""

    def command(file: Path, dry_run: bool) -> None:
        _run(Order(kind, file.name, file.read_bytes()), dry_run)

    command.__doc__ = f"{importing.KINDS[kind]}のファイルを取り込む。"
    return import_group.command(kind)(FILE(DRY_RUN(command)))


for _kind in ("units", "staff"):
    _dated(_kind)
for _kind in ("patterns", "staff-hours", "closures"):
    plain_import(_kind)


def _run(order: Order, dry_run: bool) -> None:
    now = clock.now()
    try:
        checked = (
            importing.check(order, now=now)
            if dry_run
            else importing.take_in(order, actor=None, now=now)
        )
    except RuleBroken as error:
        raise click.UsageError(error.message) from None
    except Conflict as error:
        click.echo(error.message, err=True)
        sys.exit(1)
    _refuse(checked)
    _tell(checked, dry_run=dry_run)


def _refuse(checked: Checked) -> None:
    for fault in checked.faults:
        click.echo(str(fault), err=True)
    if checked.faults:
        click.echo(f"誤りが {len(checked.faults)} 件あります。何も変えていません。", err=True)
    elif checked.too_many_leave:
        what = f"{checked.order.file}: {checked.too_many_leave}"
        click.echo(f"{what}（--part か --yes を付ける）何も変えていません。", err=True)
    else:
        return
    sys.exit(1)


def _tell(checked: Checked, *, dry_run: bool) -> None:
    order = checked.order
    click.echo(
        f"{order.file}: {checked.rows:,}行（{checked.encoding}）、有効日 {checked.effective}"
    )
    if checked.publish_at:
        local = clock.to_tokyo(checked.publish_at)
        click.echo(f"公表日時 {local:%Y-%m-%d %H:%M}")
    words = words_of(order.kind)
    for what in What:
        of_sort = [change for change in checked.changes if change.what is what]
        if of_sort:
            click.echo(f"{words[what]}: {len(of_sort):,}")
        for change in of_sort[:SHOWN] if dry_run else ():
            click.echo(f"  {sentence(change)}")
        if dry_run and len(of_sort) > SHOWN:
            click.echo(f"  ほか {len(of_sort) - SHOWN:,}")
    click.echo(f"変わらない: {checked.counts.get('unchanged', 0):,}")
    for note in checked.notes:
        click.echo(f"・{note}")
    if not checked.changes_something:
        click.echo("変わるところはありません。")
    else:
        click.echo("確かめただけで、何も変えていません。" if dry_run else "取り込みました。")


def words_of(kind: str) -> dict[What, str]:
    if kind == "staff":
        return STAFF_WORDS
    if kind == "units":
        return UNIT_WORDS
    return {
        what: {What.JOINED: "新しいもの", What.LEFT: "なくなるもの"}.get(what, "変わるもの")
        for what in What
    }


def sentence(change: Change) -> str:
    head = f"{change.code} {change.name}" if change.code != change.name else change.name
    fields = "、".join(f"{column}「{old}」→「{new}」" for column, old, new in change.fields)
    if fields:
        return f"{head}: {fields}"
    return f"{head}: " + " → ".join(part for part in (change.before, change.after) if part)
