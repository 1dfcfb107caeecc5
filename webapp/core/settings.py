"""Rules that differ in every municipality: typed settings with their defaults, per municipality or per unit.

Each feature declares its own with `declare(...)`; the settings page and `value()` know nothing else of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from webapp.core import facts
from webapp.core.db import db
from webapp.core.kept import Kept
from webapp.core.models import StoredSetting


class Kind(StrEnum):
    SWITCH = "switch"  # bool
    NUMBER = "number"  # int
    CHOICE = "choice"  # one code of `choices`
    TEXT = "text"
    LINES = "lines"  # list[str], one a line
    WORDS = "words"  # dict[str, str]: code → local wording, the codes are those of `choices`
    CLOCK = "clock"  # "HH:MM"


@dataclass(frozen=True, slots=True)
class Setting:
    key: str
    kind: Kind
    default: Any
    label: str
    help: str = ""
    group: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    per_unit: bool = False
    minimum: int = 0
    maximum: int = 1_000_000
    affects_rows: bool = False  # a change alters what boards show


LONGEST_TEXT = 500


class SettingFault(ValueError):
    """A value that does not fit; the message says what would."""


REGISTRY: dict[str, Setting] = {}


def declare(setting: Setting) -> Setting:
    REGISTRY[setting.key] = setting
    return setting


def checked(setting: Setting, value: Any) -> Any:
    """The value as it is stored. Raises SettingFault."""
    return _CHECKS[setting.kind](setting, value)


def _switch(_setting: Setting, value: Any) -> bool:
    if not isinstance(value, bool):
        raise SettingFault("はい・いいえのどちらかを選んでください")
    return value


def _choice(setting: Setting, value: Any) -> str:
    if value not in {code for code, _ in setting.choices}:
        words = "・".join(word for _, word in setting.choices)
        raise SettingFault(f"{words} のどれかを選んでください")
    return str(value)


def _text(_setting: Setting, value: Any) -> str:
    text = str(value).strip()
    if len(text) > LONGEST_TEXT:
        raise SettingFault(f"{LONGEST_TEXT}文字以内で入力してください")
    return text


def _lines(_setting: Setting, value: Any) -> list[str]:
    lines = value.splitlines() if isinstance(value, str) else value
    return [str(line).strip() for line in lines if str(line).strip()]


def _words(setting: Setting, value: Any) -> dict[str, str]:
    words = {code: str(value.get(code, "")).strip() for code, _ in setting.choices}
    return {code: word for code, word in words.items() if word}


def _number(setting: Setting, value: Any) -> int:
    try:
        number = int(str(value).strip())
    except ValueError:
        raise SettingFault("数字で入力してください") from None
    if not setting.minimum <= number <= setting.maximum:
        raise SettingFault(f"{setting.minimum}〜{setting.maximum} の数字で入力してください")
    return number


def _clock(_setting: Setting, value: Any) -> str:
    try:
        return datetime.strptime(str(value).strip(), "%H:%M").strftime("%H:%M")  # noqa: DTZ007
    except ValueError:
        raise SettingFault("8:30 のように時刻で入力してください") from None


_CHECKS: dict[Kind, Callable[[Setting, Any], Any]] = {
    Kind.SWITCH: _switch,
    Kind.NUMBER: _number,
    Kind.CHOICE: _choice,
    Kind.TEXT: _text,
    Kind.LINES: _lines,
    Kind.WORDS: _words,
    Kind.CLOCK: _clock,
}

_cache: Kept[dict[tuple[str, str], Any]] = Kept(1)


def _stored() -> dict[tuple[str, str], Any]:
    return _cache.of((facts.epoch(), facts.stamp("settings")), _read)


def _read() -> dict[tuple[str, str], Any]:
    rows = db.session.execute(
        select(StoredSetting.key, StoredSetting.unit_code, StoredSetting.value)
    )
    return {(key, unit): value for key, unit, value in rows}


def value(setting: Setting, path: Sequence[str] = ()) -> Any:
    """What is in force: for a unit (its path of codes from the top down) the nearest value upwards."""
    stored = _stored()
    if setting.per_unit:
        for code in reversed(path):
            if (setting.key, code) in stored:
                return stored[setting.key, code]
    return stored.get((setting.key, ""), setting.default)


def values(setting: Setting) -> set[Any]:
    """Every value in force somewhere: the municipality's, and those of units. Not for lists and words."""
    own = {each for (key, unit), each in _stored().items() if key == setting.key and unit}
    return own | {value(setting)}


def own_value(setting: Setting, unit_code: str = "") -> Any | None:
    """What is stored right here, None where it is inherited."""
    return _stored().get((setting.key, unit_code))


def put(setting: Setting, raw: Any, *, unit_code: str = "", by: int | None, now: datetime) -> bool:
    """Store (or with None drop) a value, inside a transaction; True if it changed. Raises SettingFault."""
    if unit_code and not setting.per_unit:
        raise SettingFault("この設定は所属ごとには変えられません")
    query = select(StoredSetting).filter_by(key=setting.key, unit_code=unit_code)
    found = db.session.scalars(query).one_or_none()
    if raw is None:
        if found is not None:
            db.session.delete(found)
            facts.restamp("settings")
        return found is not None
    new = checked(setting, raw)
    if found is not None and found.value == new:
        return False
    if found is None:
        found = StoredSetting(key=setting.key, unit_code=unit_code)
        db.session.add(found)
    found.value, found.changed_at, found.changed_by = new, now, by
    facts.restamp("settings")
    return True
