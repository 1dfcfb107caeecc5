"""Bodies of 取次メモ and 質問箱, from JSON and from plain forms."""

import re
import unicodedata
from datetime import date, datetime, time
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from webapp.core import calendar, clock
from webapp.core.parse import Body, FormBody
from webapp.core.refusals import RuleBroken
from webapp.messages.service import Wanted

LONGEST_TEXT, LONGEST_CALLER, LONGEST_NUMBER = 60, 60, 20
LONGEST_QUESTION, LONGEST_ANSWER = 500, 1000
_NUMBER = re.compile(r"[0-9+()#*\- ]*")


def _telephone(text: str) -> str:
    """Digits as typed on any keyboard, ０３ or 03."""
    plain = unicodedata.normalize("NFKC", text).replace("‐", "-").replace("ー", "-").strip()
    if not _NUMBER.fullmatch(plain):
        raise ValueError("数字と - で入力してください（例 042-555-0123）")
    if len(plain) > LONGEST_NUMBER:
        raise ValueError(f"{LONGEST_NUMBER}文字以内で入力してください")
    return plain


def _of_our_days(instant: datetime) -> datetime:
    """At the edges of the calendar a change of zone overflows."""
    if not 2000 <= instant.year < 2200:
        raise ValueError("日時を確かめてください（例 2026-11-24T15:00:00+09:00）")
    return instant


def _one_line(text: str) -> str:
    return " ".join(text.split())


Instant = Annotated[AwareDatetime, AfterValidator(_of_our_days)]
# Of a form as it was opened: sent twice it is written once.
FormKey = Annotated[str, Field(max_length=40)]
Revision = Annotated[int, Field(ge=1, le=2**31 - 1)]


class MemoBody(Body):
    to: Annotated[str, Field(min_length=1, max_length=40)]
    caller: Annotated[str, Field(max_length=LONGEST_CALLER), AfterValidator(_one_line)] = ""
    telephone: Annotated[str, Field(max_length=60), AfterValidator(_telephone)] = ""
    chip: Annotated[str, Field(max_length=20)] = ""
    text: Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_one_line)] = ""
    wished_at: Instant | None = None

    def wanted(self, *, now: datetime) -> Wanted:
        return Wanted(self.to, self.caller, self.telephone, self.chip, self.text, self.wished_at)


class MemoForm(MemoBody, FormBody):
    """wished_time: "15:00" of wished_on, or of today."""

    key: FormKey = ""
    wished_on: str = ""
    wished_time: str = ""

    def wanted(self, *, now: datetime) -> Wanted:
        if self.wished_time or self.wished_on:
            self.wished_at = self._wish(now)
        return super().wanted(now=now)

    def _wish(self, now: datetime) -> datetime:
        try:
            on = date.fromisoformat(self.wished_on) if self.wished_on else None
        except ValueError:
            fault = {"wished_on": "2026-11-25 のように入力してください"}
            raise RuleBroken("日付を読み取れません。", fault) from None
        if not self.wished_time:
            raise RuleBroken("入力内容を確かめてください。", {"wished_at": "時刻も入れてください"})
        try:
            at = time.fromisoformat(self.wished_time.zfill(5))
            return _of_our_days(calendar.at(on or clock.to_tokyo(now).date(), at))
        except ValueError:
            fault = {"wished_at": "15:00 のように入力してください"}
            raise RuleBroken("時刻を読み取れません。", fault) from None


class TurnBody(Body):
    """One of state, to, seen. revision: what the page has seen; without it the present one counts."""

    state: Literal["open", "called", "done"] | None = None
    to: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    seen: Literal[True] | None = None
    revision: Revision | None = None

    def check(self) -> "TurnBody":
        given = [name for name in ("state", "to", "seen") if getattr(self, name) is not None]
        if len(given) != 1:
            raise RuleBroken(
                "何をするか1つだけ指定してください。",
                {"state": "state、to、seen のどれか1つにしてください"},
            )
        return self


class TurnForm(FormBody):
    revision: Revision | None = None
    tab: Literal["mine", "unit", "written", "done"] = "mine"


class MoveForm(TurnForm):
    to: Annotated[str, Field(min_length=1, max_length=40)]


class QuestionBody(Body):
    unit: Annotated[str, Field(min_length=1, max_length=40)]
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION)]


class QuestionForm(QuestionBody, FormBody):
    key: FormKey = ""


class AnswerBody(Body):
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_ANSWER)]


class AnswerForm(AnswerBody, FormBody):
    pass


class SettleBody(Body):
    state: Literal["open", "resolved"]
    revision: Revision | None = None


class SettleForm(SettleBody, FormBody):
    pass
