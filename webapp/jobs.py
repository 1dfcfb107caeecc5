"""Work that comes round by the clock: the folder of card readers, and forgetting what need not be kept.

Of several processes on one database one does the work of a minute or hour: whoever takes the turn. Calendars and
webhooks need no turn: each is claimed for itself, so that several processes share them.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from flask import Flask

from webapp.attendance import inbox
from webapp.attendance import jobs as attendance_jobs
from webapp.core import clock, trouble, turns
from webapp.core.db import transaction
from webapp.coverage import retention
from webapp.emergency import jobs as emergency
from webapp.messages import jobs as messages
from webapp.messages import retention as memos
from webapp.notices import service as notices
from webapp.notices.courier import EVERY_S, Courier
from webapp.plans import jobs as plan_jobs
from webapp.plans import retention as plan_retention
from webapp.presence.service import forget_spent_claims
from webapp.requests import retention as request_retention
from webapp.rota import places, swap_work
from webapp.seats import jobs as seats
from webapp.seats import releasing

MINUTE_S = 60.0
HOUR_S = 60 * MINUTE_S
ORPHANS_S = 10.0

FORGETTING: tuple[Callable[..., object], ...] = (
    forget_spent_claims,
    retention.forget,
    notices.forget,
    plan_retention.forget,
    releasing.forget,
    emergency.forget,
    memos.forget,
    request_retention.forget,
)


def start(app: Flask) -> None:
    server = app.extensions["socket_server"]

    def each(seconds: float, job: Callable[[Flask], object]) -> None:
        while True:
            with trouble.told(job.__name__):
                job(app)
            server.sleep(seconds)

    server.start_background_task(each, MINUTE_S, take_round)
    # Apart from the rest: a calendar that answers slowly keeps nobody else waiting.
    server.start_background_task(each, MINUTE_S, read_calendars)
    server.start_background_task(each, ORPHANS_S, bury_runs)
    server.start_background_task(lambda: send_webhooks(app))


def send_webhooks(app: Flask) -> None:
    """A round of its own: the other work of a minute must not wait for somebody else's server."""
    server = app.extensions["socket_server"]
    rounds = Courier(app, server.start_background_task)
    while True:
        server.sleep(EVERY_S)
        with trouble.told("send_webhooks"):
            rounds.one_round()


def take_round(app: Flask) -> bool:
    """The work of this minute, unless another process has it; True if it was done here."""
    with app.app_context():
        now = clock.now()
        mine = turns.take("minute", MINUTE_S, now=now)
        hourly = mine and turns.take("hour", HOUR_S, now=now)
    if mine:
        one_round(app, hourly=hourly)
    return mine


def one_round(app: Flask, *, hourly: bool) -> None:
    """A folder that cannot be read must not keep the hourly forgetting from its work."""
    due = [every_minute, free_seats, expire_swaps, remind_of_emergencies, pass_messages_on]
    if hourly:
        due.append(every_hour)
    for job in due:
        with trouble.told(job.__name__):
            job(app)


def every_minute(app: Flask) -> None:
    folder = app.config["ZAISEKI"].punch_inbox
    if folder:
        with app.app_context():
            inbox.take_inbox(Path(folder), now=clock.now())


def free_seats(app: Flask) -> None:
    """Seats nobody came to."""
    with app.app_context():
        seats.every_minute(now=clock.now())


def read_calendars(app: Flask) -> None:
    """Calendars on the local network; who has to mend an address is told once."""
    with app.app_context():
        faults = plan_jobs.read_calendars()
        if faults:
            with transaction():
                for fault in faults:
                    notices.notify(
                        [fault.staff_id],
                        unit_id=fault.unit_id,
                        kind="calendar",
                        text=f"カレンダーを読み込めませんでした: {fault.text}",
                        link="/plan/calendar/me",
                        now=clock.now(),
                    )


def expire_swaps(app: Flask) -> None:
    """Mostly there is none: asked outside a transaction."""
    with app.app_context():
        now = clock.now()
        if swap_work.overdue(now=now):
            with transaction():
                swap_work.expire(now=now)


def bury_runs(app: Flask) -> None:
    """Runs of the solver whose server is no more; each process looks on for itself, and one of them writes."""
    with app.app_context():
        if places.orphaned():
            with transaction():
                places.bury(now=clock.now())


def pass_messages_on(app: Flask) -> None:
    with app.app_context():
        messages.every_minute(now=clock.now())


def remind_of_emergencies(app: Flask) -> None:
    with app.app_context():
        emergency.remind(now=clock.now())


def every_hour(app: Flask) -> None:
    with app.app_context():
        now = clock.now()
        for forget in FORGETTING:
            _apart(forget, now)
        attendance_jobs.daily(now)


def _apart(forget: Callable[..., object], now: datetime) -> None:
    """What one feature cannot forget must not keep the others' from being erased."""
    with trouble.told(f"{forget.__module__}.{forget.__name__}"), transaction():
        forget(now=now)
