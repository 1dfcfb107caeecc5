"""`zaiseki token …` and `zaiseki create-admin`."""

import csv
import io
import sys
from typing import Any, NoReturn

import click

from webapp.accounts import service, tokens
from webapp.accounts.password_rules import fault_of
from webapp.accounts.passwords import hashed_password
from webapp.accounts.rules import Scope, scopes_from
from webapp.accounts.settings import PASSWORD_LENGTH
from webapp.core import clock, facts, migrate, settings
from webapp.core.db import transaction
from webapp.core.refusals import Refusal
from webapp.org import queries as org


class Scopes(click.ParamType):
    name = "scope"

    def convert(self, value: Any, param: Any, ctx: Any) -> frozenset[Scope]:
        try:
            return scopes_from(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _refuse(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(1)


def _needs_present_version() -> None:
    if not migrate.is_current():
        _refuse("データベースが古い版か、空です。先に zaiseki migrate を実行してください。")


@click.group("token")
def token_group() -> None:
    """API のトークン。"""


@token_group.command("create")
@click.option("--staff", "number", help="だれのトークンか（職員番号）。")
@click.option("--all", "everybody", is_flag=True, help="在職する全員に1つずつ（--csv とともに）。")
@click.option("--scope", "scopes", type=Scopes(), required=True, help="例 self,unit:read")
@click.option("--csv", "as_csv", is_flag=True, help="職員番号,所属コード,token の CSV で出す。")
@click.option("--label", default="コマンド", show_default=True, help="一覧に出る名前。")
@click.option("--yes", is_flag=True, help="デモでないデータベースでも --all を行う。")
def create_token(
    *,
    number: str | None,
    everybody: bool,
    scopes: frozenset[Scope],
    as_csv: bool,
    label: str,
    yes: bool,
) -> None:
    """トークンを作り、一度だけ表示する。"""
    if bool(number) == everybody:
        raise click.UsageError("--staff 職員番号 か --all のどちらかを付けてください。")
    if everybody and not as_csv:
        raise click.UsageError("--all は --csv とともに使います。")
    _needs_present_version()
    wish = tokens.Wish(label[:80], scopes)
    if everybody:
        _for_everybody(wish, yes=yes)
    else:
        _for_one(str(number), wish, as_csv=as_csv)


def _for_everybody(wish: tokens.Wish, *, yes: bool) -> None:
    if not (facts.is_demonstration() or yes):
        _refuse(
            "デモのデータベースではありません。全員のトークンを作ると、"
            "出力を持つ人が全員の代わりに操作できます。分かったうえで行うときは --yes を付けてください。"
        )
    now = clock.now()
    people = tokens.everybody_today(now=now)
    with transaction():
        made = tokens.create_many([who.staff_id for who in people], wish, now=now)
    _write([(who.number, who.unit_code, made[who.staff_id]) for who in people])


def _for_one(number: str, wish: tokens.Wish, *, as_csv: bool) -> None:
    now = clock.now()
    staff = org.staff_by_number(number)
    if staff is None:
        _refuse(f"職員番号 {number}: この職員は見つかりません。")
    with transaction():
        secret = tokens.create_many([staff.id], wish, now=now)[staff.id]
    if not as_csv:
        click.echo(secret)
        return
    codes = {who.staff_id: who.unit_code for who in tokens.everybody_today(now=now)}
    _write([(number, codes.get(staff.id, ""), secret)])


def _write(rows: list[tuple[str, str, str]]) -> None:
    """UTF-8 whatever the terminal speaks: a program reads this."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("職員番号", "所属コード", "token"))
    writer.writerows(rows)
    click.echo(out.getvalue().encode(), nl=False)


@click.command("create-admin")
@click.option("--number", prompt="職員番号", help="サインインに使う番号。")
@click.option("--name", prompt="氏名", help="画面に出る名前。")
@click.option("--password-stdin", is_flag=True, help="パスワードを標準入力の1行目から読む。")
@click.option("--reset", is_flag=True, help="その番号のパスワードを決め直す。")
def create_admin(*, number: str, name: str, password_stdin: bool, reset: bool) -> None:
    """最初の管理者を作る（所属の取込の前に使う）。"""
    _needs_present_version()
    number, name = number.strip(), name.strip()
    if not number or len(number) > 32 or not name or len(name) > 80:
        _refuse("職員番号（32文字まで）と氏名（80文字まで）を入れてください。")
    password = _password_from(password_stdin)
    minimum = int(settings.value(PASSWORD_LENGTH))
    if fault := fault_of(password, minimum=minimum, about=[number, name]):
        _refuse(f"パスワード: {fault}")
    new_hash = hashed_password(password)
    try:
        with transaction():
            service.make_admin(number, name, new_hash, reset=reset, now=clock.now())
    except Refusal as refusal:
        _refuse(refusal.message)
    click.echo(f"管理者 {name}（{number}）を作りました。")
    click.echo("次は: zaiseki serve で起動し、サインインして「管理」から所属と職員を取り込みます。")


def _password_from(stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("パスワード", hide_input=True, confirmation_prompt="もう一度"))
