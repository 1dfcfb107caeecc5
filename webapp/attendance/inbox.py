"""The watched folder: card readers put files here, each minute they are taken.

Taken files move to done/, faulty ones to refused/ with a .txt of the faults. A crash between the commit and the move
takes the file once more: its rows are known then, and nothing happens twice.

One process at a time, and no file is put away that was not read: a reader writes the same name day after day, and what
it writes while the former is being taken in would go to done/ in its place.
"""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from webapp.attendance import importing
from webapp.attendance.importing import Taken
from webapp.core import clock

log = logging.getLogger(__name__)
SETTLED = timedelta(seconds=5)  # younger files may still be written
SUFFIXES = frozenset({".csv", ".tsv", ".xlsx"})
LOCK = ".zaiseki-lock"
State = tuple[int, int, int]  # inode, time, size: the same as long as nobody wrote


def take_inbox(folder: Path | str, *, now: datetime) -> list[tuple[str, bool]]:
    """[(file name, taken)] of what was there. What went wrong in itself stays for the next minute."""
    folder = Path(folder)
    if not folder.is_dir():
        log.error("the inbox %s is not there", folder)
        return []
    with _alone(folder) as mine:
        return _taken(folder, now=now) if mine else []


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """False while another process is at it; the lock of one that dies goes with it."""
    with (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _taken(folder: Path, *, now: datetime) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    for file in _waiting(folder, now=now):
        try:
            before = _state(file)
            taken = importing.take_file(file.read_bytes(), file.name, actor=None, now=now)
            _put_away(file, before, taken, now=now)
        except FileNotFoundError:  # taken away by somebody else
            continue
        except Exception:
            log.exception("taking %s from the inbox failed; it stays for the next minute", file)
            continue
        found.append((file.name, not taken.is_refused))
    return found


def _state(file: Path) -> State:
    stat = file.stat()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _waiting(folder: Path, *, now: datetime) -> Iterator[Path]:
    """Oldest first; hidden and foreign files are not ours."""
    # The machine's clock writes the time of a file; ours may run ahead of it (the demonstration's Tuesday).
    settled = (now - clock.offset() - SETTLED).timestamp()
    files = []
    for file in folder.iterdir():
        if file.suffix.lower() in SUFFIXES and not file.name.startswith((".", "~")):
            stat = file.stat()
            if file.is_file() and stat.st_mtime <= settled:
                files.append((stat.st_mtime, file))
    yield from (file for _, file in sorted(files))


def _put_away(file: Path, before: State, taken: Taken, *, now: datetime) -> None:
    moved = _move(file, file.parent / ("refused" if taken.is_refused else "done"), now=now)
    if _state(moved) != before:  # asked after the move: nobody can write in between unseen
        moved = _move(moved, file.parent, now=now)
        log.info("inbox: %s was written anew meanwhile; taken in with the next round", moved.name)
        return
    if taken.is_refused:
        lines = [str(fault) for fault in taken.table.faults]
        lines.append(f"誤りが {len(lines)} 件あります。このファイルからは何も取り込んでいません。")
        (moved.parent / f"{moved.name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        log.warning("inbox: %s refused, %d faults", file.name, len(taken.table.faults))
        return
    log.info("inbox: %s: %d new, %d known", file.name, taken.accepted, taken.repeated)


def _move(file: Path, to: Path, *, now: datetime) -> Path:
    to.mkdir(exist_ok=True)
    target = to / file.name
    if target.exists():  # readers use the same name every day
        stamp = clock.to_tokyo(now).strftime("%Y%m%d-%H%M%S")
        target = to / f"{file.stem}-{stamp}{file.suffix}"
        count = 1
        while target.exists():
            count += 1
            target = to / f"{file.stem}-{stamp}-{count}{file.suffix}"
    return file.rename(target)
