"""The real server in a process of its own, on loopback, on a database of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from tests.live.nursery import Nursery, Nursling

ROOT = Path(__file__).resolve().parents[2]
ZAISEKI = Path(sys.executable).parent / "zaiseki"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Server:
    database_url: str
    mode: str = "eventlet"
    port: int = field(default_factory=free_port)
    environ: dict[str, str] = field(default_factory=dict)
    log: Path | None = None
    nursery: Nursery | None = None  # forks it; without one it is `zaiseki serve`
    entry: Path | None = None  # another script in its place
    process: subprocess.Popen[bytes] | Nursling | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Server":
        environ = {
            **os.environ,
            "ZAISEKI_DATABASE_URL": self.database_url,
            "ZAISEKI_SECRET_KEY": "live-" * 8,
            "ZAISEKI_ASYNC_MODE": self.mode,
            "ZAISEKI_PORT": str(self.port),
            **self.environ,
        }
        log = self.log or Path(os.devnull)
        if self.nursery is not None and self.mode == "eventlet":
            self.process = self.nursery.serve(environ, log)
        else:
            self.process = self._serve(environ, log)
        try:
            self._wait()
        except BaseException:  # also Ctrl-C: what nobody waits for any more must not live on
            self.kill()
            raise
        return self

    def _serve(self, environ: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
        program = [sys.executable, str(self.entry)] if self.entry else [str(ZAISEKI), "serve"]
        with log.open("ab") as out:
            return subprocess.Popen(
                program,
                env=environ,
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                if self.process is not None and self.process.poll() is not None:
                    break
                time.sleep(0.05)
        text = self.log.read_text() if self.log else ""
        raise RuntimeError(f"the server did not start: {text[-2000:]}")

    def kill(self) -> None:
        """As a power cut would: no time to say good-bye."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
