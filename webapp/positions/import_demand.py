"""A demand file: the whole of the positions named in it, but for what 期間で増やす adds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from webapp.core import clock
from webapp.core.csvfile import Table
from webapp.core.db import db
from webapp.org import queries as org
from webapp.org.import_cells import nearest
from webapp.org.import_difference import Change, What
from webapp.org.import_order import Checked, closed, opened
from webapp.positions import demand_check, handover, queries, service, stored
from webapp.positions.import_common import guarded, tell, unit_ids_of
from webapp.positions.import_rows import DEMAND_COLUMNS, POSITION, START, DemandRow, read_demand
from webapp.positions.models import DemandBand, Position
from webapp.positions.overview import when_words
from webapp.positions.wanted import BandWanted, span_words


@dataclass(frozen=True, slots=True)
class _Target:
    """A position named in the file, with what it needs now and what it is to need."""

    row: Position
    before: tuple[BandWanted, ...]
    after: tuple[BandWanted, ...]


def check_demand(checked: Checked, *, today: date) -> None:
    table = opened(checked, DEMAND_COLUMNS)
    rows = read_demand(table)
    units = unit_ids_of(table, rows)
    named = _named(table, rows, units, today)
    if closed(checked, table):
        return
    wanted = _wanted_bands(rows, named)
    _check_hours(checked, table, rows, named, wanted, today)
    if closed(checked, table):
        return
    codes = {node.id: node.code for node in org.current_tree().nodes}
    changes, targets = [], []
    for position_id, (row, before) in _held(named).items():
        after = tuple(wanted[line.line] for line in rows if named[line.line].id == position_id)
        home = handover.home_of(row.unit_id, today)
        checked.concerned.append(frozenset({home}))
        if sorted(map(repr, before)) != sorted(map(repr, after)):
            what = What.CHANGED if before else What.JOINED
            words = (_bands_words(before), _bands_words(after))
            changes.append(Change(what, codes.get(home, ""), row.name, *words))
            targets.append(_Target(row, before, after))
    tell(checked, changes, len(checked.concerned) - len(changes))
    _note_locks(checked, named)
    checked.write = guarded(lambda: _write_demand(targets))


def _named(
    table: Table, rows: Iterable[DemandRow], units: Mapping[str, int], today: date
) -> dict[int, Position]:
    """{line: position}; who is not there, or not clear, is a fault."""
    by_name: dict[str, list[Position]] = {}
    for row in stored.all_rows(today):
        by_name.setdefault(row.name, []).append(row)
    codes = {node.id: node.code for node in org.current_tree().nodes}
    found: dict[int, Position] = {}
    for line in rows:
        fitting = by_name.get(line.name, [])
        if line.unit_code:
            wanted = units.get(line.unit_code)
            fitting = [p for p in fitting if handover.home_of(p.unit_id, today) == wanted]
        if len(fitting) == 1:
            found[line.line] = fitting[0]
        elif fitting:
            homes = sorted(codes.get(handover.home_of(p.unit_id, today), "") for p in fitting)
            right = f"所属コードの列を入れてください（{'・'.join(homes)} のどれか）"
            table.fault(
                line.line, POSITION, f"「{line.name}」は {len(fitting)} つの所属にあります", right
            )
        elif not line.unit_code or line.unit_code in units:
            right = (
                nearest(line.name, by_name)
                or "先に持ち場（positions）を取り込むか、名前を確かめてください"
            )
            table.fault(line.line, POSITION, f"「{line.name}」という持ち場はありません", right)
    return found


def _held(named: Mapping[int, Position]) -> dict[int, tuple[Position, tuple[BandWanted, ...]]]:
    positions = {row.id: row for row in named.values()}
    bands: dict[int, list[BandWanted]] = {position_id: [] for position_id in positions}
    for row in stored.band_rows(list(positions)):
        if row.lock_id is None:
            bands[row.position_id].append(stored.band_wanted(row))
    return {key: (row, tuple(bands[key])) for key, row in positions.items()}


def _wanted_bands(
    rows: Iterable[DemandRow], named: Mapping[int, Position]
) -> dict[int, BandWanted]:
    """{line: band}. A column that is not in the file stays as it is for a band of the same time."""
    held = _held(named)
    found: dict[int, BandWanted] = {}
    for row in rows:
        before = held[named[row.line].id][1]
        key = (row.weekdays, row.day, row.start, row.end)
        old = next((b for b in before if (b.weekdays, b.day, b.start, b.end) == key), None)
        ideal = row.ideal if row.ideal is not None else (old.ideal if old else row.need)
        experienced = (
            row.experienced if row.experienced is not None else (old.experienced if old else 0)
        )
        burden = row.burden if row.burden is not None else (old.burden if old else 1.0)
        found[row.line] = BandWanted(
            row.start,
            row.end,
            row.need,
            max(ideal, row.need),
            min(experienced, row.need),
            burden,
            row.weekdays,
            row.day,
        )
    return found


def _check_hours(
    checked: Checked,
    table: Table,
    rows: Iterable[DemandRow],
    named: Mapping[int, Position],
    wanted: Mapping[int, BandWanted],
    today: date,
) -> None:
    """Wholly outside of the opening hours is a fault; partly is said."""
    posts = queries.posts_by_id({row.id for row in named.values()})
    tree = org.current_tree()
    openings = queries.openings_for({post.unit_id for post in posts.values()}, tree, today)
    for row in rows:
        post = posts[named[row.line].id]
        fit = demand_check.fit(post, wanted[row.line], openings.get(post.unit_id, []))
        if fit.nothing_left:
            right = f"{fit.right}。時刻を直すか、先に開庁時間を直してください"
            table.fault(row.line, START, "開庁時間の外です", right)
        elif fit.cut:
            checked.notes.append(
                f"{row.line}行目 {row.name}: {fit.cut} は開庁時間の外なので、数えません。"
            )


def _note_locks(checked: Checked, named: Mapping[int, Position]) -> None:
    rows = stored.band_rows([row.id for row in named.values()])
    if any(row.lock_id is not None for row in rows):
        checked.notes.append("「期間で増やす」の必要数は、ファイルにかかわらずそのまま残ります。")


def _bands_words(bands: Iterable[BandWanted]) -> str:
    return " / ".join(
        f"{when_words(band)} {span_words((band.start, band.end))} {band.need}"
        + (f"〜{band.ideal}" if band.ideal > band.need else "")
        + "人"
        + (f"（経験者{band.experienced}）" if band.experienced else "")
        + (f"（負担{band.burden:g}）" if band.burden != 1 else "")
        for band in bands
    )


def _write_demand(targets: Iterable[_Target]) -> None:
    homes = set()
    for target in targets:
        homes.add(target.row.unit_id)
        for old in stored.band_rows([target.row.id]):
            if old.lock_id is None:
                db.session.delete(old)
        for wanted in target.after:
            band = DemandBand(position_id=target.row.id)
            service.fill_band(band, wanted)
            db.session.add(band)
    db.session.flush()
    service.changed(homes, now=clock.now())
