"""Real windows on the demonstration city: Chromium of the system, the real server, Tuesday 10:20."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.live.server import Server
from tests.stage import make_app, template_database
from webapp import demo
from webapp.accounts.models import SignInSession
from webapp.accounts.queries import hashed
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.org.queries import staff_by_number

AXE = Path("node_modules/axe-core/axe.min.js")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# What Chromium says on its own when a test takes the network away on purpose.
OFFLINE_NOISE = ("net::ERR_", "WebSocket connection to")


def chromium() -> str:
    found = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed (apt install chromium)")
        pytest.skip("Chromium is not installed")
    return found


@dataclass
class Window:
    """One person's browser window, and what went wrong in it."""

    page: Any
    context: Any
    base: str
    faults: list[str] = field(default_factory=list)

    def go(self, path: str) -> "Window":
        self.page.goto(self.base + path)
        return self

    def live(self) -> "Window":
        """Until the pill says the page is connected and current."""
        self.page.wait_for_selector(
            '#live[data-step="live"], .live[data-step="live"]', state="attached"
        )
        return self

    def axe(self) -> list[str]:
        """Violations of WCAG 2.2 AA, each with the first place."""
        self.page.evaluate(AXE.read_text())
        result = self.page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']})"
        )
        return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in result["violations"]]

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        width: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return width


@pytest.fixture(scope="session")
def city_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = template_database(tmp_path_factory.mktemp("city") / "city.db")
    app = make_app(f"sqlite:///{path}")
    clock.unfreeze()
    demo.fill(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    yield path
    clock.shift(timedelta())


@dataclass
class City:
    server: Server
    app: Any
    open_window: Callable[..., Window]

    @property
    def who(self) -> dict[str, Any]:
        """The demonstration's sign-ins; coordinator: of 市民課's duty rota."""
        names = ("member", "chief", "lead", "coordinator", "hr", "admin")
        return dict(zip(names, demo.SIGN_INS, strict=True))


@pytest.fixture
def city(city_template: Path, tmp_path: Path) -> Iterator[City]:
    from playwright.sync_api import sync_playwright

    program = chromium()
    clock.unfreeze()
    path = tmp_path / "city.db"
    shutil.copy(city_template, path)
    url = f"sqlite:///{path}"
    server = Server(url, log=tmp_path / "server.log").start()
    app = make_app(url)
    app.secret_key = "live-" * 8
    with app.app_context(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        windows: list[Window] = []

        def open_window(
            number: str | None, width: int = 1440, height: int = 900, **more: Any
        ) -> Window:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                locale="ja-JP",
                timezone_id="Asia/Tokyo",
                **more,
            )
            if number is not None:
                context.add_cookies(
                    [{"name": "zaiseki", "value": cookie(app, number), "url": server.url}]
                )
            window = Window(context.new_page(), context, server.url)
            watch_faults(window, server.url)
            windows.append(window)
            return window

        try:
            yield City(server, app, open_window)
        finally:
            for window in windows:
                window.context.close()
            browser.close()
            server.stop()
            db.session.remove()
            db.engine.dispose()


def watch_faults(window: Window, origin: str) -> None:
    """Console errors, policy violations, requests that leave the origin."""

    def console(message: Any) -> None:
        if message.type == "error" and not any(noise in message.text for noise in OFFLINE_NOISE):
            window.faults.append(f"console: {message.text}")

    def requested(request: Any) -> None:
        if not request.url.startswith((origin, origin.replace("http", "ws"), "data:", "blob:")):
            window.faults.append(f"off-origin: {request.url}")

    window.page.on("console", console)
    window.page.on("pageerror", lambda error: window.faults.append(f"script: {error}"))
    window.page.on("request", requested)


def cookie(app: Any, number: str) -> str:
    """A signed-in browser, without the sign-in page (which has tests of its own)."""
    secret = secrets.token_hex(16)
    now = clock.now()
    staff = staff_by_number(number)
    assert staff is not None
    with transaction():
        db.session.add(
            SignInSession(
                key_hash=hashed(secret),
                staff_id=staff.id,
                created_at=now,
                seen_at=now,
                expires_at=now + timedelta(days=30),
            )
        )
    serializer = app.session_interface.get_signing_serializer(app)
    signed: str = serializer.dumps({"key": secret})
    return signed
