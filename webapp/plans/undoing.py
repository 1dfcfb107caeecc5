"""The way back after entering something by hand: carried by the page, signed, never stored."""

from datetime import date, datetime
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from webapp.core.refusals import Conflict
from webapp.plans.by_hand import Done, Line, Step


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="plans.undo")


def ticket(done: Done) -> str:
    """Opaque text for a form field."""
    steps = [[step.day.isoformat(), _plain(step.before), _plain(step.after)] for step in done.steps]
    signed = _signer().dumps([done.staff_id, done.at.isoformat(), steps])
    return signed if isinstance(signed, str) else signed.decode()


def _plain(lines: tuple[Line, ...]) -> list[list[Any]]:
    return [[line.id, line.start, line.end, line.kind, line.site] for line in lines]


def done_of(text: str, staff_id: int) -> Done:
    """Raises Conflict for what we did not sign, or not for this person."""
    try:
        whose, at, steps = _signer().loads(text)
    except (BadSignature, ValueError):
        whose, at, steps = None, "", []
    if whose != staff_id:
        raise Conflict("元に戻せませんでした。予定の一覧から取り消してください。")
    return Done(staff_id, datetime.fromisoformat(at), tuple(_step(*step) for step in steps))


def _step(day: str, before: list[list[Any]], after: list[list[Any]]) -> Step:
    return Step(
        date.fromisoformat(day),
        tuple(Line(*line) for line in before),
        tuple(Line(*line) for line in after),
    )
