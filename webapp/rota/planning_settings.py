"""Settings by which a rota is planned: the grid, breaks, limits, ways between sites, and what is 日直 or 出勤班."""

import re
from collections.abc import Sequence

from webapp.core import settings
from webapp.core.hours import minute_of
from webapp.core.settings import Kind, Setting, declare

GROUP = "当番表"


def _number(key: str, default: int, label: str, text: str, most: int, least: int = 0) -> Setting:
    return declare(
        Setting(
            key,
            Kind.NUMBER,
            default,
            label,
            text,
            GROUP,
            per_unit=True,
            minimum=least,
            maximum=most,
        )
    )


SLOT = declare(
    Setting(
        "rota_slot_minutes",
        Kind.CHOICE,
        "30",
        "1コマの長さ",
        "当番表の時間の刻みです。開庁時間の始まりから数えます。",
        GROUP,
        choices=(("15", "15分"), ("30", "30分"), ("60", "60分")),
        per_unit=True,
    )
)
LUNCH_FROM = declare(
    Setting(
        "rota_lunch_from",
        Kind.CLOCK,
        "11:00",
        "昼の休憩を取れる時間（から）",
        "昼当番の人は、この時間の中で休憩をずらします。",
        GROUP,
        per_unit=True,
    )
)
LUNCH_TO = declare(
    Setting(
        "rota_lunch_to",
        Kind.CLOCK,
        "14:00",
        "昼の休憩を取れる時間（まで）",
        group=GROUP,
        per_unit=True,
    )
)
LUNCH_MINUTES = _number(
    "rota_lunch_minutes", 60, "昼の休憩の長さ（分）", "6時間を超えて働く日に取ります。", 120
)
REST = _number(
    "rota_rest_minutes", 30, "当番の間の休み（分）", "これより短い間は続きとみなします。", 240
)
MOST_AT_ONCE = _number(
    "rota_most_at_once",
    120,
    "続けて当番に入る上限（分）",
    "個別の設定があればそれが優先します。",
    600,
    15,
)
MOST_A_DAY = _number(
    "rota_most_a_day",
    240,
    "1日の当番の上限（分）",
    "個別の設定があればそれが優先します。",
    1440,
    15,
)
MIN_BLOCK = _number(
    "rota_min_block", 30, "1回の当番の最短（分）", "これより短く区切りません。", 240
)
SECONDS = _number(
    "rota_seconds", 30, "自動作成の時間（秒）", "長くするほど公平に近づきます。", 600, 1
)
TRAVEL = declare(
    Setting(
        "rota_travel",
        Kind.LINES,
        [],
        "庁舎の間の移動（分）",
        "1行に1つ「本庁>四ツ谷 30」のように書きます。所属の庁舎は「本庁」と書きます。",
        GROUP,
        per_unit=True,
    )
)
DAY_POSITIONS = declare(
    Setting(
        "rota_day_positions",
        Kind.LINES,
        [],
        "日直の持ち場",
        "1行に1つ、持ち場の名前。1日を1コマとして別の表（日直）で割り当てます。",
        GROUP,
        per_unit=True,
    )
)
TEAM_POSITIONS = declare(
    Setting(
        "rota_team_positions",
        Kind.LINES,
        [],
        "出勤班の持ち場",
        "1行に1つ、持ち場の名前。誰がどの日に出勤するかを別の表（出勤班）で割り当てます。",
        GROUP,
        per_unit=True,
    )
)
TEAM_OTHERS = declare(
    Setting(
        "rota_team_others",
        Kind.CHOICE,
        "home",
        "出勤班でない日",
        "出勤班の表を確定したとき、班でない人のその日の予定。",
        GROUP,
        choices=(("home", "在宅の予定にする"), ("none", "何も入れない")),
        per_unit=True,
    )
)
OWN_OFFICE = "本庁"
_WAY = re.compile(r"([^>＞]+)[>＞](.+?)[\s　:：]+(\d{1,3})分?")


def slot_minutes(path: Sequence[str]) -> int:
    return int(settings.value(SLOT, path))


def rules_of(path: Sequence[str]) -> dict[str, object]:
    """`rules` of the problem, as the unit has set them."""
    lunch = {
        "from": settings.value(LUNCH_FROM, path),
        "to": settings.value(LUNCH_TO, path),
        "minutes": settings.value(LUNCH_MINUTES, path),
    }
    wide = minute_of(lunch["to"]) - minute_of(lunch["from"])
    found: dict[str, object] = {
        "rest_minutes": settings.value(REST, path),
        "min_block_minutes": settings.value(MIN_BLOCK, path),
        "travel_minutes": ways(settings.value(TRAVEL, path)),
    }
    if 0 < lunch["minutes"] <= wide:
        found["lunch"] = lunch
    return found


def ways(lines: Sequence[str]) -> dict[str, int]:
    """「本庁>四ツ谷 30」 → {"main>四ツ谷": 30}; lines of another form say nothing."""
    found: dict[str, int] = {}
    for line in lines:
        if way := _WAY.fullmatch(line.strip()):
            ends = ["main" if end.strip() == OWN_OFFICE else end.strip() for end in way.group(1, 2)]
            found[">".join(ends)] = int(way[3])
    return found
