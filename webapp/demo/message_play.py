"""取次メモ and 質問箱 of the Tuesday: what waits, what was called back, three weeks of calls for the figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from webapp.accounts.access import Actor
from webapp.core import calendar
from webapp.core.calendar import at_minute
from webapp.core.db import db
from webapp.core.hours import minute_of
from webapp.demo import tuesday
from webapp.demo.counters import CITIZENS
from webapp.demo.signins import SIGN_INS
from webapp.demo.units import NURSERY
from webapp.messages import questions, service
from webapp.messages.models import PhoneMemo
from webapp.messages.question_rules import QState
from webapp.messages.rules import State
from webapp.messages.service import Wanted
from webapp.org import queries as org

BEHIND = timedelta(weeks=3)
A_DAY = 6  # memos of each 課 and day gone by


@dataclass(frozen=True, slots=True)
class Call:
    """at: "16:55", of the business day before with a leading "-". to, by: index into the people of the 課."""

    at: str
    to: int
    by: int
    chip: int
    caller: str = ""
    line: int = 0
    text: str = ""
    wish: str = ""
    then: State = State.OPEN


CALLS = (
    Call("-16:55", 0, 3, 0, "野口様", 1, "入所の申込み書類の追加について"),
    Call("8:42", 0, 4, 0, "ひまわり保育園", 2, "職員配置表の提出期限", "13:30"),
    Call("9:35", 0, 5, 2, "", 3, "利用調整の点数の見方"),
    Call("9:10", 6, 3, 0, "中央保育園 園長", 4, "監査の日程"),
    Call("10:05", 7, 4, 1, "大西様", 0, ""),
    Call("8:50", 8, 0, 0, "県子ども課", 5, "実績報告の様式", "", State.CALLED),
    Call("-15:20", 0, 5, 0, "さくら幼稚園", 6, "補助金の請求書", "", State.DONE),
)
QUESTIONS = (
    ("9:20", 4, "育休から復職する人の就労証明書は、復職の前でも受け取ってよいですか", None),
    (
        "8:55",
        0,
        "中途退園の届けが郵送で来たとき、日付は消印の日でよいですか",
        (6, "届いた日です。要綱の第8条を見てください。消印は封筒ごと残しています。"),
    ),
)


def calls_of(day: date) -> None:
    """In a transaction, after the morning has been played."""
    crew = _crew(NURSERY, day)
    if len(crew) < 12:
        return  # somebody has made it their own
    first = SIGN_INS[0].number
    crew.sort(key=lambda actor: actor.number != first)
    before = tuesday.business_day_before(day, org.business_calendar())
    for call in CALLS:
        _play(call, crew, day, before)
    for at, asker, text, answer in QUESTIONS:
        _ask(crew, at_minute(day, minute_of(at)), asker, text, answer)
    for code in (NURSERY, CITIZENS):
        _weeks_gone_by(_crew(code, day), day, before)


def _crew(code: str, day: date) -> list[Actor]:
    """Everybody of the 課 in the order of the board."""
    now = tuesday.opens_at(day)
    tree = org.current_tree()
    unit = tree.by_code(code)
    if unit is None:
        return []
    posted = org.postings_in(tree.subtree_ids(unit.id), org.today(now), known_at=now)
    ids = list(dict.fromkeys(posting.staff_id for posting in posted))
    held: Mapping[int, list[org.PersonPosting]] = org.postings_of(ids, org.today(now), known_at=now)
    return [Actor(i, held[i][0].number, held[i][0].name, postings=tuple(held[i])) for i in ids]


def _play(call: Call, crew: list[Actor], day: date, before: date) -> None:
    on = before if call.at.startswith("-") else day
    now = at_minute(on, minute_of(call.at.lstrip("-")))
    to = crew[call.to]
    wanted = Wanted(
        to.number,
        call.caller,
        f"042-555-01{call.line:02d}" if call.line else "",
        service.chips()[call.chip],
        call.text,
        at_minute(day, minute_of(call.wish)) if call.wish else None,
    )
    memo = service.write(wanted, actor=crew[call.by], now=now)
    if call.then is not State.OPEN:
        later = now + timedelta(minutes=35)
        service.turn(memo.id, call.then, revision=None, actor=to, now=later)


def _ask(
    crew: list[Actor], now: datetime, asker: int, text: str, answer: tuple[int, str] | None
) -> None:
    actor = crew[asker]
    section = actor.section_code
    if section is None:
        return
    question = questions.ask(section, text, actor=actor, now=now)
    if answer is not None:
        by, words = answer
        later = now + timedelta(minutes=12)
        questions.answer(question.id, words, actor=crew[by], now=later)
        if question.state == QState.ANSWERED:
            questions.settle(question.id, QState.RESOLVED, revision=None, actor=actor, now=later)


# --- three weeks of calls -------------------------------------------------------------------


def _weeks_gone_by(crew: list[Actor], day: date, before: date) -> None:
    """Finished and erased already: counts and hours are all that is left of them."""
    if not crew:
        return
    draw = Random(f"calls:{day.isoformat()}:{crew[0].number}")
    open_days = org.business_calendar().business_days(day - BEHIND, before)
    for on in open_days:
        for _ in range(draw.randint(A_DAY - 2, A_DAY + 2)):
            db.session.add(_past(crew, on, draw))


def _past(crew: list[Actor], on: date, draw: Random) -> PhoneMemo:
    to, by = draw.sample(crew, 2)
    made = at_minute(on, draw.randint(minute_of("8:40"), minute_of("16:20")))
    called = made + timedelta(minutes=draw.choice((6, 12, 18, 25, 40, 55)))
    return PhoneMemo(
        to_id=to.staff_id,
        unit_id=to.postings[0].unit_id,
        by_id=by.staff_id,
        by_unit_id=by.postings[0].unit_id,
        chip=service.chips()[0],
        state=State.DONE.value,
        revision=3,
        made_at=made,
        seen_at=called,
        called_at=called,
        called_by=to.staff_id,
        done_at=called,
        done_by=to.staff_id,
        erased_at=calendar.at_minute(on + timedelta(days=1), 0),
    )
