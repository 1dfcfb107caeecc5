"""A terminal of 入所係 on the stage, and what a hand does at it."""

import re
from typing import Any

from flask.testing import FlaskClient

from tests.doors import csrf, post
from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.duties import service as duties
from webapp.kiosk import pins
from webapp.positions.models import Position


def make_terminal(stage: Stage, unit: str = "W12", maker: str = "120", **form: Any) -> str:
    """The token, by the page that shows it once."""
    browser = stage.browser(maker)
    page = post(browser, f"/kiosks/{unit}", {"name": "窓口のうしろ"} | form)
    assert page.status_code == 201, page.get_data(as_text=True)[:2000]
    found = re.search(r"/kiosk/([\w-]{43,})<", page.get_data(as_text=True))
    assert found
    return found[1]


class Terminal:
    """A device that has opened the address of a terminal."""

    def __init__(self, stage: Stage, token: str) -> None:
        self.client: FlaskClient = stage.app.test_client()
        self.token = token
        self.page = self.client.get(f"/kiosk/{token}")
        self.csrf = csrf(self.client, f"/kiosk/{token}")

    def post(self, path: str, data: dict[str, Any], **headers: str) -> Any:
        return self.client.post(
            f"/kiosk/{self.token}/{path}",
            data=data,
            headers={"X-CSRFToken": self.csrf, "Accept": "application/json"} | headers,
        )

    def open(self, staff: str, pin: str = "") -> Any:
        return self.post("open", {"staff": staff, "pin": pin})

    def ticket(self, staff: str, pin: str = "") -> str:
        page = self.open(staff, pin)
        assert page.status_code == 200, page.get_data(as_text=True)
        return ticket_in(page)

    def act(self, ticket: str, do: str, **more: Any) -> Any:
        return self.post("acts", {"ticket": ticket, "do": do} | more)

    def tap(self, staff: str, do: str, **more: Any) -> Any:
        done = self.act(self.ticket(staff), do, **more)
        assert done.status_code == 200, done.get_data(as_text=True)
        return done

    def rows(self, **headers: str) -> Any:
        return self.client.get(
            f"/kiosk/{self.token}/rows", headers={"Accept": "application/json"} | headers
        )

    def line(self, staff: str) -> str:
        rows = {row["staff"]: row["line"] for row in self.rows().json["rows"]}
        return str(rows[staff])


def ticket_in(page: Any) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', page.get_data(as_text=True))
    assert found
    return found[1]


def give_pin(stage: Stage, number: str, pin: str = "8264") -> None:
    actor = type("Own", (), {"staff_id": stage.ids[number], "name": number})()
    hashed = pins.hashed_pin(pin, pin, number=number)
    with transaction():
        pins.choose(hashed, actor=actor, now=clock.now())


def put_on_duty(
    stage: Stage, number: str, start: int, end: int, name: str = "窓口1", skills: Any = ()
) -> int:
    """The id of a duty of today at a position of 入所係."""
    now = clock.now()
    with transaction():
        position = Position(
            unit_id=stage.units["W12"],
            name=name,
            kind="counter",
            staffed="duty",
            skills=list(skills),
        )
        db.session.add(position)
        db.session.flush()
        duty = duties.put_on(
            position.id,
            stage.ids[number],
            clock.to_tokyo(now).date(),
            start,
            end,
            source="rota",
            now=now,
        )
        found: int = duty.id
    stage.settle()
    return found
