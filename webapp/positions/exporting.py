"""Positions, demand and skills as files: taken out, edited, taken in again, they are the same."""

from collections.abc import Iterable

from webapp.core.hours import clock_of
from webapp.org import queries as org
from webapp.positions import handover, stored
from webapp.positions.import_rows import DEMAND_COLUMNS, POSITION_COLUMNS, SKILL_COLUMNS
from webapp.positions.models import Position
from webapp.positions.roster import Line
from webapp.positions.rules import GROUP_WORDS, KIND_WORDS, Kind, Staffed
from webapp.positions.wanted import ProfileWanted, weekday_words

Rows = tuple[list[str], list[list[object]]]
_LEVELS = {True: "経験者", False: "見習い", None: ""}


def positions(rows: Iterable[Position]) -> Rows:
    tree, today = org.current_tree(), org.today()
    codes = {node.id: node.code for node in tree.nodes}
    lines: list[list[object]] = [
        [
            codes.get(handover.home_of(row.unit_id, today), ""),
            row.name,
            KIND_WORDS[Kind(row.kind)],
            "当番制" if Staffed(row.staffed) is Staffed.DUTY else "在席者",
            row.site,
            " ".join(sorted(row.skills)),
            f"{row.burden:g}",
            "委託" if row.contractor else "いいえ",
            " ".join(sorted(codes[feed.unit_id] for feed in row.feeds if feed.unit_id in codes)),
        ]
        for row in rows
    ]
    return [column.name for column in POSITION_COLUMNS], lines


def demand(rows: Iterable[Position]) -> Rows:
    """Without what 期間で増やす adds: that is no part of the file."""
    today = org.today()
    codes = {node.id: node.code for node in org.current_tree().nodes}
    lines: list[list[object]] = []
    for row in rows:
        for band in stored.band_rows([row.id]):
            if band.lock_id is not None:
                continue
            lines.append(
                [
                    codes.get(handover.home_of(row.unit_id, today), ""),
                    row.name,
                    band.day.isoformat() if band.day else weekday_words(band.weekdays),
                    clock_of(band.start_minute),
                    clock_of(band.end_minute),
                    band.need,
                    band.ideal,
                    band.experienced,
                    f"{band.burden:g}",
                ]
            )
    return [column.name for column in DEMAND_COLUMNS], lines


def skills(lines: Iterable[Line]) -> Rows:
    """Only those whose content the viewer may see and change."""
    return [column.name for column in SKILL_COLUMNS], [
        _person(line.posting.number, line.profile)
        for line in lines
        if line.may_edit and line.profile is not None
    ]


def _person(number: str, said: ProfileWanted) -> list[object]:
    return [
        number,
        " ".join(sorted(said.skills)),
        _LEVELS[said.experienced],
        said.max_consecutive_minutes or "",
        said.max_daily_minutes or "",
        GROUP_WORDS[said.group],
    ]
