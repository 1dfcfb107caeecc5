"""The rules of telework as each municipality has them. Everything `checks` looks at is set here."""

from collections.abc import Callable, Sequence
from typing import Any

from webapp.core import settings
from webapp.core.hours import minute_of
from webapp.core.settings import Kind, Setting, declare
from webapp.requests.rulebook import Deadline, Leave, Rules
from webapp.requests.targets import lines_from

GROUP = "テレワークの申請"


def _choice(key: str, default: str, label: str, note: str, *choices: tuple[str, str]) -> Setting:
    return declare(
        Setting(key, Kind.CHOICE, default, label, note, GROUP, choices=choices, per_unit=True)
    )


def _number(key: str, default: int, label: str, note: str, least: int, most: int) -> Setting:
    return declare(
        Setting(
            key,
            Kind.NUMBER,
            default,
            label,
            note,
            GROUP,
            per_unit=True,
            minimum=least,
            maximum=most,
        )
    )


def _clock(key: str, default: str, label: str, note: str = "") -> Setting:
    return declare(Setting(key, Kind.CLOCK, default, label, note, GROUP, per_unit=True))


STRICT = _choice(
    "request_strict",
    "warn",
    "決まりに合わない申請",
    "「注意を出して受ける」では、承認する人にも注意が見えます。",
    ("warn", "注意を出して受ける"),
    ("strict", "受けない"),
)
DEADLINE = _choice(
    "request_deadline",
    "business",
    "申請の締切",
    "日数と時刻は次の2つで決めます。",
    ("none", "なし"),
    ("business", "実施日の何開庁日前"),
    ("calendar", "実施日の何日前（閉庁日も数える）"),
)
DEADLINE_DAYS = _number("request_deadline_days", 1, "締切の日数", "0 は当日。", 0, 30)
DEADLINE_TIME = _clock(
    "request_deadline_time", "12:00", "締切の時刻", "その日の終わりまでなら 23:59。"
)
WEEK_MOST = _number(
    "request_week_most",
    4,
    "テレワークは週に何日まで",
    "0 は上限なし。緊急時の間は外れます。",
    0,
    7,
)
WEEK_OFFICE = _number(
    "request_week_office",
    0,
    "出勤する日は週に何日以上",
    "0 は決まりなし。緊急時の間は外れます。",
    0,
    7,
)
UNIT = _choice(
    "request_unit",
    "hours",
    "テレワークの単位",
    "",
    ("whole", "1日"),
    ("half", "1日・半日"),
    ("hours", "1日・半日・時間"),
)
STEP = _number("request_step", 15, "時間の刻み（分）", "時間単位の申請の刻み。", 1, 60)
CORE = _choice(
    "request_core",
    "pattern",
    "コアタイム",
    "割り振った勤務時間が含まなければならない時間帯。",
    ("none", "なし"),
    ("pattern", "勤務時間の区分による"),
    ("fixed", "次の2つの時刻の間"),
)
CORE_START = _clock("request_core_start", "10:00", "コアタイムの始まり")
CORE_END = _clock("request_core_end", "15:00", "コアタイムの終わり")
HOURS = _choice(
    "request_hours",
    "free",
    "勤務時間の割振り",
    "",
    ("ordinary", "変えられない"),
    ("shifts", "決まった型から選ぶ"),
    ("free", "次の2つの時刻の間で決める"),
)
SHIFTS = declare(
    Setting(
        "request_shifts",
        Kind.LINES,
        [],
        "勤務時間の型",
        "1行に1つ。例 7:30〜16:15",
        GROUP,
        per_unit=True,
    )
)
HOURS_FROM = _clock("request_hours_from", "05:00", "勤務できる時間帯の始まり")
HOURS_TO = _clock("request_hours_to", "22:00", "勤務できる時間帯の終わり")
PLACES = {
    code: declare(
        Setting(
            f"request_place_{code}",
            Kind.SWITCH,
            True,
            f"{word}を認める",
            "",
            GROUP,
            per_unit=True,
        )
    )
    for code, word in (
        ("home", "在宅"),
        ("satellite", "サテライト"),
        ("mobile", "モバイルワーク"),
    )
}
LEAVES = (("yes", "認める"), ("approval", "事情を見て認める"), ("no", "認めない"))
KIND_WORDS = {
    "own": "自宅",
    "parents": "実家など親族の家",
    "hospital": "病院など看護・介護の場所",
    "other": "そのほか",
}
PLACE_KINDS = {
    code: _choice(f"request_kind_{code}", "approval", f"在宅の場所「{word}」", "", *LEAVES)
    for code, word in KIND_WORDS.items()
    if code != "own"
}
CARRY = _choice("request_carry", "yes", "資料の持出し", "", *LEAVES)
CARRY_PERSONAL = _choice("request_carry_personal", "no", "個人情報を含む資料の持出し", "", *LEAVES)
PERSONAL_HOME = _choice(
    "request_personal_home",
    "no",
    "個人情報を扱う業務を在宅で行うこと",
    "同じ保護のあるサテライトでは行えます。",
    *LEAVES,
)
OVERTIME = _choice(
    "request_overtime",
    "order",
    "テレワーク中の時間外勤務",
    "終業の報告が遅いとき、命令を受けたかを本人に聞きます。",
    ("no", "認めない"),
    ("rarely", "原則として命じない"),
    ("order", "命令を受けて行う"),
    ("free", "聞かない"),
)
TARGETS = declare(
    Setting(
        "request_targets",
        Kind.LINES,
        [],
        "テレワークの対象（対象外）になる人",
        "上から見て最初に合う行。例「対象外 職名=保育士」「対象外 所属=D05020」"
        "「対象 任用区分=会計年度任用職員 2026-10-01から」。人ごとの登録があればそれが先です。",
        GROUP,
    )
)
TARGET_ELSE = _choice(
    "request_target_else",
    "yes",
    "どの行にも合わない人",
    "",
    ("yes", "対象"),
    ("no", "対象外"),
)
AHEAD = _number("request_ahead_days", 90, "何日先まで申請できるか", "", 7, 366)
BACK = _number(
    "request_back_days",
    31,
    "何日前まで、あとから申請できるか",
    "口頭で承認を受けたときなど。",
    0,
    366,
)
ORAL = declare(
    Setting(
        "request_oral",
        Kind.SWITCH,
        True,
        "「口頭で承認済」の申請を受ける",
        "承認した人の名前と日時を書いてあとから出します。名指しされた人に知らせが届きます。",
        GROUP,
        per_unit=True,
    )
)
KEPT_YEARS = declare(
    Setting(
        "requests_kept_years",
        Kind.NUMBER,
        3,
        "申請の記録を残す年数",
        "実施日の年度が終わってから数えます。過ぎた申請とその経過、申請がなくなった人の古い「いつもの」を消します。",
        GROUP,
        minimum=1,
        maximum=30,
    )
)
CONTACT_MONTHS = declare(
    Setting(
        "request_contact_months",
        Kind.NUMBER,
        3,
        "申請の連絡先を残す月数",
        "実施日の月が終わってから数えます。過ぎた申請から連絡先だけを消します。",
        GROUP,
        minimum=1,
        maximum=60,
    )
)

_EXTENTS = {
    "whole": ("whole",),
    "half": ("whole", "am", "pm"),
    "hours": ("whole", "am", "pm", "hours"),
}


def rules_of(path: Sequence[str]) -> Rules:
    """The rules in force for a unit (its codes from the top down)."""
    return rules_from(lambda setting: settings.value(setting, path))


def rules_from(value: Callable[[Setting], Any]) -> Rules:
    """value: what is set, for each setting."""
    return Rules(
        strict=value(STRICT) == "strict",
        deadline=_deadline(value),
        week_most=value(WEEK_MOST) or None,
        week_office=value(WEEK_OFFICE),
        extents=_EXTENTS[value(UNIT)],
        step=value(STEP),
        core=(minute_of(value(CORE_START)), minute_of(value(CORE_END)))
        if value(CORE) == "fixed"
        else None,
        core_of_pattern=value(CORE) == "pattern",
        hours=value(HOURS),
        shifts=shifts_from(value(SHIFTS)),
        window=(minute_of(value(HOURS_FROM)), minute_of(value(HOURS_TO))),
        places=tuple(code for code, setting in PLACES.items() if value(setting)),
        place_kinds={"own": Leave.YES}
        | {code: Leave(value(setting)) for code, setting in PLACE_KINDS.items()},
        carry=Leave(value(CARRY)),
        carry_personal=Leave(value(CARRY_PERSONAL)),
        personal_home=Leave(value(PERSONAL_HOME)),
        overtime=value(OVERTIME),
        oral=value(ORAL),
        ahead_days=value(AHEAD),
        back_days=value(BACK),
        targets=lines_from(value(TARGETS)),
        target_else=value(TARGET_ELSE) == "yes",
    )


def _deadline(value: Callable[[Setting], Any]) -> Deadline | None:
    kind = value(DEADLINE)
    if kind == "none":
        return None
    return Deadline(value(DEADLINE_DAYS), kind == "business", minute_of(value(DEADLINE_TIME)))


def shifts_from(lines: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """ "7:30〜16:15" → (450, 975); a line that is none is left out."""
    found = []
    for line in lines:
        start, _, end = (
            line.replace("~", "〜").replace("-", "〜").replace("～", "〜").partition("〜")
        )
        try:
            span = minute_of(start), minute_of(end)
        except ValueError:
            continue
        if span[0] < span[1]:
            found.append(span)
    return tuple(found)
