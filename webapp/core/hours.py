"""Times of day as people write them: minutes after midnight and "H:MM". Pure."""

import re

_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})$")


def minute_of(text: str) -> int:
    """ "8:30" → 510; up to 47:59 for days that cross midnight. ValueError otherwise."""
    found = _CLOCK.match(text.strip())
    if not found or int(found[2]) > 59 or int(found[1]) > 47:
        raise ValueError(f"「{text}」は時刻ではありません（例 8:30）")
    return int(found[1]) * 60 + int(found[2])


def clock_of(minute: int, *, padded: bool = False) -> str:
    """510 → "8:30" (padded: "08:30")."""
    hours, minutes = divmod(minute, 60)
    return f"{hours:02d}:{minutes:02d}" if padded else f"{hours}:{minutes:02d}"
