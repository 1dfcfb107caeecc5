"""Fairness by exchange: duties go from who has more than their share to who has less.

For two people all single blocks (and halves of long ones) that may change hands are known; the best
of one block, one block against another of the same day, or two blocks of different days is done if it
lessens Σ(load − target)². Days are independent under the hard rules, so two of them never disturb
each other. Equal fairness is decided by what comes after it: wishes, quiet days, spread.
Cover and changed cells stay as they are.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from webapp.rota.solver.build import with_duty
from webapp.rota.solver.comfort import Comfort
from webapp.rota.solver.facts import NOBODY
from webapp.rota.solver.line import Line, Run, blocks
from webapp.rota.solver.plan import Changes, Plan
from webapp.rota.solver.search import Search

SWEEPS, QUIET_SWEEPS = 60, 3
ENOUGH = 0.01  # of the squares: a sweep that gains less is the last
PIECE = 60  # minutes: no duty is cut into pieces shorter than this
PIECES = 2  # blocks of a person's day: who falls ill leaves few holes
TRIES = 4  # pairs of blocks of the same sizes; most fail only where positions look at third people
TINY = 1e-7  # h²: less is rounding
NEAR = 0.05  # hours: people so close to each other have nothing to exchange for fairness' sake


@dataclass(frozen=True, slots=True)
class Move:
    """A change of day `d` that carries `hours` of (counter, phone) from one person to another."""

    d: int
    changes: Changes
    hours: tuple[float, float]


def balance(plan: Plan, search: Search, tell: Callable[[], None]) -> None:
    """To where no exchange of two people helps any more."""
    Exchange(plan, search, tell).run()


def _by_hours(moves: list[Move]) -> dict[tuple[float, float], list[Move]]:
    found: dict[tuple[float, float], list[Move]] = {}
    for move in moves:
        key = round(move.hours[0], 4), round(move.hours[1], 4)
        found.setdefault(key, []).append(move)
    return found


def _two_days(given: list[Move], got: list[Move]) -> Iterator[list[Move]]:
    return ([one, other] for one in given for other in got if one.d != other.d)


class Exchange:
    def __init__(self, plan: Plan, search: Search, tell: Callable[[], None]) -> None:
        self.plan, self.search, self.tell = plan, search, tell
        self.facts, self.fairness = plan.facts, plan.fairness
        self.comfort = Comfort(plan)
        self._known: dict[tuple[int, int, int], tuple[int, int, list[Move]]] = {}
        self._swapped: dict[tuple[int, int, int], tuple[int, int, list[Move]]] = {}
        least = plan.facts.problem.rules.min_block
        self.piece = max(PIECE, least)

    def run(self) -> None:
        self._relieve()
        for cross in (False, True):
            before = math.inf
            for _ in range(SWEEPS):
                squares = self.fairness.squares()
                if squares > before - ENOUGH * max(1.0, before):
                    break
                before = squares
                if not self._sweep(cross=cross):
                    break
                self.tell()
        for _ in range(QUIET_SWEEPS):
            if not self._sweep(quiet=True):
                break
        self.tell()

    def _relieve(self) -> None:
        """Who is outside the rotation (対象外) gives to whoever can take it."""
        for a in self.facts.I:
            if self.facts.people[a].group != "exempt":
                continue
            others = sorted(self._counted(), key=lambda b: (self.fairness.deviation(b, 0), b))
            for d in self.facts.D:
                for b in others:
                    for move in self._moves(a, b, d):
                        if self._do([move], -math.inf):
                            break

    def _counted(self) -> list[int]:
        return [i for i in self.facts.I if self.facts.weights[i] > 0]

    def _sweep(self, *, quiet: bool = False, cross: bool = False) -> bool:
        moved = False
        for a, b in self._pairs(quiet=quiet):
            if self.search.over():
                return False
            self.search.tick()
            while self._exchange(a, b, quiet=quiet, cross=cross):
                moved = True
        return moved

    def _pairs(self, *, quiet: bool) -> list[tuple[int, int]]:
        """The widest apart first."""
        counted, gaps = self._counted(), []
        for a in counted:
            for b in counted:
                gap = max(self._gap(a, b, 0), self._gap(a, b, 1))
                if a != b and (gap > NEAR or (quiet and a < b)):
                    gaps.append((-round(gap, 6), a, b))
        return [(a, b) for _, a, b in sorted(gaps)]

    def _gap(self, a: int, b: int, kind: int) -> float:
        return self.fairness.deviation(a, kind) - self.fairness.deviation(b, kind)

    def _exchange(self, a: int, b: int, *, quiet: bool, cross: bool) -> bool:
        """Does the best exchange between the two; False if there is none."""
        away = [move for d in self.facts.D for move in self._moves(a, b, d)]
        swaps = [move for d in self.facts.D for move in self._swaps(a, b, d)]
        if self._best(a, b, [[move] for move in (*away, *swaps)], quiet=quiet):
            return True
        return not quiet and cross and self._crosswise(a, b, away)

    def _crosswise(self, a: int, b: int, away: list[Move]) -> bool:
        """One day's block for another day's: the pair of sizes that evens out most, if any does."""
        back = [move for d in self.facts.D for move in self._moves(b, a, d)]
        given, got = _by_hours(away), _by_hours(back)
        gains = [
            (gain, one, other)
            for one in given
            for other in got
            if (gain := self.fairness.moved(a, b, (one[0] - other[0], one[1] - other[1]))) < -TINY
        ]
        return any(
            self._do(moves, gain)
            for gain, one, other in sorted(gains)
            for moves in islice(_two_days(given[one], got[other]), TRIES)
        )

    def _best(self, a: int, b: int, choices: Iterable[list[Move]], *, quiet: bool) -> bool:
        ranked = []
        for index, moves in enumerate(choices):
            gain = self.fairness.moved(a, b, moves[0].hours)
            if gain < -TINY or (quiet and gain < TINY):
                ranked.append((gain, index, moves))
        ranked.sort(key=lambda each: each[:2])
        return any(self._do(moves, gain) for gain, _, moves in ranked)

    def _do(self, moves: list[Move], gain: float) -> bool:
        if not all(self._still(move) for move in moves):
            return False
        before = [(move.d, {i: self.plan.lines[move.d][i] for i in move.changes}) for move in moves]
        comfort = self.comfort.of(before) if gain > -TINY else (0.0,)
        cells = [self._cells(move) for move in moves] if self.plan.board.is_replan else []
        for move in moves:
            self.plan.put(move.d, move.changes)
        worse = cells and sum(cells) < sum(self._cells(move) for move in moves)
        if worse or (gain > -TINY and self.comfort.of(before) >= comfort):
            for d, lines in before:
                self.plan.put(d, lines)
            return False
        return True

    def _still(self, move: Move) -> bool:
        """Positions with trainees or pairs look at third people too: asked at the moment of doing."""
        return self.plan.board.posts.anybody or self.plan.feasible(move.d, move.changes)

    def _cells(self, move: Move) -> int:
        return self.plan.changes([move.d])

    # -- what may change hands

    def _moves(self, a: int, b: int, d: int) -> list[Move]:
        """Blocks, and halves of long ones, that `b` can take from `a` on a day; remembered until one
        of their days changes."""
        versions = self.plan.version[d][a], self.plan.version[d][b]
        known = self._known.get((a, b, d))
        if known is None or known[:2] != versions:
            known = (*versions, list(self._find_moves(a, b, d)))
            self._known[a, b, d] = known
        return known[2]

    def _swaps(self, a: int, b: int, d: int) -> list[Move]:
        """A block of `a` against a block of `b` on the same day; remembered likewise."""
        versions = self.plan.version[d][a], self.plan.version[d][b]
        known = self._swapped.get((a, b, d))
        if known is None or known[:2] != versions:
            known = (*versions, list(self._find_swaps(a, b, d)))
            self._swapped[a, b, d] = known
        return known[2]

    def _find_moves(self, a: int, b: int, d: int) -> Iterator[Move]:
        can, busy, lines = self.facts.can[d][b], self.plan.busy[d][b], self.plan.lines[d]
        for run in self._free_blocks(a, d):
            for piece in self._pieces(d, run):
                span = (1 << piece.last) - (1 << piece.first)
                if busy & span or can[run.position] & span != span:
                    continue
                changes = {
                    a: with_duty(lines[a], piece.first, piece.last, NOBODY),
                    b: with_duty(lines[b], piece.first, piece.last, piece.position),
                }
                if self._calm(lines, changes) and self._lines_ok(d, changes):
                    yield Move(d, changes, self._hours(d, piece))

    def _calm(self, lines: list[Line], changes: Changes) -> bool:
        """Nobody's day falls into more pieces than two for the sake of fairness."""
        return all(
            len(blocks(line)) <= max(PIECES, len(blocks(lines[i]))) for i, line in changes.items()
        )

    def _lines_ok(self, d: int, changes: Changes) -> bool:
        return all(self.plan.board.rules[d][i].ok(line) for i, line in changes.items())

    def _free_blocks(self, i: int, d: int) -> list[Run]:
        runs = blocks(self.plan.lines[d][i])
        fixed = self.plan.board.rules[d][i].fixed_mask
        return [run for run in runs if not fixed & ((1 << run.last) - (1 << run.first))]

    def _pieces(self, d: int, run: Run) -> Iterator[Run]:
        yield run
        slots = self.facts.slots[d]
        for cut in range(run.first + 1, run.last):
            head = slots[cut - 1][1] - slots[run.first][0]
            tail = slots[run.last - 1][1] - slots[cut][0]
            if min(head, tail) >= self.piece:
                yield Run(run.first, cut, run.position)
                yield Run(cut, run.last, run.position)

    def _hours(self, d: int, run: Run) -> tuple[float, float]:
        hours = sum(self.facts.band_hours[d][run.position][run.first : run.last])
        return (0.0, hours) if self.fairness.is_phone[run.position] else (hours, 0.0)

    def _find_swaps(self, a: int, b: int, d: int) -> Iterator[Move]:
        lines = self.plan.lines[d]
        for one in self._free_blocks(a, d):
            for other in self._free_blocks(b, d):
                if not (self._can(d, b, one) and self._can(d, a, other)):
                    continue
                cleared = with_duty(lines[a], one.first, one.last, NOBODY)
                theirs = with_duty(lines[b], other.first, other.last, NOBODY)
                if self._taken(cleared, other) or self._taken(theirs, one):
                    continue
                changes = {
                    a: with_duty(cleared, other.first, other.last, other.position),
                    b: with_duty(theirs, one.first, one.last, one.position),
                }
                if self._lines_ok(d, changes):
                    given, got = self._hours(d, one), self._hours(d, other)
                    yield Move(d, changes, (given[0] - got[0], given[1] - got[1]))

    def _can(self, d: int, i: int, run: Run) -> bool:
        span = (1 << run.last) - (1 << run.first)
        return self.facts.can[d][i][run.position] & span == span

    def _taken(self, line: tuple[int, ...], run: Run) -> bool:
        return any(line[t] != NOBODY for t in range(run.first, run.last))
