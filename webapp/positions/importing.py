"""Taking in positions, demand and skills: check everything, then one short write."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select

from webapp.core import clock, facts, settings
from webapp.core.csvfile import Table
from webapp.core.db import db
from webapp.core.refusals import Conflict
from webapp.org import importing
from webapp.org import queries as org
from webapp.org.import_cells import nearest
from webapp.org.import_difference import Change, What, counted
from webapp.org.import_order import Checked, Written, closed, opened
from webapp.org.models import OrgImport, Staff
from webapp.org.settings import SITES
from webapp.positions import compare, demand_check, handover, people, queries, service, stored
from webapp.positions.import_rows import (
    DEMAND_COLUMNS,
    FEEDS,
    NUMBER,
    POSITION,
    POSITION_COLUMNS,
    SKILL_COLUMNS,
    START,
    UNIT,
    DemandRow,
    PositionRow,
    SkillRow,
    read_demand,
    read_positions,
    read_skills,
)
from webapp.positions.models import DemandBand, Position
from webapp.positions.overview import when_words
from webapp.positions.stored import Stored
from webapp.positions.wanted import BandWanted, PositionWanted, ProfileWanted, span_words

KINDS = {"positions": "持ち場", "demand": "必要数", "skills": "技能と個別の設定"}


def _guarded(write: Callable[[], None]) -> Callable[[OrgImport], Written]:
    """What was checked is written only if nobody has changed positions on the page meanwhile."""
    seen = facts.stamp(service.STAMP)

    def guarded(_taken: OrgImport) -> Written:
        if facts.stamp(service.STAMP) != seen:
            raise Conflict("ちょうど画面での変更がありました。もう一度確かめてください。")
        write()
        return Written()

    return guarded


def _tell(checked: Checked, changes: list[Change], unchanged: int) -> None:
    checked.changes = changes
    checked.counts = counted(changes) | {"unchanged": unchanged}
    checked.changes_something = bool(changes)


def _fields(old: Stored, new: Stored) -> tuple[tuple[str, str, str], ...]:
    return tuple(compare.differences(old, new))


# --- positions -----------------------------------------------------------------------------------


def check_positions(checked: Checked, *, today: date) -> None:
    table = opened(checked, POSITION_COLUMNS)
    rows = read_positions(table)
    units = _units(table, rows)
    feeds = {row.line: _feeds(table, row) for row in rows}
    if closed(checked, table):
        return
    _note_sites(checked, rows)
    changes: list[Change] = []
    writes: list[Callable[[], None]] = []
    same = 0
    for unit_id in dict.fromkeys(units[row.unit_code] for row in rows):
        checked.concerned.append(frozenset({unit_id}))
        mine = [row for row in rows if units[row.unit_code] == unit_id]
        held = {row.name: row for row in stored.rows_of(unit_id, today)}
        for place, row in enumerate(mine):
            old = held.pop(row.name, None)
            before = stored.position_wanted(old) if old else PositionWanted(row.name)
            wanted = _position(row, before, feeds[row.line])
            differs = _fields(before, wanted)
            if old is None:
                words = "・".join(filter(None, compare.words_of(wanted).values()))
                changes.append(
                    Change(What.JOINED, row.unit_code, row.name, after=words, line=row.line)
                )
            elif differs or old.sort_order != place:
                order = () if differs else (("並び順", str(old.sort_order + 1), str(place + 1)),)
                changes.append(
                    Change(
                        What.CHANGED,
                        row.unit_code,
                        row.name,
                        fields=differs or order,
                        line=row.line,
                    )
                )
            else:
                same += 1
            writes.append(_position_write(unit_id, old, wanted, place, today))
        for gone in held.values():
            code = next(row.unit_code for row in mine)
            changes.append(Change(What.LEFT, code, gone.name, "ファイルにないので、きょうで終わり"))
            writes.append(_ending(gone, today))
    _tell(checked, changes, same)
    checked.write = _guarded(lambda: _write_positions(writes, set(units.values())))


def _units(table: Table, rows: Iterable[PositionRow | DemandRow]) -> dict[str, int]:
    """{code: unit id}; unknown ones are faults."""
    tree = org.current_tree()
    found: dict[str, int] = {}
    for row in rows:
        node = tree.by_code(row.unit_code) if row.unit_code else None
        if node is not None:
            found[row.unit_code] = node.id
        elif row.unit_code:
            right = nearest(row.unit_code, [each.code for each in tree.nodes])
            table.fault(
                row.line,
                UNIT,
                f"{row.unit_code} という所属は、いまありません",
                right or "所属コードを確かめてください",
            )
    return found


def _feeds(table: Table, row: PositionRow) -> tuple[int, ...]:
    tree = org.current_tree()
    found = []
    for code in row.feeds or ():
        if (node := tree.by_code(code)) is not None:
            found.append(node.id)
        else:
            right = nearest(code, [each.code for each in tree.nodes])
            table.fault(
                row.line,
                FEEDS,
                f"{code} という所属は、いまありません",
                right or "所属コードを確かめてください",
            )
    return tuple(sorted(found))


def _note_sites(checked: Checked, rows: Iterable[PositionRow]) -> None:
    unknown = {row.site for row in rows if row.site} - set(settings.value(SITES))
    if unknown:
        checked.notes.append(
            f"設定の「サテライトの名前」にない拠点です: {'、'.join(sorted(unknown))}"
        )


def _position(row: PositionRow, old: PositionWanted, feeds: tuple[int, ...]) -> PositionWanted:
    """Columns that are not in the file, and empty ones of a fixed choice, stay as they are."""
    return PositionWanted(
        row.name,
        row.kind or old.kind,
        row.staffed or old.staffed,
        old.site if row.site is None else row.site,
        old.skills if row.skills is None else row.skills,
        old.burden if row.burden is None else row.burden,
        old.contractor if row.contractor is None else row.contractor,
        old.feeds if row.feeds is None else feeds,
    )


def _position_write(
    unit_id: int, old: Position | None, wanted: PositionWanted, place: int, today: date
) -> Callable[[], None]:
    old_id = old.id if old else None

    def write() -> None:
        row = (
            db.session.get(Position, old_id) if old_id else _ended_twin(unit_id, wanted.name, today)
        )
        if row is None:
            row = Position(unit_id=unit_id)
            db.session.add(row)
        row.ended_on = None if row.ended_on and row.ended_on <= today else row.ended_on
        row.sort_order = place
        service.fill_position(row, wanted)

    return write


def _ended_twin(unit_id: int, name: str, today: date) -> Position | None:
    """One that ended and comes back keeps its past."""
    ended = (row for row in stored.ended_rows(unit_id, today) if row.name == name)
    return next(ended, None)


def _ending(row: Position, today: date) -> Callable[[], None]:
    row_id = row.id

    def write() -> None:
        found = db.session.get(Position, row_id)
        if found is not None:
            found.ended_on = today

    return write


def _write_positions(writes: Iterable[Callable[[], None]], unit_ids: set[int]) -> None:
    for write in writes:
        write()
    db.session.flush()
    service.changed(unit_ids, now=clock.now())


# --- demand --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Target:
    """A position named in the file, with what it needs now and what it is to need."""

    row: Position
    before: tuple[BandWanted, ...]
    after: tuple[BandWanted, ...]


def check_demand(checked: Checked, *, today: date) -> None:
    table = opened(checked, DEMAND_COLUMNS)
    rows = read_demand(table)
    units = _units(table, rows)
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
    _tell(checked, changes, len(checked.concerned) - len(changes))
    _note_locks(checked, named)
    checked.write = _guarded(lambda: _write_demand(targets))


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


# --- skills --------------------------------------------------------------------------------------


def check_skills(checked: Checked, *, today: date) -> None:
    table = opened(checked, SKILL_COLUMNS)
    rows = read_skills(table)
    ids = _staff_ids(table, rows)
    if closed(checked, table):
        return
    said = stored.profiles(ids.values())
    postings = org.postings_of(list(ids.values()), today, known_at=clock.now())
    changes: list[Change] = []
    after: dict[int, ProfileWanted] = {}
    for row in rows:
        staff_id = ids[row.number]
        held = postings.get(staff_id, [])
        checked.concerned.append(frozenset(posting.unit_id for posting in held))
        wanted = _profile(row, said[staff_id])
        if wanted.version != said[staff_id].version:
            after[staff_id] = wanted
            name = held[0].name if held else row.number
            fields = _fields(said[staff_id], wanted)
            changes.append(Change(What.CHANGED, row.number, name, fields=fields, line=row.line))
    _tell(checked, changes, len(rows) - len(changes))
    checked.write = _guarded(lambda: _write_skills(said, after))


def _staff_ids(table: Table, rows: Iterable[SkillRow]) -> dict[str, int]:
    known = {row.number: row.id for row in db.session.execute(select(Staff.number, Staff.id))}
    found: dict[str, int] = {}
    for row in rows:
        if row.number in known:
            found[row.number] = known[row.number]
        elif row.number:
            right = "先に職員（staff）を取り込むか、番号を確かめてください"
            table.fault(row.line, NUMBER, f"{row.number} という職員はいません", right)
    return found


def _profile(row: SkillRow, old: ProfileWanted) -> ProfileWanted:
    return replace(
        old,
        skills=old.skills if row.skills is None else frozenset(row.skills),
        experienced=row.level[0] if row.level else old.experienced,
        max_consecutive_minutes=row.consecutive[0]
        if row.consecutive
        else old.max_consecutive_minutes,
        max_daily_minutes=row.daily[0] if row.daily else old.max_daily_minutes,
        group=row.group[0] if row.group else old.group,
    )


def _write_skills(before: Mapping[int, ProfileWanted], after: Mapping[int, ProfileWanted]) -> None:
    now = clock.now()
    for staff_id, wanted in after.items():
        people.write(staff_id, before[staff_id], wanted, now=now)
    db.session.flush()
    service.changed({post.unit_id for post in queries.all_posts(org.today(now))}, now=now)


for _kind, _check in (
    ("positions", check_positions),
    ("demand", check_demand),
    ("skills", check_skills),
):
    importing.register(_kind, KINDS[_kind], _check)
