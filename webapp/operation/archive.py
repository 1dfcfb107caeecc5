"""The file of a backup: a zip with one text per table (a JSON list a row) and a manifest of counts and checksums.

A zip ends with its list of contents, so one cut short is refused at once, and any tool can look inside. Its comment,
the last 64 bytes of the file, is the SHA-256 of all before: a zip by itself does not notice a byte turned over in a
name or a date.
"""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

FORMAT = 1
MANIFEST = "manifest.json"
PRODUCT = "zaiseki"
CHUNK = 1 << 16
SEAL = 64  # hexadecimal digits

Heard = Callable[[str, int], None]  # (table, rows of it so far)


class BackupFault(Exception):
    """The file cannot be used; the message says why, in words for whoever runs the server."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A table in the file."""

    columns: list[str]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """taken_at: ISO 8601 in Asia/Tokyo. lineage: the first epoch this database ever had, the same after restores."""

    version: str
    revision: str
    epoch: str
    lineage: str
    database: str
    taken_at: str
    tables: dict[str, Entry]
    sequences: dict[str, int] = field(default_factory=dict)
    format: int = FORMAT
    product: str = PRODUCT

    @property
    def rows(self) -> int:
        return sum(entry.rows for entry in self.tables.values())


class Writer:
    def __init__(self, packed: zipfile.ZipFile, heard: Heard) -> None:
        self._packed = packed
        self._heard = heard

    def table(self, name: str, columns: Iterable[str], lines: Iterable[str]) -> Entry:
        checksum, rows = hashlib.sha256(), 0
        with self._packed.open(_member(name), "w", force_zip64=True) as out:
            for part in _in_parts(lines):
                data = "".join(part).encode()
                checksum.update(data)
                out.write(data)
                rows += len(part)
                self._heard(name, rows)
        return Entry(list(columns), rows, checksum.hexdigest())

    def manifest(self, manifest: Manifest) -> None:
        self._packed.writestr(MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1))


@contextmanager
def writing(path: Path, heard: Heard) -> Iterator[Writer]:
    """A new file under this name once all of it is on disk; until then, and after any failure, nothing."""
    with _appearing(path) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
            packed.comment = b"0" * SEAL
            yield Writer(packed, heard)
        file.write(_seal_at_end(file))


@contextmanager
def _appearing(path: Path) -> Iterator[IO[bytes]]:
    """Without a name while it is written where the file system can do that: `kill -9` leaves nothing to clear up."""
    ready = path.with_name(f".{path.name}.{os.getpid()}.part")
    number, nameless = _opened_for_writing(ready)
    try:
        with os.fdopen(number, "w+b") as file:
            yield file
            file.flush()
            os.fsync(number)
            if nameless:
                _give_name(number, ready)
        ready.replace(path)
        fsync_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            ready.unlink()
        raise


def _seal_at_end(file: IO[bytes]) -> bytes:
    """The seal as it should be; leaves the file where it begins."""
    left = file.seek(0, os.SEEK_END) - SEAL
    file.seek(0)
    checksum = hashlib.sha256()
    while left > 0:
        data = file.read(min(CHUNK, left))
        checksum.update(data)
        left -= len(data)
    return checksum.hexdigest().encode()


def _opened_for_writing(ready: Path) -> tuple[int, bool]:
    """(file descriptor, whether it has no name). Personal data: for nobody else to read."""
    try:
        return os.open(ready.parent, os.O_TMPFILE | os.O_RDWR, 0o600), True
    except (OSError, AttributeError):  # a network drive, another system
        return os.open(ready, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600), False


def _give_name(number: int, name: Path) -> None:
    folder = os.open(name.parent, os.O_RDONLY)
    try:  # the folder's descriptor makes Python call linkat, which alone follows this link to the file
        os.link(f"/proc/self/fd/{number}", name, src_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def fsync_folder(folder: Path) -> None:
    """A new name is on disk only when its folder is."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


class Backup:
    """An opened file. Everything it says is checked before it is used; see `verify`."""

    def __init__(self, packed: zipfile.ZipFile, path: Path) -> None:
        self._packed = packed
        self.path = path
        self.manifest = _manifest(packed)

    def lines(self, name: str) -> Iterator[bytes]:
        with self._packed.open(_member(name)) as member:
            yield from member

    def rows(self, name: str) -> Iterator[list[Any]]:
        return (json.loads(line) for line in self.lines(name))

    def verify(self, heard: Heard) -> None:
        """Every byte against the seal, every table against the manifest. Raises BackupFault."""
        with self.path.open("rb") as file:
            if _seal_at_end(file) != file.read(SEAL):
                raise BackupFault("途中のバイトが変わっています。別のバックアップを使ってください")
        for name, entry in self.manifest.tables.items():
            with _readable(name):
                checksum, rows = hashlib.sha256(), 0
                with self._packed.open(_member(name)) as member:
                    while data := member.read(CHUNK):
                        checksum.update(data)
                        rows += data.count(b"\n")
                        heard(name, rows)
            if rows != entry.rows or checksum.hexdigest() != entry.sha256:
                raise BackupFault(
                    f"{name}: 内容が控えと合いません（{rows:,}行 / 控えでは {entry.rows:,}行）"
                )


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """Raises BackupFault for what is no whole backup of a known form."""
    with _readable(path.name):
        packed = zipfile.ZipFile(path)
    with packed:
        yield Backup(packed, path)


def is_backup(path: Path) -> bool:
    try:
        with opened(path):
            return True
    except (BackupFault, OSError):
        return False


@contextmanager
def _readable(what: str) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError) as error:
        raise BackupFault(f"{what}: 壊れているか、途中で切れています（{error}）") from error
    except (
        RuntimeError,
        OverflowError,
        ValueError,
    ) as error:  # garbled headers, as zipfile says it
        raise BackupFault(f"{what}: 読み取れません（{error}）") from error


def _manifest(packed: zipfile.ZipFile) -> Manifest:
    with _readable(MANIFEST):
        said = json.loads(packed.read(MANIFEST))
        if not isinstance(said, dict) or said.get("product") != PRODUCT:
            raise BackupFault("在席のバックアップではありません")
        if said.get("format") != FORMAT:
            raise BackupFault(
                f"形式 {said.get('format')} は、この版では読めません（読めるのは {FORMAT}）。"
                "新しい版の在席で復元してください"
            )
        tables = {name: Entry(**entry) for name, entry in said.pop("tables").items()}
        try:
            return Manifest(tables=tables, **said)
        except TypeError as error:
            raise BackupFault(f"{MANIFEST}: 読み取れません（{error}）") from error


def _member(name: str) -> str:
    return f"tables/{name}.jsonl"


def _in_parts(lines: Iterable[str], size: int = 2_000) -> Iterator[list[str]]:
    part: list[str] = []
    for line in lines:
        part.append(line)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
