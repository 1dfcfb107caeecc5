"""The round of the webhooks: a task for each that has something to send, so that a slow one keeps nobody waiting."""

import logging
from collections.abc import Callable
from typing import Any

from flask import Flask

from webapp.core import clock
from webapp.core.db import db, transaction
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
                send_due(webhook_id)
        except Exception:
            log.exception("sending of webhook %d failed; trying again", webhook_id)
        finally:
            self._busy.discard(webhook_id)


def send_due(webhook_id: int) -> int:
    """Send what is due of one webhook, the oldest first; returns how many went out."""
    sent = 0
    for _ in range(sending.MOST_AT_ONCE):
        with transaction():
            claimed = sending.claim(webhook_id, now=clock.now())
        if claimed is None:
            break
        db.session.remove()  # no connection is held while the other side takes its time
        outcome = sending.deliver(claimed)
        with transaction():
            sending.note(claimed, outcome, now=clock.now())
        sent += outcome.good
        if not outcome.good:
            break  # the others would meet the same; they have their turn in the next round
    return sent
