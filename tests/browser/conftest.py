"""Real windows on the demonstration city: Chromium of the system, the real server, Tuesday 10:20."""

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.live.nursery import Nursery
from tests.live.server import Server
from tests.stage import Apps, lay_down, make_app, template_database
from webapp import demo
from webapp.accounts.models import SignInSession
from webapp.accounts.queries import hashed
from webapp.core import clock, facts
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
        shutil.which("chromium-headless-shell")  # the same engine without tab strips: half the work
        or shutil.which("chromium")
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
    asked: set[Any] = field(default_factory=set)  # requests without an answer yet

    def go(self, path: str) -> "Window":
        self.page.goto(self.base + path)
        return self

    def live(self) -> "Window":
        """Until the pill says the page is connected and current."""
        self.page.wait_for_selector(
            '#live[data-step="live"], .live[data-step="live"]', state="attached"
        )
        return self

    def quiet(self) -> "Window":
        """Until nothing has been asked for during half a second. Playwright's own "networkidle" never comes where a
        SharedWorker is started: of its script no end is told.
        """
        began = since = time.monotonic()
        while time.monotonic() - since < 0.5:
            assert time.monotonic() - began < 60, [one.url for one in self.asked]
            self.page.wait_for_timeout(50)
            if self.asked:
                since = time.monotonic()
        return self

    def axe(self) -> list[str]:
        """Violations of WCAG 2.2 AA, each with the first place."""
        self.page.evaluate(AXE.read_text())
        result = self.page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa'],"
            " resultTypes: ['violations']})"  # half the time: of what passes nothing is written down
        )
        return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in result["violations"]]

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        width: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return width


@pytest.fixture(scope="session")
def city_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = template_database(tmp_path_factory.mktemp("city") / "city.db")
    app = make_app(f"sqlite:///{path}")
    clock.unfreeze()
    demo.fill(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    return path


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


@pytest.fixture(scope="package")
def chrome() -> Iterator[Any]:
    """One Chromium for all tests here; each has windows of its own, with nothing in common."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # as long as everything else waits
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def city(request: pytest.FixtureRequest) -> Iterator[City]:
    """A town hall of its own for the test; one for all of those that only look (a server takes 2 s to come up)."""
    looks = request.node.get_closest_marker("looks") is not None
    shared: Town = request.getfixturevalue("still_town" if looks else "town")
    windows: list[Window] = []
    try:
        with shared.app.app_context():
            clock.unfreeze()
            demo.follow_clock()
            yield City(shared.server, shared.app, partial(open_window, shared, windows))
    finally:
        clock.shift(timedelta())
        for window in windows:
            window.context.close()


@dataclass
class Town:
    server: Server
    app: Any
    chrome: Any


@pytest.fixture(scope="package")
def still_town(
    city_template: Path,
    chrome: Any,
    nursery: Nursery,
    apps: Apps,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Town]:
    yield from town_at(city_template, tmp_path_factory.mktemp("still"), chrome, nursery, apps)


@pytest.fixture(scope="package")
def town_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("town")


@pytest.fixture
def town(
    city_template: Path, town_folder: Path, chrome: Any, nursery: Nursery, apps: Apps
) -> Iterator[Town]:
    yield from town_at(city_template, town_folder, chrome, nursery, apps)


def town_at(
    template: Path, folder: Path, chrome: Any, nursery: Nursery, apps: Apps
) -> Iterator[Town]:
    clock.unfreeze()
    path = folder / "city.db"
    lay_down(template, path)
    url = f"sqlite:///{path}"
    app = apps.on(url)
    app.secret_key = "live-" * 8
    with app.app_context(), transaction():
        facts.put("epoch", secrets.token_hex(8))  # caches of the town before are of no use
    server = Server(url, log=folder / "server.log", nursery=nursery).start()
    try:
        yield Town(server, app, chrome)
    finally:
        server.kill()  # nobody needs its good-bye, which takes seconds
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def open_window(
    town: Town,
    windows: list[Window],
    number: str | None,
    width: int = 1440,
    height: int = 900,
    **more: Any,
) -> Window:
    context = town.chrome.new_context(
        viewport={"width": width, "height": height},
        locale="ja-JP",
        timezone_id="Asia/Tokyo",
        **more,
    )
    url = town.server.url
    if number is not None:
        context.add_cookies([{"name": "zaiseki", "value": cookie(town.app, number), "url": url}])
    window = Window(context.new_page(), context, url)
    watch_faults(window, url)
    windows.append(window)
    return window


def watch_faults(window: Window, origin: str) -> None:
    """Console errors, policy violations, requests that leave the origin."""

    def console(message: Any) -> None:
        if message.type == "error" and not any(noise in message.text for noise in OFFLINE_NOISE):
            window.faults.append(f"console: {message.text}")

    def requested(request: Any) -> None:
        if not request.url.startswith((origin, origin.replace("http", "ws"), "data:", "blob:")):
            window.faults.append(f"off-origin: {request.url}")
        if not request.url.endswith("-worker.js"):
            window.asked.add(request)

    window.page.on("console", console)
    window.page.on("pageerror", lambda error: window.faults.append(f"script: {error}"))
    window.page.on("request", requested)

    def answered(request: Any) -> None:
        window.asked.discard(request)

    window.page.on("requestfinished", answered)
    window.page.on("requestfailed", answered)


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
