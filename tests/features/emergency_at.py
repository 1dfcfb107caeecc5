"""An emergency on the stage: begun, answered, its page read."""

from typing import Any

from tests.doors import post
from tests.stage import Api, Stage
from webapp.core.db import db
from webapp.emergency.models import Emergency

LINE = "河川の水位が上がっています。"


def begin(
    stage: Stage, number: str = "100", unit: str = "W11", confirm: str = "保育課", **more: Any
) -> int:
    """By HTTP; its id."""
    body = {"unit": unit, "name": "台風15号", "text": LINE, "confirm": confirm} | more
    answer = stage.api(number, "self unit:write").post("/emergencies", body)
    assert answer.status_code == 201, answer.json
    return int(answer.json["id"])


def begin_city(stage: Stage, **more: Any) -> int:
    return begin(stage, "900", "", "全庁", **more)


def lead(stage: Stage, number: str = "100") -> Api:
    return stage.api(number, "self unit:write")


def say(stage: Stage, emergency: int, number: str, answer: str, minutes: int | None = None) -> Any:
    body = {"answer": answer} | ({"minutes": minutes} if minutes else {})
    return stage.api(number).post(f"/emergencies/{emergency}/answer", body)


def page(stage: Stage, number: str, path: str) -> str:
    answer = stage.browser(number).get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.get_data(as_text=True))


def send(stage: Stage, number: str, path: str, form: dict[str, Any] | None = None) -> Any:
    return post(stage.browser(number), path, form)


def row(emergency: int) -> Emergency:
    db.session.rollback()
    return db.session.get_one(Emergency, emergency, populate_existing=True)
