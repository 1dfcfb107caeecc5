"""What the municipality's rules say of a request, in one line for who decides: 期限, 週の日数, 在席確認者, 電話."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from webapp.core.hours import clock_of
from webapp.core.refusals import RuleBroken
from webapp.org import queries as org
from webapp.org.rules import Reach
from webapp.plans import queries as plans
from webapp.requests import known
from webapp.requests.known import Days
from webapp.requests.models import TeleworkRequest
from webapp.requests.rulebook import Deadline

REACH_WORDS = {
    Reach.TRANSFER: "電話は転送できます",
    Reach.CALLBACK: "電話は折り返しのみ",
    Reach.NONE: "電話は受けられません",
}


@dataclass(frozen=True, slots=True)
class Check:
    words: str
    ok: bool = True


def checks_of(row: TeleworkRequest, *, now: datetime) -> list[Check]:
    """What the municipality's rules say of it: 期限, 週の日数, 在席確認者, 電話, and every warning of the filing."""
    found = [*_by_rules(row, now), *_confirmer(row), *_telephone(row, now)]
    said = {"late", "cap"}
    found += [
        Check(str(each.get("words", "")), ok=False)
        for each in row.warnings
        if each.get("code") not in said and each.get("code") != "duty"
    ]
    if row.carries:
        what = f"（{row.carried}）" if row.carried else ""
        private = "・個人情報あり" if row.personal_data else ""
        found.append(Check(f"資料の持出しあり{private}{what}", ok=not row.personal_data))
    return found


def _by_rules(row: TeleworkRequest, now: datetime) -> Iterable[Check]:
    try:
        who = known.filer(row.staff_id, now=now)
    except RuleBroken:
        return
    facts = known.known_of(Days(who, now=now), [row.day], but=[row.id])[row.day]
    if row.late:
        yield Check(f"期限後の申請{deadline_words(who.rules.deadline)}", ok=False)
    elif who.rules.deadline is not None:
        yield Check(f"期限内{deadline_words(who.rules.deadline)}")
    days, most = len(facts.week | {row.day}), who.rules.week_most
    if most is None:
        yield Check(f"今週 {days} 日目" if _this_week(row, now) else f"この週 {days} 日目")
    else:
        week = "今週" if _this_week(row, now) else "この週"
        yield Check(f"{week} {days} 日目（上限 {most} 日）", ok=days <= most)


def _this_week(row: TeleworkRequest, now: datetime) -> bool:
    return row.day.isocalendar()[:2] == org.today(now).isocalendar()[:2]


def deadline_words(rule: Deadline | None) -> str:
    """（前日の正午まで）（2 開庁日前の 17:15 まで）."""
    if rule is None:
        return ""
    day = {0: "当日", 1: "前日"}.get(
        rule.days
    ) or f"{rule.days} {'開庁' if rule.business else ''}日前"
    at = {720: "正午", 1439: "", 1440: ""}.get(rule.minute, clock_of(rule.minute))
    return f"（{day}{'の' + at if at else ''}まで）"


def _confirmer(row: TeleworkRequest) -> Iterable[Check]:
    if row.confirmer_id is not None:
        yield Check(f"在席確認者 {org.names_of([row.confirmer_id]).get(row.confirmer_id, '')}")


def _telephone(row: TeleworkRequest, now: datetime) -> Iterable[Check]:
    spans = plans.reaches_of([row.staff_id], row.day).get(row.staff_id)
    held = org.postings_today(row.staff_id, now=now)
    if spans:
        yield Check(f"{REACH_WORDS[spans[-1].reach]}（公用携帯 {spans[-1].number}）")
    elif held:
        reach = Reach(held[0].reach)
        yield Check(REACH_WORDS[reach], ok=reach is not Reach.NONE)
