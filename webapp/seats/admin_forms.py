"""Forms of the administration of sites, seats and things to lend. Times "HH:MM", empty = all day."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from webapp.core.hours import minute_of
from webapp.core.parse import FormBody
from webapp.core.refusals import RuleBroken
from webapp.org import queries as org
from webapp.seats.administering import ItemWanted, SeatWanted, SiteWanted
from webapp.seats.forms import Clock

MOST_SEATS = 100


def _phone(text: str) -> str:
    if not all(sign.isascii() and (sign.isdigit() or sign == "-") for sign in text):
        raise ValueError("数字とハイフンで入力してください（例 090-1234-5678）")
    return text


def _code(text: str) -> str:
    if not all(sign.isascii() and (sign.isalnum() or sign in "-_") for sign in text):
        raise ValueError("英数字とハイフンで入力してください（例 KT-001）")
    return text


Phone = Annotated[str, Field(max_length=20), AfterValidator(_phone)]
Order = Annotated[int, Field(ge=0, le=9999)]


def names_in(text: str) -> tuple[str, ...]:
    """One a line, or separated by 、 or a comma."""
    parts = text.replace("、", "\n").replace(",", "\n").splitlines()
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


class SiteForm(FormBody):
    name: Annotated[str, Field(min_length=1, max_length=60)]
    telephone: Phone = ""
    personal_data: bool = False
    opens: Clock | None = None
    closes: Clock | None = None
    near: Annotated[str, Field(max_length=200)] = ""
    note: Annotated[str, Field(max_length=200)] = ""
    sort_order: Order = 0
    closed_on: date | None = None

    def wanted(self) -> SiteWanted:
        opens = minute_of(self.opens) if self.opens else None
        closes = minute_of(self.closes) if self.closes else None
        if opens is not None and closes is not None and closes <= opens:
            words = "開く時刻より後にしてください（例 8:30〜20:00）"
            raise RuleBroken("入力内容を確かめてください。", {"closes": words})
        return SiteWanted(
            self.name,
            self.telephone,
            self.personal_data,
            opens,
            closes,
            names_in(self.near),
            self.note,
            self.sort_order,
            self.closed_on,
        )


class SeatsForm(FormBody):
    """names: of new seats, one a line."""

    names: Annotated[str, Field(min_length=1, max_length=4000)]

    def wanted(self) -> tuple[str, ...]:
        names = names_in(self.names)
        long = next((name for name in names if len(name) > 40), None)
        if long or len(names) > MOST_SEATS or not names:
            words = f"席の名前は40文字以内、一度に{MOST_SEATS}席までにしてください"
            raise RuleBroken("入力内容を確かめてください。", {"names": words})
        return names


class SeatForm(FormBody):
    name: Annotated[str, Field(min_length=1, max_length=40)]
    telephone: Phone = ""
    computer: bool = False
    monitor: bool = False
    note: Annotated[str, Field(max_length=100)] = ""
    sort_order: Order = 0
    closed_on: date | None = None

    def wanted(self) -> SeatWanted:
        return SeatWanted(
            self.name,
            self.telephone,
            self.computer,
            self.monitor,
            self.note,
            self.sort_order,
            self.closed_on,
        )


class ItemForm(FormBody):
    number: Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_code)]
    kind: Annotated[str, Field(min_length=1, max_length=40)]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    telephone: Phone = ""
    reach: Literal["", "transfer", "callback", "none"] = ""
    unit: Annotated[str, Field(max_length=32)] = ""
    quantity: Annotated[int, Field(ge=0, le=100_000)] = 1
    needed_at_home: bool = False
    note: Annotated[str, Field(max_length=200)] = ""
    closed_on: date | None = None

    def wanted(self) -> ItemWanted:
        faults: dict[str, str] = {}
        node = org.current_tree().by_code(self.unit) if self.unit else None
        if self.unit and node is None:
            faults["unit"] = "この所属はありません。所属コードを確かめてください"
        if self.telephone and not self.reach:
            faults["reach"] = "電話番号があるときは、着信区分を選んでください"
        if self.reach and not self.telephone:
            faults["telephone"] = "着信区分があるときは、電話番号を入れてください"
        if faults:
            raise RuleBroken("入力内容を確かめてください。", faults)
        return ItemWanted(
            self.number,
            self.kind,
            self.name,
            self.telephone,
            self.reach,
            node.id if node else None,
            self.quantity,
            self.needed_at_home,
            self.note,
            self.closed_on,
        )
