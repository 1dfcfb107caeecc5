"""`zaiseki rota solve FILE`: 0 a plan on standard output, 1 bad input with a line per fault, 2 wrong use.

Needs neither database nor settings.
"""

import json
import sys
from typing import BinaryIO

import click

from webapp.rota.solver.problem import BadProblem, Problem, read_problem


@click.group("rota")
def rota_group() -> None:
    """当番表。"""


@rota_group.command("solve")
@click.argument("file", type=click.File("rb"))
def solve(file: BinaryIO) -> None:
    """問題（JSON）から当番表を作り、標準出力に書く。- で標準入力から読む。

    途中経過は標準エラーに1行ずつ。Ctrl-C で止めると、そこまでで最もよい案を書く。
    """
    problem = _read(file)
    from webapp.rota.solver.process import run  # noqa: PLC0415 bad input is refused without it

    click.echo(json.dumps(run(problem), ensure_ascii=False))


def _read(file: BinaryIO) -> Problem:
    try:
        return read_problem(file.read())
    except BadProblem as bad:
        name = "標準入力" if file.name in ("-", "<stdin>") else file.name
        for fault in bad.faults:
            click.echo(f"{name}: {fault}", err=True)
        sys.exit(1)
