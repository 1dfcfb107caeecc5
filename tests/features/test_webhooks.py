"""Webhooks: what is written with the change, what goes over the wire, and what becomes of it."""

import hashlib
import hmac
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.features import rota_play
from tests.features.hook_at import Receiver, receiving, until
from tests.features.test_coverage import away
from tests.stage import Stage
from webapp.core import clock, settings
from webapp.core.db import db, transaction
from webapp.notices import posting, sending, webhooks
from webapp.notices import service as notices
from webapp.notices.courier import Courier, send_due
from webapp.notices.models import Notice, Webhook, WebhookDelivery
from webapp.notices.settings import ALLOWED_HOSTS
from webapp.notices.webhook_rules import TOO_MANY_FAILURES

SECRET = "s3cret-of-the-test"


@pytest.fixture
def receiver(stage: Stage) -> Iterator[Receiver]:
    allow("127.0.0.1")
    with receiving() as found:
        yield found


def allow(*hosts: str) -> None:
    with transaction():
        settings.put(ALLOWED_HOSTS, list(hosts), by=None, now=clock.now())


def hook(stage: Stage, url: str, unit: str | None = "W11", **more: Any) -> int:
    with transaction():
        row = Webhook(
            name="保育課のチャット",
            url=url,
            secret=SECRET,
            base="https://zaiseki.example.lg.jp",
            unit_id=stage.units[unit] if unit else None,
            events=more.pop("events", ["memo", "request", "shortage", "emergency", "rota"]),
            made_at=clock.now(),
            made_by=stage.ids["100"],
            **more,
        )
        db.session.add(row)
        db.session.flush()
        return row.id


def happens(stage: Stage, event: str = "memo", unit: str | None = "W12", **more: Any) -> int:
    with transaction():
        unit_id = stage.units[unit] if unit else None
        return webhooks.happened(event, unit_id, now=clock.now(), **more)


def log() -> list[tuple[str, int, int | None]]:
    db.session.rollback()
    rows = db.session.query(WebhookDelivery).order_by(WebhookDelivery.id)
    return [(row.state, row.tries, row.status) for row in rows.populate_existing()]


def fault() -> str:
    db.session.rollback()
    return db.session.query(WebhookDelivery).populate_existing().one().fault


# --- with the change ------------------------------------------------------------------------


def test_who_listens_hears_of_the_own_unit_and_below(stage: Stage, receiver: Receiver) -> None:
    hook(stage, receiver.url, "W11")
    hook(stage, receiver.url, None)
    hook(stage, receiver.url, "W21")
    hook(stage, receiver.url, "W11", events=["rota"])
    hook(stage, receiver.url, "W11", active=False)
    assert happens(stage, unit="W12") == 2
    assert happens(stage, unit="W11") == 2
    assert happens(stage, unit="W10") == 1
    assert happens(stage, unit=None) == 1
    assert happens(stage, "rota", unit="W13") == 3


def test_a_rollback_sends_nothing(stage: Stage, receiver: Receiver) -> None:
    hook(stage, receiver.url)

    def change_that_fails() -> None:
        with transaction():
            webhooks.happened("memo", stage.units["W12"], now=clock.now())
            raise LookupError

    with pytest.raises(LookupError):
        change_that_fails()
    assert log() == []


def test_an_unknown_event_is_a_mistake_of_ours(stage: Stage) -> None:
    with pytest.raises(ValueError, match="no event"), transaction():
        webhooks.happened("lunch", stage.units["W12"], now=clock.now())


def events() -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.query(WebhookDelivery).order_by(WebhookDelivery.id)
    return [
        (row.event, row.payload["url"].removeprefix("https://zaiseki.example.lg.jp"))
        for row in rows
    ]


def test_a_fixed_week_is_told(stage: Stage, receiver: Receiver) -> None:
    posts = rota_play.furnish(stage)
    rota_play.put(stage, 0, rota_play.cell(posts["窓口"], 1, "9:00", "10:00", "121"))
    hook(stage, receiver.url, events=["rota"])
    preview = f"{rota_play.PATH}/publish?preview=1"
    assert rota_play.lead(stage).post(preview, {"revision": 1}).status_code == 200
    assert events() == []
    answer = rota_play.lead(stage).post(f"{rota_play.PATH}/publish", {"revision": 1})
    assert answer.status_code == 200
    assert events() == [("rota", f"/rota/W11?w={rota_play.NEXT}")]


def test_a_shortage_is_told_when_it_is_announced_not_at_each_tick(
    stage: Stage, receiver: Receiver
) -> None:
    position = stage.position("窓口", staffed="duty", need=2, hours=(540, 990))
    stage.duty(position, "121", 600, 720)
    stage.duty(position, "122", 600, 720)
    clock.freeze(clock.now() + timedelta(minutes=1))
    stage.settle()
    hook(stage, receiver.url, events=["shortage"])
    away(stage)
    stage.settle()
    before = len(events())
    for seconds in (21, 60, 60, 900):  # told, then nothing new, then it is a long one
        clock.freeze(clock.now() + timedelta(seconds=seconds))
        stage.settle()
    assert [event for event, _ in events()[before:]] == ["shortage"]
    assert events()[-1][1] == "/board/W11"


# --- over the wire --------------------------------------------------------------------------


def test_what_arrives_is_signed_and_says_nothing_of_people(
    stage: Stage, receiver: Receiver
) -> None:
    hook_id = hook(stage, receiver.url)
    happens(stage)
    assert send_due(hook_id) == 1
    (got,) = receiver.got
    assert receiver.bodies == [
        {
            "event": "memo",
            "unit": "W12",
            "unit_name": "入所係",
            "count": 1,
            "url": "https://zaiseki.example.lg.jp/messages",
            "at": "2026-11-24T10:20:00+09:00",
            "id": got["headers"]["X-Zaiseki-Delivery"],
        }
    ]
    timestamp = got["headers"]["X-Zaiseki-Timestamp"]
    signed = hmac.new(SECRET.encode(), timestamp.encode() + b"." + got["body"], hashlib.sha256)
    assert got["headers"]["X-Zaiseki-Signature"] == f"sha256={signed.hexdigest()}"
    assert int(timestamp) == int(clock.now().timestamp())
    assert got["path"] == "/hooks/t0ken"
    assert got["headers"]["Content-Type"] == "application/json; charset=utf-8"
    assert log() == [("sent", 1, 204)]


def test_a_chat_tool_gets_one_sentence(stage: Stage, receiver: Receiver) -> None:
    hook_id = hook(stage, receiver.url, form="text")
    happens(stage, "shortage", unit="W11")
    send_due(hook_id)
    assert receiver.bodies == [
        {"text": "不足1件（保育課） https://zaiseki.example.lg.jp/board/W11"}
    ]


def test_what_happens_again_before_the_first_is_sent_goes_with_it(
    stage: Stage, receiver: Receiver
) -> None:
    hook_id = hook(stage, receiver.url)
    for _ in range(12):
        happens(stage, "request")
    happens(stage, "request", unit="W13")
    happens(stage, "memo")
    assert send_due(hook_id) == 3
    told = [(body["event"], body["unit"], body["count"]) for body in receiver.bodies]
    assert told == [("request", "W12", 12), ("request", "W13", 1), ("memo", "W12", 1)]
    assert log() == [("sent", 1, 204)] * 3


# --- what goes wrong ------------------------------------------------------------------------


def test_it_is_tried_again_with_growing_waits_and_then_given_up(
    stage: Stage, receiver: Receiver
) -> None:
    hook_id = hook(stage, receiver.url)
    receiver.how = 500
    happens(stage)
    waits = []
    for _ in range(6):
        assert send_due(hook_id) == 0
        assert send_due(hook_id) == 0  # not before its time
        row = db.session.query(WebhookDelivery).populate_existing().one()
        if row.next_at is not None:
            waits.append((row.next_at - clock.now()).total_seconds())
            clock.freeze(row.next_at)
    assert waits == [10, 60, 600, 3_600, 21_600]
    assert log() == [("failed", 6, 500)]
    assert len(receiver.got) == 6
    assert len({got["headers"]["X-Zaiseki-Delivery"] for got in receiver.got}) == 1


def test_a_success_after_a_failure_clears_the_count(stage: Stage, receiver: Receiver) -> None:
    hook_id = hook(stage, receiver.url)
    receiver.how = 503
    happens(stage)
    send_due(hook_id)
    assert db.session.get_one(Webhook, hook_id, populate_existing=True).failures == 1
    receiver.how = 200
    clock.freeze(clock.now() + timedelta(seconds=10))
    assert send_due(hook_id) == 1
    assert db.session.get_one(Webhook, hook_id, populate_existing=True).failures == 0


@pytest.mark.parametrize(
    ("how", "status", "words"),
    [
        (404, 404, "相手が 404 を返しました"),
        ("redirect", 302, "転送先には送りません"),
        ("noise", None, "HTTP の応答ではありません"),
        ("hang-up", None, "HTTP の応答ではありません"),
    ],
)
def test_why_it_did_not_arrive(
    stage: Stage, receiver: Receiver, how: int | str, status: int | None, words: str
) -> None:
    hook_id = hook(stage, receiver.url)
    receiver.how = how
    happens(stage)
    assert send_due(hook_id) == 0
    assert log() == [("waiting", 1, status)]
    assert words in fault()
    assert [got["path"] for got in receiver.got] == ["/hooks/t0ken"]  # a redirect is not followed


@pytest.mark.parametrize("how", ["slow", "drip"])
def test_a_slow_server_is_left_after_its_time(
    stage: Stage, receiver: Receiver, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "TIMEOUT_S", 0.4)
    hook_id = hook(stage, receiver.url)
    receiver.how = how
    happens(stage)
    began = clock.monotonic()
    assert send_due(hook_id) == 0
    assert clock.monotonic() - began < 4.0  # the drip alone would last two minutes
    assert log() == [("waiting", 1, None)]
    assert "応答がありません" in fault()


def test_nobody_listens_there(stage: Stage, receiver: Receiver) -> None:
    allow("127.0.0.1")
    hook_id = hook(stage, "http://127.0.0.1:9/hooks/x")
    happens(stage)
    assert send_due(hook_id) == 0
    assert "接続できません" in fault()


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ([], None),  # this machine itself
        (["chat.example.lg.jp"], None),  # another is listed
        (["169.254.169.254"], "http://169.254.169.254/latest/meta-data"),
        (["*.invalid"], "http://no-such-name.invalid/"),
    ],
)
def test_what_may_not_be_called_is_not_called(
    stage: Stage, receiver: Receiver, allowed: list[str], url: str | None
) -> None:
    hook_id = hook(stage, url or receiver.url)
    allow(*allowed)
    happens(stage)
    assert send_due(hook_id) == 0
    assert receiver.got == []
    assert "許可されていない" in fault() or "名前が見つかりません" in fault()


def test_after_too_many_failures_it_is_switched_off_and_its_maker_told(
    stage: Stage, receiver: Receiver
) -> None:
    hook_id = hook(stage, receiver.url, failures=TOO_MANY_FAILURES - 1)
    receiver.how = 500
    happens(stage)
    happens(stage, "rota")
    send_due(hook_id)
    assert db.session.get_one(Webhook, hook_id, populate_existing=True).active is False
    (told,) = db.session.query(Notice)
    assert told.staff_id == stage.ids["100"]
    assert "止めました" in told.text
    assert "http" not in told.text
    assert happens(stage) == 0
    clock.freeze(clock.now() + timedelta(minutes=1))
    send_due(hook_id)
    assert [state for state, _, _ in log()] == ["failed", "failed"]
    assert len(receiver.got) == 1


def test_secrets_and_addresses_stay_out_of_the_log(
    stage: Stage, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.how = 500
    hook_id = hook(stage, receiver.url)
    happens(stage)
    send_due(hook_id)
    assert SECRET not in caplog.text
    assert "t0ken" not in caplog.text
    assert "t0ken" not in fault()


# --- several at once ------------------------------------------------------------------------


def test_twenty_senders_send_each_once(stage: Stage, receiver: Receiver) -> None:
    hook_id = hook(stage, receiver.url)
    for event in ("memo", "request", "shortage", "emergency", "rota"):
        happens(stage, event)
    start = threading.Barrier(20)

    def send() -> None:
        with stage.app.app_context():
            start.wait()
            send_due(hook_id)
            db.session.remove()

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(body["event"] for body in receiver.bodies) == [
        "emergency",
        "memo",
        "request",
        "rota",
        "shortage",
    ]
    assert log() == [("sent", 1, 204)] * 5


def test_a_sender_that_died_leaves_it_to_the_next_one(stage: Stage, receiver: Receiver) -> None:
    hook_id = hook(stage, receiver.url)
    happens(stage)
    with transaction():
        lost = sending.claim(hook_id, now=clock.now())
    assert lost is not None
    assert send_due(hook_id) == 0
    clock.freeze(clock.now() + timedelta(seconds=sending.CLAIM_S))
    assert send_due(hook_id) == 1
    with transaction():  # the first was only asleep: it changes nothing any more
        sending.note(lost, sending.Outcome(500), now=clock.now())
    assert log() == [("sent", 2, 204)]
    assert receiver.bodies[0]["id"] == lost.key


def test_the_round_sends_each_webhook_in_a_task_of_its_own(
    stage: Stage, receiver: Receiver
) -> None:
    with receiving("slow") as slow:
        hook(stage, slow.url)
        hook(stage, receiver.url)
        happens(stage)
        tasks: list[threading.Thread] = []

        def spawn(act: Any, *args: Any) -> None:
            tasks.append(threading.Thread(target=act, args=args))
            tasks[-1].start()

        courier = Courier(stage.app, spawn)
        courier.one_round()
        assert until(lambda: len(receiver.got) == 1 and len(slow.got) == 1)
        courier.one_round()  # the slow one is under way: not twice
        assert len(tasks) == 2
        slow.stopped.set()
        for task in tasks:
            task.join()
    assert len(slow.got) == 1


def test_the_log_is_forgotten_after_30_days(stage: Stage, receiver: Receiver) -> None:
    hook_id = hook(stage, receiver.url)
    happens(stage)
    send_due(hook_id)
    for days, left in ((29, 1), (31, 0)):
        with transaction():
            notices.forget(now=clock.now() + timedelta(days=days))
        assert len(log()) == left
