"""The watched folder: card readers put files here, each minute they are taken.

Taken files move to done/, faulty ones to refused/ with a .txt of the faults. A crash between the commit and the move
takes the file once more: its rows are known then, and nothing happens twice.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from webapp.attendance import importing
from webapp.attendance.importing import Taken
from webapp.core import clock

log = logging.getLogger(__name__)
SETTLED = timedelta(seconds=5)  # younger files may still be written
SUFFIXES = frozenset({".csv", ".tsv", ".xlsx"})


def take_inbox(folder: Path | str, *, now: datetime) -> list[tuple[str, bool]]:
    """[(file name, taken)] of what was there. What went wrong in itself stays for the next minute."""
    folder = Path(folder)
    found: list[tuple[str, bool]] = []
    for file in _waiting(folder, now=now):
        try:
            taken = importing.take_file(file.read_bytes(), file.name, actor=None, now=now)
            _put_away(file, taken, now=now)
        except FileNotFoundError:  # another process was first
            continue
        except Exception:
            log.exception("taking %s from the inbox failed; it stays for the next minute", file)
            continue
        found.append((file.name, not taken.is_refused))
    return found


def _waiting(folder: Path, *, now: datetime) -> Iterator[Path]:
    """Oldest first; hidden and foreign files are not ours."""
    if not folder.is_dir():
        log.error("the inbox %s is not there", folder)
        return
    # The machine's clock writes the time of a file; ours may run ahead of it (the demonstration's Tuesday).
    settled = (now - clock.offset() - SETTLED).timestamp()
    files = []
    for file in folder.iterdir():
        if file.suffix.lower() in SUFFIXES and not file.name.startswith((".", "~")):
            stat = file.stat()
            if file.is_file() and stat.st_mtime <= settled:
                files.append((stat.st_mtime, file))
    yield from (file for _, file in sorted(files))


def _put_away(file: Path, taken: Taken, *, now: datetime) -> None:
    if taken.is_refused:
        moved = _move(file, file.parent / "refused", now=now)
        lines = [str(fault) for fault in taken.table.faults]
        lines.append(f"誤りが {len(lines)} 件あります。このファイルからは何も取り込んでいません。")
        (moved.parent / f"{moved.name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        log.warning("inbox: %s refused, %d faults", file.name, len(taken.table.faults))
        return
    _move(file, file.parent / "done", now=now)
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
