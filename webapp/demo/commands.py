"""`zaiseki demo`: fill an empty database with the demonstration city."""

import click
from flask import current_app

from webapp.core import migrate
from webapp.core.refusals import Refusal
from webapp.demo.filling import fill
from webapp.demo.signins import SIGN_INS


@click.command(help="空のデータベースにデモの市役所を作ります。")
def demo() -> None:
    migrate.upgrade()
    try:
        fill(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from None
    click.echo("デモの市役所を作りました。zaiseki serve で起動できます。")
    for who in SIGN_INS:
        click.echo(f"  {who.number}  {who.password}  {who.about}")
