"""The last lines of `make bench`: goal beside figure beside rival, from the lines of this run alone.

A measurement that was not made, or made smaller than the goal asks, says so; nothing is filled in from memory.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from unicodedata import east_asian_width

from tests.load.rival_bench import NODE, OURS
from tests.load.sizes import SECTION, Sizes

Line = dict[str, Any]
FULL = Sizes()
FULL_FAN_OUT = FULL.fan_out_s * SECTION * 0.99  # frames for each of the changes a second
NOT_MADE = "—"


@dataclass(frozen=True, slots=True)
class Row:
    """reached: None where the run was too small to judge, or there is no goal."""

    what: str
    goal: str
    figure: str
    rival: str
    reached: bool | None

    def as_json(self) -> Line:
        return {
            "what": self.what,
            "goal": self.goal,
            "figure": self.figure,
            "rival": self.rival,
            "reached": self.reached,
        }


class Run:
    """The lines of one run, by name."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = list(lines)

    def one(self, name: str, **like: Any) -> Line | None:
        for line in reversed(self.lines):
            if line["bench"] == name and all(line.get(key) == like[key] for key in like):
                return line
        return None


def rows(lines: Iterable[Line]) -> list[Row]:
    run = Run(lines)
    return [found for make in ROWS if (found := make(run)) is not None]


def _tap(run: Run, name: str, where: str) -> Row | None:
    line = run.one(name)
    if line is None:
        return None
    faults = sum(line[key] for key in ("rows_lost", "rows_not_for_them", "rows_different"))
    full = line["sockets"] >= FULL.people and line["changes_each_s"] >= FULL.changes_each_s
    is_met = line["p99_ms"] < 250 and line["changes"] and not faults and not line["refused"]
    return Row(
        f"tap to another's socket, {line['sockets']:,} connected, {line['changes_each_s']}/s, {where}",
        "p99 < 250 ms, none lost",
        f"p99 {line['p99_ms']:.0f} ms, {line['rows_lost']} lost, {line['rows_not_for_them']} astray",
        NOT_MADE,
        bool(is_met) if full else None,
    )


def _sqlite(run: Run) -> Row | None:
    return _tap(run, "tap_to_screen", "SQLite")


def _cluster(run: Run) -> Row | None:
    return _tap(run, "tap_to_screen_cluster", "PostgreSQL + Redis, 2 processes")


def _stalled(run: Run) -> Row | None:
    line = run.one("stalled_readers")
    if line is None:
        return None
    found = _tap(run, "stalled_readers", f"{line['stalled']} of them not reading")
    assert found is not None
    figure = f"{found.figure}, server +{line['server_mb_more']:.0f} MB"
    return Row(found.what, found.goal, figure, found.rival, found.reached)


def _burst(run: Run) -> Row | None:
    line = run.one("burst")
    if line is None:
        return None
    figure = f"p99 {line['p99_ms']:.0f} ms, {line['rows_lost']} lost"
    what = f"burst of {line['changes_each_s']} changes/s, SQLite"
    full = line["sockets"] >= FULL.people and line["changes_each_s"] >= FULL.burst_each_s
    return Row(what, "none lost", figure, NOT_MADE, line["rows_lost"] == 0 if full else None)


def _fan_out(run: Run, each_s: int) -> list[Row]:
    mine = run.one("rival_fan_out", server=OURS, each_s=each_s)
    other = run.one("rival_fan_out", server=NODE, each_s=each_s)
    if mine is None or other is None:
        return []
    full = mine["row_frames"] >= FULL_FAN_OUT * each_s
    what = f"fan-out alone, {each_s}/s to rooms of {SECTION}"
    found = []
    for figure, words, most, a, b in _compared(mine, other):
        reached = a <= most * b and not mine["rows_lost"] if full else None
        goal = "≤ Node's" if most == 1 else f"≤ {most} × Node's"
        shown = [f"{value:.1f} {figure}" for value in (a, b)]
        found.append(Row(f"{what}, {words}", goal, shown[0], shown[1], reached))
    return found


def _compared(mine: Line, other: Line) -> list[tuple[str, str, float, float, float]]:
    """Unit, what, most times the rival's, ours, theirs."""
    whole, less = "cpu_us_a_frame", "cpu_us_a_frame_without_posts"
    late, emission = "p99_ms", "from_emission"
    return [
        ("ms", "p99 from the POST", 1, mine[late], other[late]),
        ("ms", "p99 from emission", 1, mine[emission][late], other[emission][late]),
        ("µs", "server CPU a frame", 1.2, mine[whole], other[whole]),
        ("µs", "the same less the POSTs", 1.2, mine[less], other[less]),
    ]


def _memory(run: Run) -> Row | None:
    line, other = run.one("sockets_accepted"), run.one("rival_sockets", server=NODE)
    line = line or run.one("rival_sockets", server=OURS)
    if line is None:
        return None
    return Row(
        f"memory of an idle connection, {line['accepted']:,} of them",
        "≤ 30 KB",
        f"{line['kb_a_connection']} KB",
        f"{other['kb_a_connection']} KB" if other else NOT_MADE,
        line["kb_a_connection"] <= 30 if line["accepted"] >= FULL.people else None,
    )


def _handshakes(run: Run) -> Row | None:
    line, other = run.one("sockets_accepted"), run.one("rival_sockets", server=NODE)
    line = line or run.one("rival_sockets", server=OURS)
    if line is None:
        return None
    rival = f"{other['handshakes_each_s']:,}/s (no sign-in)" if other else NOT_MADE
    return Row(
        "handshakes with sign-in",
        "as many as can be",
        f"{line['handshakes_each_s']:,}/s",
        rival,
        None,
    )


def _drop(run: Run) -> Row | None:
    line, other = run.one("mass_drop"), run.one("rival_mass_drop", server=NODE)
    line = line or run.one("rival_mass_drop", server=OURS)
    if line is None:
        return None
    is_met = line["drop_s"] <= 2 and line["healthz"]["max_ms"] < 250 and not line["left"]
    return Row(
        f"{line['dropped']:,} dropped at once",
        "≤ 2 s, lag < 250 ms",
        _dropped(line),
        _dropped(other) if other else NOT_MADE,
        is_met if line["dropped"] >= FULL.people else None,
    )


def _dropped(line: Line) -> str:
    return f"{line['drop_s']} s, longest /healthz {line['healthz']['max_ms']:.0f} ms"


def _reconnect(run: Run) -> Row | None:
    line = run.one("mass_reconnect")
    if line is None:
        return None
    wrong = (
        "views_wrong",
        "wrongly_present",
        "wrongly_absent",
        "shown_as_lost",
        "gone_still_shown",
    )
    faults = sum(line[key] for key in wrong)
    lost = line["reports_lost"] + line["reports_doubled"]
    is_met = line["complete"] and line["converged_s"] <= 60 and not faults and not lost
    return Row(
        f"kill −9 and restart with {line['came_back']:,} clients",
        "≤ 60 s, nobody shown wrongly, no report lost",
        f"{line['converged_s']} s, {faults} shown wrongly, {line['reports_lost']} lost of {line['reports']}",
        NOT_MADE,
        is_met if line["came_back"] >= FULL.people * 0.99 else None,
    )


def _morning(run: Run) -> Row | None:
    line = run.one("start_of_day")
    if line is None:
        return None
    unanswered = line["starts"] - line["answered"]
    is_met = line["p99_ms"] < 300 and not unanswered and not line["refused"]
    return Row(
        f"{line['starts']:,} starts in {line['within_s']:.0f} s, SQLite",
        "every tap answered, p99 < 300 ms",
        f"p99 {line['p99_ms']:.0f} ms, {unanswered} unanswered, {line['reports_lost']} lost",
        NOT_MADE,
        is_met if line["starts"] >= FULL.morning_people else None,
    )


def _snapshot(run: Run) -> Row | None:
    line = run.one("snapshot_rate_304"), run.one("snapshot_rate_200")
    if line[0] is None or line[1] is None:
        return None
    each = [one["each_s"] for one in line if one]
    return Row(
        "snapshots of a section of 50, a process",
        "≥ 1,500/s",
        f"unchanged {each[0]:,}/s, whole {each[1]:,}/s",
        NOT_MADE,
        min(each) >= 1_500,
    )


def _soak(run: Run) -> Row | None:
    line = run.one("soak")
    if line is None:
        return None
    grown = line["mb_more_after_first_quarter"]
    faults = line["views_wrong_sum"] + line["rows_lost_sum"] + line["rows_not_for_them_sum"]
    is_met = grown < 0.05 * line["server_mb"][1] and not faults
    return Row(
        f"soak of {line['minutes']:g} minutes, {line['sockets']:,} sockets",
        "flat memory, every view right",
        f"{' → '.join(f'{mb:.0f}' for mb in line['server_mb'])} MB, {faults} faults",
        NOT_MADE,
        is_met if line["minutes"] >= FULL.soak_minutes else None,
    )


ROWS: tuple[Callable[[Run], Row | None], ...] = (
    _sqlite,
    _cluster,
    _burst,
    _stalled,
    _memory,
    _handshakes,
    _drop,
    _reconnect,
    _morning,
    _snapshot,
    _soak,
)


def table(lines: list[Line]) -> list[Row]:
    run = Run(lines)
    rates = dict.fromkeys(line["each_s"] for line in lines if line["bench"] == "rival_fan_out")
    return [*rows(lines), *(row for each_s in rates for row in _fan_out(run, each_s))]


def as_text(found: list[Row]) -> str:
    """Columns for people; width counted as terminals do."""
    words = {True: "yes", False: "NO", None: "not judged"}
    cells = [("", "goal", "figure", "rival (Node)", "reached")]
    cells += [(r.what, r.goal, r.figure, r.rival, words[r.reached]) for r in found]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        )
        for row in cells
    ]
    return "\n".join(line.rstrip() for line in lines)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
