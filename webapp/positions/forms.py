"""The forms of the page as typed: what is wanted, or what is wrong at which field. Nothing typed is lost."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from werkzeug.datastructures import MultiDict

from webapp.core.hours import clock_of
from webapp.org.import_cells import date_of, minutes_of, narrow
from webapp.positions.rules import Group, Kind, Staffed, weekday_mask
from webapp.positions.wanted import (
    BandWanted,
    Faults,
    LockWanted,
    OpeningWanted,
    PositionWanted,
    ProfileWanted,
)

Form = MultiDict[str, str]
T = TypeVar("T")
_BETWEEN = re.compile(r"[\s,、，・;；/／]+")
_LONGEST = 500  # characters of one field


@dataclass(slots=True)
class Reading:
    """One form being read; faults by field."""

    form: Form
    faults: Faults = field(default_factory=dict)

    def text(self, name: str) -> str:
        return " ".join(self.form.get(name, "")[:_LONGEST].split())

    def choice(self, name: str, of: Callable[[str], T], default: T) -> T:
        try:
            return of(self.text(name))
        except ValueError:
            if self.text(name):
                self.faults[name] = "選び直してください"
            return default

    def number(self, name: str, default: int) -> int:
        """A whole number; empty = default."""
        text = narrow(self.text(name))
        if not text:
            return default
        if not re.fullmatch(r"\d{1,5}", text):
            self.faults[name] = "数字で入れてください"
            return default
        return int(text)

    def optional_number(self, name: str) -> int | None:
        return self.number(name, 0) if self.text(name) else None

    def burden(self, name: str = "burden") -> float:
        text = narrow(self.text(name))
        if text and not re.fullmatch(r"\d{1,2}(\.\d)?", text):
            self.faults[name] = "0 から 5 の間で、0.1 きざみで入れてください（ふつうは 1）"
            return 1.0
        return float(text) if text else 1.0

    def clock(self, name: str) -> int:
        found = minutes_of(self.text(name))
        if found is None or found > 24 * 60:
            self.faults[name] = "時刻を入れてください（例 8:30）"
            return 0
        return found

    def day(self, name: str) -> date | None:
        found = date_of(self.text(name)) if self.text(name) else None
        if self.text(name) and found is None:
            self.faults[name] = "日付は 2026-12-10 のようにしてください"
        return found

    def weekdays(self) -> int:
        days = [text for text in self.form.getlist("weekday") if text in set("0123456")]
        return weekday_mask(int(day) for day in days)

    def when(self) -> tuple[int, date | None]:
        """(weekdays, day): one of them, as the choice 曜日で／日付で says."""
        if self.form.get("when") != "day":
            return self.weekdays(), None
        day = self.day("day")
        if day is None and "day" not in self.faults:
            self.faults["day"] = "日付を入れてください（例 2026-12-10）"
        return 0, day

    def skills(self) -> tuple[str, ...]:
        ticked = [text.strip() for text in self.form.getlist("skill")]
        return tuple(sorted({*filter(None, ticked), *words_of(self.form.get("skills_more", ""))}))


def words_of(text: str) -> list[str]:
    """Several in one field, separated by a space, a comma or 、."""
    return [word for word in _BETWEEN.split(text[:_LONGEST].strip()) if word]


def position(
    form: Form, unit_ids: Collection[int], sites: Collection[str]
) -> tuple[PositionWanted, Faults]:
    """unit_ids: of all units in force. sites: names one may choose, "" always."""
    read = Reading(form)
    wanted = PositionWanted(
        read.text("name"),
        read.choice("kind", Kind, Kind.COUNTER),
        read.choice("staffed", Staffed, Staffed.DUTY),
        read.text("site"),
        read.skills(),
        read.burden(),
        "contractor" in form,
        tuple(
            sorted({int(text) for text in form.getlist("feed") if text.isdigit()} & set(unit_ids))
        ),
    )
    if wanted.site and wanted.site not in sites:
        read.faults["site"] = "拠点を選び直してください"
    return wanted, wanted.faults() | read.faults


def band(form: Form, locks: Collection[int]) -> tuple[BandWanted, Faults]:
    """locks: ids of the 期間 that may be chosen."""
    read = Reading(form)
    weekdays, day = read.when()
    lock_id = read.optional_number("lock")
    need = read.number("need", 1)
    wanted = BandWanted(
        read.clock("start"),
        read.clock("end"),
        need,
        read.number("ideal", need),
        read.number("experienced", 0),
        read.burden(),
        weekdays,
        day,
        lock_id,
    )
    if lock_id is not None and lock_id not in locks:
        read.faults["lock"] = "期間を選び直してください"
    return wanted, _faults(wanted, read.faults)


def opening(form: Form, sites: Collection[str]) -> tuple[OpeningWanted, Faults]:
    read = Reading(form)
    weekdays, day = read.when()
    is_open = form.get("open") != "0"
    wanted = OpeningWanted(
        read.text("applies_to"),
        read.text("site"),
        weekdays,
        day,
        read.clock("start") if is_open else None,
        read.clock("end") if is_open else None,
        read.text("note"),
    )
    if wanted.site and wanted.site not in sites:
        read.faults["site"] = "拠点を選び直してください"
    return wanted, _faults(wanted, read.faults)


def _faults(wanted: BandWanted | OpeningWanted, typed: Faults) -> Faults:
    """A time that cannot be read is told at its own field only."""
    found = wanted.faults()
    if {"start", "end"} & typed.keys():
        found.pop("end", None)
    if "day" in typed:
        found.pop("weekday", None)
    return found | typed


def lock(form: Form) -> tuple[LockWanted, Faults]:
    read = Reading(form)
    first, last = read.day("starts_on"), read.day("ends_on")
    for name, day in (("starts_on", first), ("ends_on", last)):
        if day is None and name not in read.faults:
            read.faults[name] = "日付を入れてください（例 2026-12-10）"
    wanted = LockWanted(read.text("name"), first or date.min, last or date.max)
    return wanted, wanted.faults() | read.faults


def profile(
    form: Form, positions: Collection[int], people: Collection[int]
) -> tuple[ProfileWanted, Faults]:
    """positions: those one may choose. people: with whom a pair may be made."""
    read = Reading(form)
    wishes = {place: form.get(f"wish-{place}", "0") for place in positions}
    wanted = ProfileWanted(
        frozenset(read.skills()),
        {"yes": True, "no": False}.get(form.get("experienced", "")),
        read.optional_number("max_consecutive_minutes"),
        read.optional_number("max_daily_minutes"),
        read.choice("group", Group, Group.ROTATE),
        frozenset(place for place, wish in wishes.items() if wish == "never"),
        {place: int(wish) for place, wish in wishes.items() if wish in ("-2", "-1", "1", "2")},
        frozenset({int(text) for text in form.getlist("pair") if text.isdigit()} & set(people)),
    )
    return wanted, wanted.faults() | read.faults


# --- what a form shows ---------------------------------------------------------------------------


def shown(form: Form) -> dict[str, Any]:
    """What was typed, for the page that comes back with faults: single values, and lists under `name[]`."""
    values: dict[str, Any] = {name: form.get(name, "") for name in form if name != "csrf_token"}
    return values | {f"{name}[]": form.getlist(name) for name in form}


def of_position(wanted: PositionWanted) -> dict[str, Any]:
    return {
        "name": wanted.name,
        "kind": wanted.kind.value,
        "staffed": wanted.staffed.value,
        "site": wanted.site,
        "skill[]": list(wanted.skills),
        "burden": f"{wanted.burden:g}",
        "contractor": "1" if wanted.contractor else "",
        "feed[]": [str(unit_id) for unit_id in wanted.feeds],
        "version": wanted.version,
    }


def of_band(wanted: BandWanted) -> dict[str, Any]:
    return {
        "when": "day" if wanted.day else "week",
        "weekday[]": [str(day) for day in range(7) if wanted.weekdays >> day & 1],
        "day": wanted.day.isoformat() if wanted.day else "",
        "start": clock_of(wanted.start, padded=True),
        "end": clock_of(wanted.end, padded=True),
        "need": wanted.need,
        "ideal": wanted.ideal,
        "experienced": wanted.experienced,
        "burden": f"{wanted.burden:g}",
        "lock": wanted.lock_id or "",
        "version": wanted.version,
    }


def of_opening(wanted: OpeningWanted) -> dict[str, Any]:
    is_open = wanted.start is not None and wanted.end is not None
    return {
        "applies_to": wanted.applies_to,
        "site": wanted.site,
        "when": "day" if wanted.day else "week",
        "weekday[]": [str(day) for day in range(7) if wanted.weekdays >> day & 1],
        "day": wanted.day.isoformat() if wanted.day else "",
        "open": "1" if is_open else "0",
        "start": clock_of(wanted.start or 0, padded=True) if is_open else "",
        "end": clock_of(wanted.end or 0, padded=True) if is_open else "",
        "note": wanted.note,
        "version": wanted.version,
    }


def of_lock(wanted: LockWanted) -> dict[str, Any]:
    return {
        "name": wanted.name,
        "starts_on": wanted.starts_on.isoformat(),
        "ends_on": wanted.ends_on.isoformat(),
        "version": wanted.version,
    }


def of_profile(wanted: ProfileWanted) -> dict[str, Any]:
    said = {True: "yes", False: "no", None: ""}[wanted.experienced]
    wishes = {f"wish-{place}": str(weight) for place, weight in wanted.preferences.items()}
    return (
        {
            "skill[]": sorted(wanted.skills),
            "experienced": said,
            "max_consecutive_minutes": wanted.max_consecutive_minutes or "",
            "max_daily_minutes": wanted.max_daily_minutes or "",
            "group": wanted.group.value,
            "pair[]": [str(staff_id) for staff_id in sorted(wanted.pairs)],
            "version": wanted.version,
        }
        | wishes
        | {f"wish-{place}": "never" for place in wanted.forbidden}
    )
