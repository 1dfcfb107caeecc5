"""`zaiseki backup` and `zaiseki restore` as commands: exit status, what is left behind, what is said."""

import gc
import os
import shutil
import signal
import stat
import subprocess
import sys
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.features.backup_at import Place, cut
from tests.stage import Stage, lay_down
from webapp.cli import _commands
from webapp.config import ROOT
from webapp.core import clock
from webapp.operation import archive, progress, rotation


@pytest.fixture(scope="module")
def stage_file(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Stage.template(template, tmp_path_factory.mktemp("command") / "stage.db")


@pytest.fixture
def place(stage_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    path = tmp_path / "data" / "zaiseki.db"
    path.parent.mkdir()
    lay_down(stage_file, path)
    made = Place(f"sqlite:///{path}")
    monkeypatch.setenv("ZAISEKI_DATABASE_URL", made.url)
    monkeypatch.setenv("ZAISEKI_SECRET_KEY", "x" * 40)
    monkeypatch.delenv("ZAISEKI_REDIS_URL", raising=False)
    return made


def run(*words: str | Path) -> Result:
    said = CliRunner().invoke(_commands(), [str(word) for word in words])
    gc.collect()  # a command of its own process leaves no connection open
    return said


def test_there_and_back(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    done = run("backup", file)
    assert done.exit_code == 0
    assert "表" in done.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert place.fact("backup_at") == clock.now().isoformat()
    place.change("DELETE FROM posting")
    assert run("restore", file).exit_code == 1
    assert place.ask("SELECT count(*) FROM posting") == [(0,)]
    looked = run("restore", file, "--check")
    assert (looked.exit_code, "何も変えていません" in looked.output) == (0, True)
    assert place.ask("SELECT count(*) FROM posting") == [(0,)]
    restored = run("restore", file, "--yes")
    assert restored.exit_code == 0
    assert "サインインし直します" in restored.output
    assert place.ask("SELECT count(*) FROM posting") == [(11,)]


def test_owner_and_mode_stay_as_they_were(place: Place, tmp_path: Path) -> None:
    path = Path(place.url.removeprefix("sqlite:///"))
    path.chmod(0o640)
    run("backup", tmp_path / "b.zip")
    assert run("restore", tmp_path / "b.zip", "--yes").exit_code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert not [left for left in path.parent.iterdir() if left.name.endswith(("-wal", "-journal"))]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("restore", "no-such-file.zip"), 2),
        (("restore",), 2),
        (("backup",), 2),
        (("backup", "/no/such/folder/b.zip"), 2),
        (("backup", "one-file.zip", "--rotate"), 2),
    ],
)
def test_wrong_use_is_two(place: Place, words: tuple[str, ...], status: int) -> None:
    assert run(*words).exit_code == status


def test_a_broken_file_is_one_and_says_that_nothing_changed(place: Place, tmp_path: Path) -> None:
    run("backup", tmp_path / "b.zip")
    refused = run("restore", cut(tmp_path / "b.zip", 5000), "--yes")
    assert refused.exit_code == 1
    assert "何も変えていません" in refused.output


def test_the_database_itself_is_never_overwritten_by_a_backup(place: Place) -> None:
    path = Path(place.url.removeprefix("sqlite:///"))
    before = path.read_bytes()
    refused = run("backup", path)
    assert refused.exit_code == 1
    assert "上書きしません" in refused.output
    assert path.read_bytes()[:100] == before[:100]


def test_a_backup_of_the_same_name_is_replaced_whole(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    run("backup", file)
    first = file.stat().st_ino
    assert run("backup", file).exit_code == 0
    assert file.stat().st_ino != first
    assert archive.is_backup(file)


def test_a_database_that_was_never_migrated_is_refused(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZAISEKI_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    refused = run("backup", tmp_path / "b.zip")
    assert refused.exit_code == 1
    assert not (tmp_path / "b.zip").exists()


SLOWLY = """
import sys, time
from pathlib import Path
from webapp.operation import archive
def lines():
    yield "[1]\\n" * 2000
    print("halfway", flush=True)
    time.sleep(60)
with archive.writing(Path(sys.argv[1]), lambda *_: None) as out:
    out.table("staff", ["id"], (line for text in lines() for line in text.splitlines(True)))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_backup_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "b.zip").write_bytes(b"the one before")
    process = subprocess.Popen(
        [sys.executable, "-c", SLOWLY, str(folder / "b.zip")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    with process, process.stdout:
        assert process.stdout.readline() == b"halfway\n"
        os.kill(process.pid, number)
        process.wait(30)
    assert [path.name for path in folder.iterdir()] == ["b.zip"]
    assert (folder / "b.zip").read_bytes() == b"the one before"


WRITES = """
import sys
from webapp import create_app
from webapp.config import Config
from webapp.core import facts
from webapp.core.db import transaction
app = create_app(Config(database_url=sys.argv[1], secret_key="x" * 32, async_mode="threading"))
with app.app_context():
    for number in range(10_000):
        with transaction():
            facts.put("acknowledged", str(number))
        print(number, flush=True)
"""


def test_file_and_log_taken_from_a_dead_machine_hold_the_last_acknowledged_write(
    place: Place, tmp_path: Path
) -> None:
    """As deploy/README.md says: both files, without -shm, under their names somewhere else."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITES, place.url], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process, process.stdout:
        told = [process.stdout.readline() for _ in range(20)]
        process.kill()
        told += process.stdout.readlines()
    acknowledged = max(int(line) for line in told if line.endswith(b"\n"))
    source = Path(place.url.removeprefix("sqlite:///"))
    assert Path(f"{source}-wal").stat().st_size > 0
    for name in ("zaiseki.db", "zaiseki.db-wal"):
        shutil.copy(source.with_name(name), tmp_path / name)
    found = Place(f"sqlite:///{tmp_path / 'zaiseki.db'}").fact("acknowledged")
    assert int(found or 0) in {
        acknowledged,
        acknowledged + 1,
    }  # the last may not have been told yet


def test_where_files_need_a_name_from_the_start_it_is_not_that_of_the_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network drive."""
    monkeypatch.delattr(os, "O_TMPFILE")
    with archive.writing(tmp_path / "b.zip", lambda *_: None) as out:
        out.table("staff", ["id"], ["[1]\n"])
        assert not (tmp_path / "b.zip").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["b.zip"]
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
    with (
        pytest.raises(ZeroDivisionError),
        archive.writing(tmp_path / "c.zip", lambda *_: None) as out,
    ):
        _ = 1 / 0
    assert [path.name for path in tmp_path.iterdir()] == ["b.zip"]


def test_any_tool_can_look_inside(place: Place, tmp_path: Path) -> None:
    run("backup", tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as packed:
        assert packed.testzip() is None
        assert "tables/staff.jsonl" in packed.namelist()
        assert "tables/sign_in_session.jsonl" not in packed.namelist()


# --- many of them ----------------------------------------------------------------------------


def test_a_folder_gets_names_by_time_and_is_kept_small(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    old = folder / "zaiseki-20260101-000000.zip"
    old.write_bytes(b"")
    other = folder / "notes.txt"
    other.write_bytes(b"")
    done = run("backup", folder, "--rotate")
    assert done.exit_code == 0
    assert {path.name for path in folder.iterdir()} == {
        "notes.txt",
        "zaiseki-20261124-102000.zip",
    }


def test_which_are_kept() -> None:
    now = datetime(2026, 11, 24, 10, 20)  # noqa: DTZ001 names are local times
    at = [now - timedelta(minutes=15 * count) for count in range(4 * 24 * 60)]
    names = [rotation.name_of(one) for one in at]
    gone = set(rotation.superfluous([*names, "other.zip", "zaiseki-x.zip"], now))
    kept = [one for one in at if rotation.name_of(one) not in gone]
    assert len([one for one in kept if one > now - timedelta(days=2)]) == 2 * 96
    days = {one.date() for one in kept if one <= now - timedelta(days=2)}
    assert len(days) == len([one for one in kept if one <= now - timedelta(days=2)])
    assert len(days) in {33, 34}
    assert gone <= set(names)


def test_the_newest_is_kept_however_old() -> None:
    now = datetime(2026, 11, 24, 10, 20)  # noqa: DTZ001 names are local times
    assert rotation.superfluous(["zaiseki-20200101-000000.zip"], now) == []


def test_progress_is_silent_for_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    at = [0.0]
    monkeypatch.setattr(clock, "monotonic", lambda: at[0])
    heard = progress.Progress("書き出し中", said.append)
    for at[0] in (0.5, 0.9, 1.1, 1.2, 1.9, 2.2):
        heard("punch", int(at[0] * 10_000))
    assert said == ["書き出し中: punch 11,000行", "書き出し中: punch 22,000行"]
