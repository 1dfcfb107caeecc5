"""`zaiseki …`: the commands of whoever runs the server.

Exit status: 0 done, 1 refused (nothing changed), 2 wrong use.
"""

import os
import sys
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Any, NoReturn

import click

from webapp.config import ROOT, ConfigFault, from_environment


def main() -> None:
    """`serve` and `run` leave before anything is imported that has to be patched first."""
    if sys.argv[1:2] in (["serve"], ["run"]) and not {"-h", "--help"} & set(sys.argv):
        replace_by_server(sys.argv[1])
    if sys.argv[1:2] == ["rota"]:  # a process for one plan: no application, no settings
        from webapp.rota.commands import rota_group

        rota_group(sys.argv[2:], prog_name="zaiseki rota")
    _commands()()


def replace_by_server(command: str) -> NoReturn:
    """Same process, same group: a supervisor keeps its hold, and `kill -9` hits the server itself."""
    os.execv(sys.executable, [sys.executable, str(ROOT / "wsgi.py"), command])  # noqa: S606


def with_app(function: Callable[..., Any]) -> Callable[..., Any]:
    """Inside an application context; a fault of the configuration is one clear line."""
    from webapp import create_app

    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            # No sockets here: threads, so that nothing is imported that only works patched.
            config = replace(from_environment().with_secret(), async_mode="threading")
            app = create_app(config)
        except ConfigFault as fault:
            raise click.ClickException(str(fault)) from None
        with app.app_context():
            return function(*args, **kwargs)

    return run


def in_app(command: click.Command) -> click.Command:
    """A command (or every command of a group) with an application context. The command itself stays as it is:
    whoever calls it inside an application would otherwise get another one, on the default database.
    """
    own = copy(command)
    if isinstance(own, click.Group):
        own.commands = {name: in_app(inner) for name, inner in own.commands.items()}
    elif own.callback is not None:
        own.callback = with_app(_on_a_ready_database(own.callback))
    return own


def _on_a_ready_database(function: Callable[..., Any]) -> Callable[..., Any]:
    """Migrated, and by its own clock where it is a demonstration."""
    from webapp.core.migrate import is_current
    from webapp.demo import follow_clock

    def run(*args: Any, **kwargs: Any) -> Any:
        if not is_current():
            raise click.ClickException(
                "データベースが古い版か、空です。先に zaiseki migrate を実行してください。"
            )
        follow_clock()
        return function(*args, **kwargs)

    return run


def _commands() -> click.Group:
    from webapp.accounts.commands import create_admin, token_group
    from webapp.attendance.commands import close_day, import_punches
    from webapp.demo.commands import demo
    from webapp.operation.commands import backup_command, restore_command
    from webapp.org.commands import import_group
    from webapp.plans import commands as _plans  # noqa: F401 adds its kind to import_group
    from webapp.positions import commands as _positions  # noqa: F401 adds its kinds to import_group
    from webapp.rota.commands import rota_group
    from webapp.seats import commands as _seats  # noqa: F401 adds its kind to import_group

    @click.group(help="在席: 誰がどこにいて、連絡できるか。")
    def zaiseki() -> None:
        pass

    @zaiseki.command(help="サーバーを起動します（前景で動き続けます）。")
    def serve() -> None:
        replace_by_server("serve")

    @zaiseki.command(
        help="準備して起動します（make run）。空の既定データベースにはデモの市役所を作ります。"
    )
    def run() -> None:
        replace_by_server("run")

    import_group.add_command(import_punches, "punches")
    for command in (import_group, token_group, create_admin, demo, close_day):
        zaiseki.add_command(in_app(command))
    for command in (backup_command, restore_command):  # whatever database there is, the true clock
        if command.callback is not None:
            command.callback = with_app(command.callback)
        zaiseki.add_command(command)
    zaiseki.add_command(rota_group)  # needs neither settings nor a database
    zaiseki.add_command(migrate)
    zaiseki.add_command(doctor)
    return zaiseki


@click.command(help="データベースを今の版にします。")
def migrate() -> None:
    from webapp.core.migrate import current_revision, upgrade
    from webapp.serving import make_folder

    config = _config()
    make_folder(config)

    def to_newest() -> None:
        before = current_revision()
        upgrade()
        after = current_revision()
        click.echo(f"{before or '（空）'} → {after}" if before != after else f"最新です（{after}）")

    with_app(to_newest)()


@click.command(help="設定と環境を調べ、直すべきことを言います。")
def doctor() -> None:
    from webapp import create_app
    from webapp.operation.doctor import examine, report

    config = _config()
    app = create_app(replace(config.with_secret(), async_mode="threading"))
    app.config["ZAISEKI"] = config  # judged as it is, without the key made up for this command
    raise SystemExit(report(config, examine(app)))


def _config() -> Any:
    try:
        return from_environment()
    except ConfigFault as fault:
        raise click.ClickException(str(fault)) from None


if __name__ == "__main__":
    main()
