"""Where an installation stands, and what comes next."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from webapp.admin import queries
from webapp.admin.blueprint import bp, hr_or_admin, page
from webapp.admin.queries import Installation
from webapp.core import clock
from webapp.org import drafts
from webapp.org.queries import today


@dataclass(frozen=True, slots=True)
class Step:
    title: str
    state: str
    done: bool
    href: str
    action: str
    optional: bool = False


@bp.get("/admin/")
def overview() -> Any:
    actor = hr_or_admin()
    now = clock.now()
    standing = queries.installation(today(now))
    steps = _steps(standing, may_admin=actor.may_admin)
    following = next((step for step in steps if not step.done and not step.optional), None)
    return page(
        "overview",
        actor,
        at="overview",
        standing=standing,
        steps=steps,
        following=following,
        waiting=drafts.waiting(now=now),
    )


def _steps(standing: Installation, *, may_admin: bool) -> list[Step]:
    def of_file(kind: str) -> str:
        return url_for("admin.imports", kind=kind)

    steps = [
        Step(
            _("所属を取り込む"),
            _("%(n)s 所属", n=f"{standing.units:,}"),
            standing.units > 0,
            of_file("units"),
            _("所属のファイルを選ぶ"),
        ),
        Step(
            _("勤務時間の区分を取り込む"),
            _("%(n)s 区分", n=standing.patterns),
            standing.patterns > 0,
            of_file("patterns"),
            _("区分のファイルを選ぶ"),
        ),
        Step(
            _("職員を取り込む"),
            _("%(n)s 人", n=f"{standing.staff:,}"),
            standing.staff > 0,
            of_file("staff"),
            _("職員のファイルを選ぶ"),
        ),
        Step(
            _("個人の勤務時間を取り込む"),
            _("%(n)s 人", n=standing.own_hours),
            standing.own_hours > 0,
            of_file("staff-hours"),
            _("ファイルを選ぶ"),
            optional=True,
        ),
    ]
    if may_admin:
        signed = _(
            "使い始めた人 %(on)s 人、コード待ち %(code)s 人",
            on=f"{standing.signed_up:,}",
            code=f"{standing.with_code:,}",
        )
        handed_out = standing.staff > 0 and standing.signed_up + standing.with_code > 1
        steps += [
            Step(
                _("初回コードを配る"),
                signed,
                handed_out,
                url_for("admin.accounts"),
                _("初回コードを作る"),
            ),
            Step(
                _("設定を確かめる"),
                _("既定から変えたもの %(n)s 件", n=standing.settings),
                standing.settings > 0,
                url_for("admin.settings_page"),
                _("設定を開く"),
                optional=True,
            ),
        ]
    return steps
