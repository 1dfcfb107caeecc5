"""Calls nobody sends by accident: each is refused with a word, none is an error of the server."""

from typing import Any

import pytest

from tests.stage import Stage

ODD: list[tuple[str, str, Any]] = [
    ("POST", "/me/status", b"[" * 200_000),
    ("POST", "/me/status", b'{"state":"busy","note":"\\ud800"}'),
    ("POST", "/me/status", b'{"state":"busy","until":"0001-01-01T00:00:00+14:00"}'),
    ("POST", "/me/status", b'{"state":"busy","until":NaN}'),
    ("POST", "/me/punches", b'{"kind":"start","client_at":"0001-01-01T00:00:00+14:00"}'),
    ("POST", "/me/punches", b'{"kind":"start","client_at":"9999-12-31T23:59:59-12:00"}'),
    ("POST", "/me/punches", b'{"kind":"break_out","return_at":"9999-12-31T23:59:59-12:00"}'),
    ("DELETE", "/me/punches/99999999999999999999999", None),
    ("POST", "/me/status", b'{"state":"busy","note":"\\u0000"}'),
    ("GET", "/staff?q=%00", None),
    ("GET", "/staff/%00", None),
    ("GET", "/boards/%00", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ODD)
def test_odd_calls_are_refused(stage: Stage, method: str, path: str, body: Any) -> None:
    answer = stage.api("121").call(
        method,
        path,
        data=body,
        content_type="application/json",
        headers={"Idempotency-Key": "odd"},
    )
    assert 400 <= answer.status_code < 500
    assert answer.json["error"]["message"]
