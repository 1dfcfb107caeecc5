"""`zaiseki backup` and `zaiseki restore`."""

import sys
from datetime import datetime
from pathlib import Path

import click
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from webapp.config import Config
from webapp.core import clock
from webapp.core.db import DatabaseBusy, transaction
from webapp.operation import backup, rotation
from webapp.operation.archive import BackupFault, Manifest
from webapp.operation.progress import Progress
from webapp.operation.renewal import Renewed
from webapp.operation.restore import Restored, Wish, restore


def _heard(what: str) -> Progress:
    return Progress(what, lambda line: click.echo(line, err=True))


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--rotate",
    is_flag=True,
    help="フォルダーの中の古いバックアップを消す（2日分はすべて、35日分は1日1つ残す）。",
)
def backup_command(file: Path, rotate: bool) -> None:
    """動いたまま、データベース全体を FILE に書き出す。フォルダーなら、日時の名前で。"""
    now = clock.now()
    folder = file if file.is_dir() else None
    if rotate and folder is None:
        raise click.UsageError("--rotate はフォルダーを指定したときに使います")
    local = clock.to_tokyo(now).replace(tzinfo=None)
    path = folder / rotation.name_of(local) if folder else file
    if not path.parent.is_dir():
        raise click.UsageError(f"{path.parent}: フォルダーがありません")
    manifest = _taken(path, now)
    click.echo(
        f"{path}: {len(manifest.tables)}表 {manifest.rows:,}行 "
        f"{path.stat().st_size / 1_000_000:,.1f}MB（版 {manifest.revision}）"
    )
    if rotate and folder is not None:
        for name in rotation.superfluous([one.name for one in folder.iterdir()], local):
            (folder / name).unlink()
            click.echo(f"古いものを消しました: {name}")


def _taken(path: Path, now: datetime) -> Manifest:
    try:
        manifest = backup.take(path, now=now, heard=_heard("書き出し中"))
    except BackupFault as fault:
        raise click.ClickException(str(fault)) from None
    except OSError as error:
        raise click.ClickException(f"{path} に書けません: {error.strerror}") from None
    except SQLAlchemyError as error:
        told = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise click.ClickException(f"データベースを読めません: {told}") from None
    try:
        with transaction():
            backup.note(now=now)
    except (SQLAlchemyError, DatabaseBusy):  # a full disk, a copy that may only be read
        click.echo("注意: バックアップした時刻をデータベースに控えられませんでした", err=True)
    return manifest


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="内容のあるデータベースを置き換える。")
@click.option(
    "--check",
    is_flag=True,
    help="別の場所に復元して確かめるだけで、何も変えない（動いたままでよい）。",
)
@click.option(
    "--keep-tokens",
    is_flag=True,
    help="置き換える前のデータベースを読めないときも、APIトークンなどを無効にしない。",
)
def restore_command(file: Path, yes: bool, check: bool, keep_tokens: bool) -> None:
    """FILE を確かめてから、データベースを置き換える。サーバーは止めておく。"""
    config: Config = current_app.config["ZAISEKI"]
    wish = Wish(yes=yes, check=check, keep_tokens=keep_tokens)
    try:
        done = restore(file, config, wish, now=clock.now(), heard=_heard("復元中"))
    except (BackupFault, OSError) as fault:
        click.echo(f"{file.name}: {fault}", err=True)
        click.echo("何も変えていません。", err=True)
        sys.exit(1)
    _tell(done, check=check)


def _tell(done: Restored, *, check: bool) -> None:
    said = done.backup
    click.echo(
        f"{said.taken_at} のバックアップ（{said.database}、版 {said.revision}）: "
        f"{len(said.tables)}表 {said.rows:,}行、書き戻して読み比べ、すべて一致しました"
    )
    if check:
        click.echo("確かめただけで、何も変えていません。")
        return
    click.echo("復元しました。全員、サインインし直します。配った一時コードは使えません。")
    _tell_withdrawn(done.renewed)
    if done.aside:
        click.echo(f"置き換える前の内容: {done.aside}（確かめたら消してください）")
    click.echo("次に: zaiseki doctor で確かめ、サーバーを起動してください")


def _tell_withdrawn(renewed: Renewed) -> None:
    counts = "、".join(f"{word} {count}件" for word, count in renewed.withdrawn.items() if count)
    why = (
        "バックアップのあとで取り消されたもの"
        if renewed.sure
        else "どれが取り消されたか分からないため。--keep-tokens を付けると残ります"
    )
    if counts:
        click.echo(f"無効にしました: {counts}（{why}）")
    if renewed.passwords:
        click.echo(f"バックアップのあとで変えられたパスワード {renewed.passwords}人分を残しました")
