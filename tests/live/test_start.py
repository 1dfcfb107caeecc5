"""Starting for real: what is printed, what stops a start, how quickly a second one serves."""

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.live.server import ROOT, free_port

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]
ZAISEKI = str(Path(sys.executable).parent / "zaiseki")
KEY = "0123456789abcdef0123456789abcdef"


def zaiseki(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    plain = {name: text for name, text in os.environ.items() if not name.startswith("ZAISEKI_")}
    return subprocess.run(
        [ZAISEKI, *arguments],
        env=plain | environ,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=False,
    )


def wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    """A server with threads says its address before it listens."""
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"not ready; exit status {process.poll()}")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'zaiseki.db'}"


def test_serve_neither_fills_nor_migrates(url: str) -> None:
    ended = zaiseki("serve", ZAISEKI_DATABASE_URL=url, ZAISEKI_SECRET_KEY=KEY)
    assert ended.returncode == 1
    assert "zaiseki migrate" in ended.stderr


def test_a_missing_key_stops_the_start_with_a_clear_word(url: str) -> None:
    zaiseki("migrate", ZAISEKI_DATABASE_URL=url)
    ended = zaiseki("serve", ZAISEKI_DATABASE_URL=url)
    assert ended.returncode == 1
    assert "ZAISEKI_SECRET_KEY" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ZAISEKI_PORT", "eighty"),
        ("ZAISEKI_ASYNC_MODE", "magic"),
        ("ZAISEKI_DATABASE_URL", "mysql://x"),
        ("ZAISEKI_TRUSTED_PROXIES", "everybody"),
    ],
)
def test_a_wrong_setting_is_named(url: str, name: str, text: str) -> None:
    environ = {"ZAISEKI_DATABASE_URL": url, "ZAISEKI_SECRET_KEY": KEY, name: text}
    ended = zaiseki("serve", **environ)
    assert ended.returncode == 1
    assert name in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_demonstration_refuses_other_hosts(url: str) -> None:
    zaiseki("migrate", ZAISEKI_DATABASE_URL=url)
    assert zaiseki("demo", ZAISEKI_DATABASE_URL=url).returncode == 0
    environ = {"ZAISEKI_DATABASE_URL": url, "ZAISEKI_SECRET_KEY": KEY, "ZAISEKI_HOST": "127.0.0.2"}
    ended = zaiseki("serve", **environ)
    assert ended.returncode == 1
    assert "ZAISEKI_DEMO=1" in ended.stderr


@pytest.mark.parametrize("mode", ["eventlet", "threading"])
def test_a_demonstration_serves_and_prints_who_can_sign_in(
    url: str, mode: str, tmp_path: Path
) -> None:
    zaiseki("migrate", ZAISEKI_DATABASE_URL=url)
    zaiseki("demo", ZAISEKI_DATABASE_URL=url)
    port = free_port()
    environ = {
        "ZAISEKI_DATABASE_URL": url,
        "ZAISEKI_SECRET_KEY": KEY,
        "ZAISEKI_PORT": str(port),
        "ZAISEKI_ASYNC_MODE": mode,
    }
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [ZAISEKI, "serve"], env=os.environ | environ, stdout=out, stderr=out, cwd=ROOT
        )
    try:
        wait_until_ready(port, process)
        assert f"http://127.0.0.1:{port}" in log.read_text()
        assert "zaiseki-demo" in log.read_text()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            assert b"zaiseki_sockets 0.0" in answer.read()
    finally:
        process.terminate()
        assert process.wait(30) == 0
