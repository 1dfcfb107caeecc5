"""The round of the webhooks: a task for each that has something to send, so that a slow one keeps nobody waiting."""

import logging
from collections.abc import Callable
from typing import Any

from flask import Flask

from webapp.core import clock
from webapp.notices import sending

log = logging.getLogger(__name__)
EVERY_S = 3.0
MOST_BUSY = 8


class Courier:
    """One per process. spawn: starts a background task (a greenlet or a thread)."""

    def __init__(self, app: Flask, spawn: Callable[..., Any]) -> None:
        self._app, self._spawn = app, spawn
        self._busy: set[int] = set()

    def one_round(self) -> None:
        with self._app.app_context():
            due = sending.due_webhooks(now=clock.now())
        for webhook_id in due:
            if webhook_id not in self._busy and len(self._busy) < MOST_BUSY:
                self._busy.add(webhook_id)
                self._spawn(self._send, webhook_id)

    def _send(self, webhook_id: int) -> None:
        try:
            with self._app.app_context():
                sending.send_due(webhook_id)
        except Exception:
            log.exception("sending of webhook %d failed; trying again", webhook_id)
        finally:
            self._busy.discard(webhook_id)
