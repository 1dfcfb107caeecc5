"""One day as a CP-SAT model: who is where in which slot, under every hard rule.

Days are independent as to cover, so the sum of their proven minima is the proven minimum. The
length of a stretch is a sum over every window of limit + rest minutes: in such a window more duty
than the limit leaves no room for a rest. With a rest no longer than a slot that is the whole rule,
and a matrix of consecutive ones, whose relaxation closes at once; longer windows with rests inside
say the remainder. Fixed slots raise a limit to what they use up themselves (rule 6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ortools.sat.python import cp_model

from webapp.rota.solver.facts import NOBODY, Need
from webapp.rota.solver.line import Line
from webapp.rota.solver.plan import Board, Changes, Plan

Var = cp_model.IntVar
Gaps = Literal["exact", "long", "free"]
"""Where slots are shorter than the rest: every gap allowed and weighed (exact), only gaps that are a
rest (fewer plans), or every gap a rest (a relaxation, for the bound)."""


def has_short_slots(slots: list[tuple[int, int]], rest: int) -> bool:
    return any(end - start < rest for start, end in slots[1:-1])


@dataclass(frozen=True, slots=True)
class Window:
    first: int
    last: int

    @property
    def slots(self) -> range:
        return range(self.first, self.last)


class DayModel:
    """`x[i, p, t]` = person i covers position p in slot t; `short[p, t]` = missing people.

    A position takes no more people than its ideal, with `only_min` no more than its minimum. `held`:
    lines that stay besides what is fixed; they must be within the rules."""

    def __init__(
        self,
        board: Board,
        d: int,
        *,
        only_min: bool = False,
        gaps: Gaps = "exact",
        held: Sequence[Line] | None = None,
    ) -> None:
        self.board, self.facts, self.d = board, board.facts, d
        self.slots, self.need = board.facts.slots[d], board.facts.need[d]
        self.fixed: Sequence[Sequence[int]] = held or board.facts.fixed[d]
        self.model = cp_model.CpModel()
        self.x: dict[tuple[int, int, int], Var] = {}
        self.on: dict[tuple[int, int], list[Var]] = {}
        self.at: dict[tuple[int, int], list[tuple[int, Var]]] = {}
        self.short: dict[tuple[int, int], Var] = {}
        self.only_min, self.gaps = only_min, gaps
        self._variables()
        for i in self.facts.I:
            self._person(i)
        for p in self.facts.P:
            for t in range(len(self.slots)):
                self._post(p, t)

    def minutes(self, first: int, last: int) -> int:
        return self.slots[last - 1][1] - self.slots[first][0]

    def length(self, t: int) -> int:
        return self.slots[t][1] - self.slots[t][0]

    # -- variables

    def _variables(self) -> None:
        for i in self.facts.I:
            for t in range(len(self.slots)):
                held = self.fixed[i][t]
                open_to = self.facts.P if held == NOBODY else (held,)
                for p in open_to:
                    if held == p or self.facts.can[self.d][i][p] >> t & 1:
                        self._variable(i, p, t, fixed=held == p)

    def _variable(self, i: int, p: int, t: int, *, fixed: bool) -> None:
        var = self.model.new_constant(1) if fixed else self.model.new_bool_var("")
        self.x[i, p, t] = var
        self.on.setdefault((i, t), []).append(var)
        self.at.setdefault((p, t), []).append((i, var))

    def duty(self, i: int, window: range) -> list[tuple[int, Var]]:
        """(minutes, variable) of a person's slots."""
        return [(self.length(t), var) for t in window for var in self.on.get((i, t), ())]

    # -- one person

    def _person(self, i: int) -> None:
        slots = [t for t in range(len(self.slots)) if (i, t) in self.on]
        if not slots or all(self.fixed[i][t] != NOBODY for t in slots):
            return
        for t in slots:
            if len(self.on[i, t]) > 1:
                self.model.add_at_most_one(self.on[i, t])
        self._stretches(i)
        self._day_limit(i)
        self._break(i)
        self._blocks(i)
        self._travel(i)

    def _fixed_minutes(self, i: int, window: range) -> int:
        return sum(self.length(t) for t in window if self.fixed[i][t] != NOBODY)

    def _at_most(self, i: int, window: range, limit: float) -> None:
        duty = self.duty(i, window)
        limit = max(int(limit), self._fixed_minutes(i, window))
        if self._longest(i, window) > limit:
            self.model.add(sum(minutes * var for minutes, var in duty) <= limit)

    def _longest(self, i: int, window: range) -> int:
        return sum(self.length(t) for t in window if (i, t) in self.on)

    def _day_limit(self, i: int) -> None:
        limit = self.facts.people[i].max_day
        if limit is not None:
            self._at_most(i, range(len(self.slots)), limit)

    def _stretches(self, i: int) -> None:
        limit, rest = int(self.facts.people[i].max_consecutive), self.facts.problem.rules.rest
        for window in self._windows(limit, rest):
            self._at_most(i, window.slots, limit)
        if not has_short_slots(self.slots, rest):
            return
        if self.gaps == "exact" or self._fixed_minutes(i, range(len(self.slots))):
            self._rests(i, limit, rest)
        elif self.gaps == "long":
            self._long_gaps(i, rest)

    def _windows(self, limit: int, rest: int) -> list[Window]:
        """Longest windows in which no rest fits beside more than `limit` minutes of duty."""
        found: list[Window] = []
        for first in range(len(self.slots)):
            last = first + 1
            while last <= len(self.slots) and not self._room_for_rest(first, last, limit, rest):
                last += 1
            last -= 1
            if last > first and not (found and found[-1].last >= last):
                found.append(Window(first, last))
        return found

    def _room_for_rest(self, first: int, last: int, limit: int, rest: int) -> bool:
        """Could more than `limit` minutes of duty in the window lie on both sides of a rest?

        With uneven slots (a short last one) the rest may also be a single longer slot, so each run of
        slots that makes up a rest inside the window is tried."""
        whole = self.minutes(first, last)
        for t in range(first + 1, last - 1):
            end = t
            while end < last - 1 and (end == t or self.minutes(t, end) < rest):
                end += 1
            gap = self.minutes(t, end) if end > t else 0
            if gap >= rest and gap > 0 and whole - gap > limit:
                return True
        return False

    def _rests(self, i: int, limit: int, rest: int) -> None:
        """Slots shorter than the rest: a stretch goes on over a gap that is too short."""
        begins: dict[int, Var] = {}
        for t in range(1, len(self.slots) - 1):
            end = t + 1
            while end < len(self.slots) and self.minutes(t, end) < rest:
                end += 1
            if end < len(self.slots) and self.minutes(t, end) >= rest:
                begins[t] = self._rest_at(i, t, end)
        ends = {t: self._rest_end(t, rest) for t in begins}
        for first in range(len(self.slots)):
            for last in range(first + 1, len(self.slots) + 1):
                window = range(first, last)
                if self._longest(i, window) <= limit or not self._may_be_one(window, limit, rest):
                    continue
                inside = [begins[t] for t in window if t in begins and first < t and ends[t] < last]
                duty = self.duty(i, window)
                most = max(limit, self._fixed_minutes(i, window))
                room = self._longest(i, window) - most
                if room > 0:
                    total = sum(minutes * var for minutes, var in duty)
                    self.model.add(total <= most + room * sum(inside))

    def _may_be_one(self, window: range, limit: int, rest: int) -> bool:
        """A stretch of just more than the limit with gaps just too short is no longer than this."""
        slot = min(self.length(t) for t in window)
        pieces = limit // slot + 1
        return self.minutes(window.start, window.stop) <= limit + slot + pieces * max(0, rest - 1)

    def _long_gaps(self, i: int, rest: int) -> None:
        """No gap shorter than the rest: then every stretch is without gaps. A duty that stops here
        keeps the slots of the rest free (the minimum down time of unit commitment, and as tight)."""
        on = [sum(self.on.get((i, t), ())) for t in range(len(self.slots))]
        stops: dict[int, Var] = {}
        for t in range(1, len(self.slots)):
            if (i, t - 1) in self.on:
                stops[t] = self.model.new_bool_var("")
                self.model.add(stops[t] >= on[t - 1] - on[t])
        for t in range(1, len(self.slots)):
            recent = [var for u, var in stops.items() if u <= t < self._end_of(u, rest)]
            if recent and (i, t) in self.on:
                self.model.add(sum(recent) + on[t] <= 1)

    def _end_of(self, first: int, minutes: int) -> int:
        """The slot after the first ones from `first` that make up the minutes, or the day's end."""
        end = first + 1
        while end < len(self.slots) and self.minutes(first, end) < minutes:
            end += 1
        return end

    def _rest_at(self, i: int, first: int, last: int) -> Var:
        rests = self.model.new_bool_var("")
        for t in range(first, last):
            for var in self.on.get((i, t), ()):
                self.model.add_implication(rests, var.negated())
        return rests

    def _rest_end(self, t: int, rest: int) -> int:
        end = t + 1
        while self.minutes(t, end) < rest:
            end += 1
        return end

    def _break(self, i: int) -> None:
        breaks = self.facts.breaks[self.d][i]
        fixed = sum(1 << t for t, held in enumerate(self.fixed[i]) if held != NOBODY)
        if breaks is None or all(each.mask & fixed for each in breaks):
            return
        masks = {each.mask for each in breaks if not each.mask & fixed}
        chosen = {mask: self.model.new_bool_var("") for mask in sorted(masks)}
        self.model.add_exactly_one(chosen.values())
        for t in range(len(self.slots)):
            over = [var for mask, var in chosen.items() if mask >> t & 1]
            if over and (i, t) in self.on:
                self.model.add_at_most_one([*over, *self.on[i, t]])

    # -- blocks of one person at one position

    def _blocks(self, i: int) -> None:
        least = self.facts.problem.rules.min_block
        if all(length >= least for length in (end - start for start, end in self.slots)):
            return
        for p in self.facts.P:
            slots = [t for t in range(len(self.slots)) if (i, p, t) in self.x]
            if any(self.fixed[i][t] == p for t in slots):
                for t in slots:
                    self._block_from(i, p, t, least)
            else:
                self._long_blocks(i, p, slots, least)

    def _long_blocks(self, i: int, p: int, slots: list[int], least: int) -> None:
        """A block that begins here holds the slots of the shortest block (minimum up time)."""
        begins: dict[int, Var] = {}
        for t in slots:
            before, here = self.x.get((i, p, t - 1)), self.x[i, p, t]
            end = self._end_of(t, least)
            if self.minutes(t, end) < least or any((i, p, u) not in self.x for u in range(t, end)):
                self.model.add(here <= (0 if before is None else before))
                continue
            begins[t] = self.model.new_bool_var("")
            self.model.add(begins[t] >= here - (0 if before is None else before))
        for t in slots:
            recent = [var for u, var in begins.items() if u <= t < self._end_of(u, least)]
            if recent:
                self.model.add(sum(recent) <= self.x[i, p, t])

    def _block_from(self, i: int, p: int, t: int, least: int) -> None:
        """If a block begins here it is long enough, or made of fixed slots alone."""
        begins: list[Any] = [self.x[i, p, t]]
        before = self.x.get((i, p, t - 1))
        begins += [before.negated()] if before is not None else []
        fixed_to = t
        while fixed_to < len(self.slots) and self.fixed[i][fixed_to] == p:
            fixed_to += 1
        end = t + 1
        while end < len(self.slots) and self.minutes(t, end) < least:
            end += 1
        if fixed_to > t:
            if fixed_to >= end or (i, p, fixed_to) not in self.x:
                return
            begins.append(self.x[i, p, fixed_to])
        needed = [self.x.get((i, p, u)) for u in range(t + 1, end)]
        if any(var is None for var in needed) or self.minutes(t, end) < least:
            self.model.add_bool_or([each.negated() for each in begins])
            return
        for var in needed:
            if var is not None:
                self.model.add_bool_or([*(each.negated() for each in begins), var])

    # -- sites

    def _travel(self, i: int) -> None:
        rules = self.facts.problem.rules
        if not rules.travel:
            return
        sites: dict[tuple[str, int], list[Var]] = {}
        for t in range(len(self.slots)):
            for p in self.facts.P:
                if (i, p, t) in self.x:
                    site = self.facts.positions[p].site
                    sites.setdefault((site, t), []).append(self.x[i, p, t])
        for (one, t), here in sites.items():
            for (other, u), yonder in sites.items():
                gap = self.slots[u][0] - self.slots[t][1]
                if t < u and gap < rules.travel_minutes(one, other):
                    self._not_both(i, t, u, here, yonder)

    def _not_both(self, i: int, t: int, u: int, here: list[Var], yonder: list[Var]) -> None:
        if NOBODY in (self.fixed[i][t], self.fixed[i][u]):
            self.model.add(sum(here) + sum(yonder) <= 1)

    # -- one position in one slot

    def _post(self, p: int, t: int) -> None:
        need = self.need[p][t]
        here = self.at.get((p, t), [])
        if need is None:
            return
        free = [var for i, var in here if self.fixed[i][t] != p]
        held = len(here) - len(free)
        self._covered(p, t, need, here)
        top = self.room(p, t, need)
        if len(here) > top and free:
            self.model.add(sum(free) <= max(0, top - held))
        if free:
            self._trained(p, t, here, most=min(len(here), max(top, held)))
            self._pairs(p, t, here)

    def room(self, p: int, t: int, need: Need) -> int:
        """The most people the position takes in this slot."""
        return (need.min if self.only_min else need.ideal) + self._handover

    @property
    def _handover(self) -> int:
        """Blocks longer than a slot may have to overlap by a slot to close a gap."""
        shortest = min((self.length(t) for t in range(len(self.slots))), default=0)
        return int(self.facts.problem.rules.min_block > shortest)

    def _covered(self, p: int, t: int, need: Need, here: list[tuple[int, Var]]) -> None:
        if need.min:
            short = self.model.new_int_var(0, need.min, "")
            self.short[p, t] = short
            self.model.add(sum(var for _, var in here) + short >= need.min)

    def _trained(self, p: int, t: int, here: list[tuple[int, Var]], most: int) -> None:
        """`most` = the most people there can be; it makes the sums tight."""
        people, fixed = self.facts.people, {i for i, _ in here if self.fixed[i][t] == p}
        trainees = [(i, var) for i, var in here if not people[i].experienced]
        asked = self.facts.positions[p].experienced_min
        if not trainees or (most <= 1 and not asked):
            return
        strength = sum(var for i, var in here if people[i].experienced)
        pupils = sum(var for _, var in trainees)
        held = sum(i in fixed for i, _ in trainees)
        if held > (0 if asked else 1):
            for i, var in here:
                if i not in fixed:
                    self.model.add(strength >= max(1, asked)).only_enforce_if(var)
            return
        if asked:
            self.model.add(asked * pupils <= max(0, most - asked) * strength)
            for _, var in trainees:
                self.model.add(asked * var <= strength)
        self.model.add(pupils <= 1 + max(0, most - 2) * strength)

    def _pairs(self, p: int, t: int, here: list[tuple[int, Var]]) -> None:
        variables = dict(here)
        for one, other in self.board.posts.pairs(variables):
            if not self.fixed[one][t] == self.fixed[other][t] == p:
                self.model.add_at_most_one([variables[one], variables[other]])

    @property
    def quick(self) -> bool:
        """No slot shorter than the rest: one small model is the whole rule."""
        return not has_short_slots(self.slots, self.facts.problem.rules.rest)

    # -- wishes and answers

    @property
    def uncovered(self) -> Any:  # a linear expression, or 0
        return sum(self.length(t) * var for (_, t), var in self.short.items())

    def deviation(self) -> Any:
        """Slots in which somebody goes from the published plan or comes to it."""
        was = self.facts.published[self.d]
        return sum(1 - var if was[i][t] == p else var for (i, p, t), var in self.x.items())

    def starts(self) -> list[Var]:
        """One for each block that begins: few of them is a quiet day."""
        found = []
        for (i, p, t), var in self.x.items():
            before = self.x.get((i, p, t - 1))
            if self.fixed[i][t] == p:
                continue
            begins = self.model.new_bool_var("")
            clause = [var.negated(), begins]
            self.model.add_bool_or(clause if before is None else [*clause, before])
            found.append(begins)
        return found

    def hint(self, plan: Plan) -> None:
        self.model.clear_hints()
        lines = plan.lines[self.d]
        for (i, p, t), var in self.x.items():
            if self.fixed[i][t] == NOBODY:
                self.model.add_hint(var, lines[i][t] == p)

    def lines(self, value: cp_model.CpSolver) -> Changes:
        """What the solver found, for the people whose day is in question."""
        found: dict[int, list[int]] = {i: list(self.fixed[i]) for i in self.facts.I}
        for (i, p, t), var in self.x.items():
            if value.boolean_value(var):
                found[i][t] = p
        return {i: tuple(line) for i, line in found.items()}
