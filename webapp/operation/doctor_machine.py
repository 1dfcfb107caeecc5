"""Checks of the machine: what the operating system allows, its clock, its disk. Judged apart from how it is asked."""

import os
import platform
import resource
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import make_url

from webapp.config import ROOT, Config
from webapp.core import clock
from webapp.operation.findings import Finding, fault, good, note, warning
from webapp.operation.health import LEAST_FREE

SOCKETS = 10_000
OLDEST_PYTHON = (3, 11)
TRIALS = 9
SLOW_MS = 20.0  # a tap waits for one; a burst at 8:30 waits for them in a row
GIB = 1 << 30
MIB = 1 << 20


def findings(config: Config) -> Iterator[Finding]:
    yield python(platform.python_version_tuple())
    yield open_files(resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    yield backlog(_number(Path("/proc/sys/net/core/somaxconn")))
    yield zone("Asia/Tokyo")
    yield synchronised(_timedatectl())
    yield vendor_files(ROOT / "static" / "vendor")
    folder = database_folder(config)
    if folder is not None:
        yield room(shutil.disk_usage(folder).free, _size(config))
        yield from _fsync(folder)


def python(version: tuple[str, ...]) -> Finding:
    told = ".".join(version)
    if tuple(int(part) for part in version[:2]) < OLDEST_PYTHON:
        return fault("Python", f"{told}。3.11 以上にしてください")
    return good("Python", told)


def open_files(hard: int) -> Finding:
    """A socket is a file; the server raises the soft limit to the hard one by itself."""
    name = "開けるファイルの数"
    if hard == resource.RLIM_INFINITY or hard >= SOCKETS * 2:
        return good(name, "無制限" if hard == resource.RLIM_INFINITY else f"{hard:,}")
    told = f"上限 {hard:,}。systemd なら LimitNOFILE=65536、ほかは ulimit -Hn を上げてください"
    return fault(name, told) if hard < 4096 else warning(name, told)


def backlog(somaxconn: int | None) -> Finding:
    """How many may be knocking at once: at 8:30, and after a restart, everybody does."""
    name = "待ち行列の長さ（somaxconn）"
    if somaxconn is None:
        return note(name, "この機械では調べられません")
    if somaxconn < 4096:
        return warning(name, f"{somaxconn:,}。sysctl -w net.core.somaxconn=4096 にしてください")
    return good(name, f"{somaxconn:,}")


def zone(key: str) -> Finding:
    try:
        offset = datetime(2026, 1, 1, tzinfo=ZoneInfo(key)).utcoffset()
    except ZoneInfoNotFoundError:
        offset = None
    if offset != timedelta(hours=9):
        return fault("時刻帯", f"{key} の資料がありません。make setup をやり直してください")
    return good("時刻帯", key)


def synchronised(said: str | None) -> Finding:
    name = "時計の同期"
    if said == "yes":
        return good(name)
    if said == "no":
        return warning(name, "時刻が同期していません。庁内の NTP サーバーに合わせてください")
    return note(name, "timedatectl では分かりません。庁内の NTP に合っているか確かめてください")


def vendor_files(folder: Path) -> Finding:
    if (folder / "licences.json").is_file():
        return good("画面の部品")
    return fault(
        "画面の部品", "ありません。make setup（バンドルなら ./install.sh）を実行してください"
    )


def room(free: int, size: int) -> Finding:
    """size: of the database; a restore and a migration need as much again."""
    name = "ディスクの空き"
    told = f"残り {free / GIB:,.1f} GB（データベース {size / MIB:,.0f} MB）"
    if free < LEAST_FREE:
        return fault(name, f"{told}。書き込めなくなります。空きを作ってください")
    if free < max(GIB, size * 3):
        return warning(name, f"{told}。復元と移行には3倍の空きが要ります")
    return good(name, told)


def fsync_time(milliseconds: float) -> Finding:
    """Every acknowledged report waits for one."""
    name = "ディスクへの書き込み（fsync）"
    told = f"{milliseconds:.1f} ms"
    if milliseconds > SLOW_MS:
        return warning(
            name, f"{told}。8:30 に待たされます。SSD か、電池で守られたキャッシュを勧めます"
        )
    return good(name, told)


def _fsync(folder: Path) -> Iterator[Finding]:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            taken = []
            for _ in range(TRIALS):
                begun = clock.monotonic()
                file.write(b"x" * 4096)
                file.flush()
                os.fdatasync(file.fileno())
                taken.append(clock.monotonic() - begun)
    except OSError as error:
        yield fault("データベースのフォルダー", f"{folder} に書けません（{error.strerror}）")
        return
    yield fsync_time(statistics.median(taken) * 1000)


def database_folder(config: Config) -> Path | None:
    """Where the embedded database lies; None for a server of its own, or where there is nothing yet."""
    url = make_url(config.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    folder = Path(url.database).resolve().parent
    return folder if folder.is_dir() else None


def _size(config: Config) -> int:
    path = Path(make_url(config.database_url).database or "")
    return path.stat().st_size if path.is_file() else 0


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _timedatectl() -> str | None:
    found = shutil.which("timedatectl")
    if found is None:
        return None
    try:
        said = subprocess.run(  # noqa: S603 a fixed command
            [found, "show", "--property=NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said.stdout.strip() or None


def apart(ours: datetime, theirs: datetime) -> Finding:
    """Two clocks read at one moment: every process must agree with the database about what is due."""
    seconds = abs((ours - theirs.astimezone(UTC)).total_seconds())
    name = "データベースのサーバーとの時計の差"
    if seconds > 60:
        return fault(name, f"{seconds:,.0f} 秒。どちらかの時計が違います。NTP を確かめてください")
    if seconds > 2:
        return warning(name, f"{seconds:.1f} 秒。NTP を確かめてください")
    return good(name, f"{seconds:.1f} 秒")
