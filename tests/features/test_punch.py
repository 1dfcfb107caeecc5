"""Reports over HTTP: each exactly once, in whatever order they arrive."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.doors import post
from tests.stage import Api, Stage
from webapp.attendance import jobs, queries
from webapp.attendance.models import Correction, IdempotencyKey, Punch
from webapp.attendance.settings import CLOSED_THROUGH
from webapp.core import clock, settings
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry

At = Callable[[str], datetime]


def count(table: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def listed(api: Api, on: str = "2026-11-24") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/me/punches?date={on}").json["punches"]
    return found


def close(stage: Stage, month: str) -> None:
    with transaction():
        settings.put(CLOSED_THROUGH, month, by=None, now=clock.now())


# --- once -----------------------------------------------------------------------------------


def test_without_a_key_nothing_is_taken(stage: Stage) -> None:
    assert stage.api("121").post("/me/punches", {"kind": "start"}).status_code == 400
    assert count(Punch) == 0


def test_the_same_key_and_body_is_the_first_answer_again(stage: Stage, at: At) -> None:
    api = stage.api("121")
    first = api.punch("start", "k", place="home", client_at="2026-11-24T10:19:00+09:00")
    at("14:00")
    # equal JSON, in another order
    again = api.post(
        "/me/punches",
        {"client_at": "2026-11-24T10:19:00+09:00", "place": "home", "kind": "start"},
        headers={"Idempotency-Key": "k"},
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json == listed(api)[0]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def test_the_same_key_with_another_body_is_refused(stage: Stage) -> None:
    api = stage.api("121")
    api.punch("start", "k", place="home")
    assert api.punch("end", "k").status_code == 422
    assert count(Punch) == 1


def test_keys_are_ones_own_and_live_for_a_week(stage: Stage, at: At) -> None:
    stage.api("121").punch("start", "k")
    assert stage.api("122").punch("end", "k").status_code == 201
    at("2026-12-01 10:19")
    jobs.daily(clock.now())
    assert count(IdempotencyKey) == 2
    at("2026-12-01 10:21")
    assert "Idempotency-Replayed" not in stage.api("121").punch("end", "k").headers
    jobs.daily(clock.now())
    assert count(IdempotencyKey) == 1


@pytest.mark.parametrize(
    ("seconds", "body", "replayed"),
    [
        ("10:20:03", {"place": "home"}, True),
        ("10:20:04", {"place": "home"}, False),
        ("10:20:01", {"place": "office"}, False),
        ("10:20:01", {"place": "home", "site": "四ツ谷"}, False),
    ],
)
def test_a_double_tap_is_one(
    stage: Stage, seconds: str, body: dict[str, str], replayed: bool
) -> None:
    api = stage.api("121")
    first = api.punch("start", "a", place="home").json
    clock.freeze(datetime.fromisoformat(f"2026-11-24T{seconds}+09:00"))
    second = api.punch("start", "b", **body)
    assert second.status_code == 201
    assert (second.json == first) is replayed
    assert (second.headers.get("Idempotency-Replayed") == "true") is replayed
    assert api.punch("start", "b", **body).json == second.json


def test_a_queue_that_arrives_late_finds_its_twin_in_its_own_past(stage: Stage) -> None:
    api = stage.api("121")
    api.punch("end", "e", client_at="2026-11-24T10:00:00+09:00")
    api.punch("start", "a", place="home", client_at="2026-11-24T08:30:00+09:00")
    twin = api.punch("start", "b", place="home", client_at="2026-11-24T08:30:02+09:00")
    assert twin.headers["Idempotency-Replayed"] == "true"
    assert [(p["kind"], p["flag"]) for p in listed(api)] == [("start", None), ("end", None)]


def parallel(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    answers: list[Any] = [None] * len(calls)
    ready = threading.Barrier(len(calls))

    def run(n: int) -> None:
        ready.wait()
        answers[n] = calls[n]()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_twins_at_the_same_moment_get_one_answer(stage: Stage) -> None:
    apis = [stage.api("121") for _ in range(6)]
    same_key = [partial(api.punch, "start", "k", place="home") for api in apis]
    answers = parallel(same_key)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert count(Punch) == 1
    other_keys = [lambda a=api, n=n: a.punch("break_out", f"o{n}") for n, api in enumerate(apis)]
    assert len({answer.json["id"] for answer in parallel(other_keys)}) == 1
    assert count(Punch) == 2


def test_two_colleagues_who_report_for_each_other_do_not_wait_for_ever(stage: Stage) -> None:
    one, other = stage.api("121"), stage.api("122")

    def calls(n: int) -> list[Callable[[], Any]]:
        headers = {"Idempotency-Key": f"p{n}"}
        body = {"kind": "place", "place": "trip" if n % 2 else "office"}
        return [
            lambda: one.post("/staff/122/punches", body, headers=headers),
            lambda: other.post("/staff/121/punches", body, headers=headers),
        ]

    for n in range(4):
        clock.freeze(datetime.fromisoformat(f"2026-11-24T10:{30 + n}:00+09:00"))
        assert {a.status_code for a in parallel(calls(n))} == {201}
    assert count(Punch) == 8


# --- orders ---------------------------------------------------------------------------------


def test_an_odd_order_is_kept_flagged_and_mended_by_what_was_missing(stage: Stage) -> None:
    api = stage.api("121")
    assert api.punch("end", "e").json["flag"] == "no_start"
    api.punch("start", "s", place="home", client_at="2026-11-24T08:30:00+09:00")
    assert [(p["kind"], p["flag"]) for p in listed(api)] == [("start", None), ("end", None)]
    assert api.punch("end", "e").json["flag"] == "no_start"  # the first answer stays the answer


def test_a_change_of_place_needs_a_place_and_may_come_in_the_same_minute(stage: Stage) -> None:
    api = stage.api("121")
    refused = api.punch("place", "p")
    assert (refused.status_code, list(refused.json["error"]["fields"])) == (422, ["place"])
    assert api.punch("place", "q", place="leave").status_code == 422
    assert count(Punch) == 0
    for n, place in enumerate(("home", "office", "home")):
        assert api.punch("place", f"r{n}", place=place).status_code == 201
    assert [p["place"] for p in listed(api)] == ["home", "office", "home"]


def test_a_night_belongs_to_its_start(stage: Stage, at: At) -> None:
    api = stage.api("121")
    at("20:00")
    api.punch("start", "s", place="office")
    at("2026-11-25 01:00")
    api.punch("place", "p", place="trip")
    stage.settle()
    assert stage.row("121")["state"] == "available"
    at("2026-11-25 05:00")
    assert api.punch("end", "e").json["business_on"] == "2026-11-24"
    assert [p["kind"] for p in listed(api)] == ["start", "place", "end"]
    assert listed(api, "2026-11-25") == []
    at("2026-11-25 08:30")
    assert api.punch("start", "n", place="office").json["business_on"] == "2026-11-25"
    assert stage.row("121")["state"] == "available"


def test_a_forgotten_end_does_not_swallow_the_next_morning(stage: Stage, at: At) -> None:
    """Begun yesterday at 9:00, never ended: today's 始業 is a new day, and the board shows it."""
    api = stage.api("121")
    for day in ("24", "25"):
        stage.telework("121", clock.to_tokyo(clock.now()).date().replace(day=int(day)))
    at("09:00")
    api.punch("start", "s", place="home")
    at("2026-11-25 08:25")
    stage.settle()
    report = api.get("/me").json["today"]["report"]
    assert (report["next"], report["missing_end"]["date"]) == ("start", "2026-11-24")
    assert report["missing_end"]["proposed_at"] == "2026-11-24T17:15:00+09:00"
    assert api.punch("start", "t", place="home").json["business_on"] == "2026-11-25"
    row = stage.row("121")
    assert (row["state"], row["planned"], row["since"]) == (
        "available",
        False,
        "2026-11-25T08:25:00+09:00",
    )


# --- late -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client_at", "counts_at", "pending"),
    [
        ("2026-11-24T10:22:00+09:00", "2026-11-24T10:22:00+09:00", False),
        ("2026-11-24T10:23:00+09:00", "2026-11-24T10:20:00+09:00", False),
        ("2026-11-21T10:20:00+09:00", "2026-11-21T10:20:00+09:00", False),
        ("2026-11-21T10:19:00+09:00", "2026-11-21T10:19:00+09:00", True),
        ("2026-11-24T01:20:00+00:00", "2026-11-24T10:20:00+09:00", False),
    ],
)
def test_the_device_time_counts_within_reason(
    stage: Stage, client_at: str, counts_at: str, pending: bool
) -> None:
    answer = stage.api("121").punch("start", "s", place="home", client_at=client_at)
    assert answer.status_code == 201
    assert answer.json["at"] == counts_at
    assert answer.json["received_at"] == "2026-11-24T10:20:00+09:00"
    assert (answer.json.get("correction") == "pending") is pending
    assert (count(Punch), count(Correction)) == ((0, 1) if pending else (1, 0))


def test_a_late_report_sent_twice_is_one_correction(stage: Stage) -> None:
    api = stage.api("121")
    late = {"place": "home", "client_at": "2026-11-10T08:30:00+09:00"}
    first, again, twin = (api.punch("start", key, **late) for key in ("a", "a", "b"))
    assert first.json == again.json
    assert twin.json["correction_id"] == first.json["correction_id"]
    assert count(Correction) == 1


def test_a_closed_month_changes_by_corrections_only(stage: Stage, at: At) -> None:
    close(stage, "2026-11")
    at("2026-12-01 00:30")
    api = stage.api("121")
    # 0:30 in Tokyo is still November in UTC: the business day decides
    assert "correction" not in api.punch("start", "d", place="home").json
    november = api.punch("end", "n", client_at="2026-11-30T17:15:00+09:00")
    assert november.json["correction"] == "pending"


def test_the_end_of_a_night_that_began_in_a_closed_month(stage: Stage, at: At) -> None:
    at("2026-11-30 20:00")
    api = stage.api("121")
    api.punch("start", "s", place="office")
    close(stage, "2026-11")
    at("2026-12-01 05:00")
    assert api.punch("end", "e").json["correction"] == "pending"


# --- taking back ----------------------------------------------------------------------------


def test_a_mistaken_end_is_taken_back_until_the_day_changes(stage: Stage, at: At) -> None:
    api, stranger = stage.api("121"), stage.api("122")
    api.punch("start", "s", place="home")
    at("17:00")
    ended = api.punch("end", "e").json["id"]
    assert stranger.call("DELETE", f"/me/punches/{ended}").status_code == 404
    assert len(listed(api)) == 2
    at("23:59")
    assert api.call("DELETE", f"/me/punches/{ended}").status_code == 200
    assert [p["kind"] for p in listed(api)] == ["start"]
    assert api.call("DELETE", f"/me/punches/{ended}").status_code == 200  # again: nothing new
    assert count(Punch) == 2  # it stays, marked


def test_after_the_day_has_changed_it_is_a_correction(stage: Stage, at: At) -> None:
    api = stage.api("121")
    api.punch("start", "s", place="home")
    at("17:15")
    ended = api.punch("end", "e").json["id"]
    at("2026-11-25 00:00")
    assert api.call("DELETE", f"/me/punches/{ended}").status_code == 409
    assert len(listed(api)) == 2


def test_a_card_read_is_not_taken_back(stage: Stage) -> None:
    row = {"職員番号": "121", "日時": "2026-11-24T08:21", "種別": "始業"}
    stage.api("900", "punch:write").post("/punches", [row])
    [read] = listed(stage.api("121"))
    assert stage.api("121").call("DELETE", f"/me/punches/{read['id']}").status_code == 409


# --- on behalf ------------------------------------------------------------------------------


def test_on_behalf_only_from_the_own_unit_and_never_unseen(stage: Stage) -> None:
    form = {"kind": "start", "place": "home", "on": "2026-11-24", "time": "8:31", "channel": "mail"}
    assert post(stage.browser("220"), "/staff/121/punches", form).status_code == 403
    assert count(Punch) == 0
    done = post(stage.browser("122"), "/staff/121/punches", form)
    assert done.status_code == 302
    db.session.rollback()
    [punch] = queries.punches_on(stage.ids["121"], clock.to_tokyo(clock.now()).date())
    assert (punch.source, punch.channel, punch.made_by) == ("proxy", "mail", stage.ids["122"])
    [entry] = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "punch.proxy"))
    assert (entry.actor_id, entry.staff_id) == (stage.ids["122"], stage.ids["121"])
    page = stage.browser("121").get("/me/punches").text
    assert "河野 優 メールで受けた" in " ".join(page.split())


def test_a_faulty_form_comes_back_with_what_was_typed(stage: Stage) -> None:
    browser = stage.browser("122")
    form = {"kind": "start", "on": "2026-11-24", "time": "23:59", "note": "本人から"}
    refused = post(browser, "/staff/121/punches", form)
    assert refused.status_code == 422
    assert "いまより前の時刻にしてください" in refused.text
    assert 'value="本人から"' in refused.text
    assert 'value="23:59"' in refused.text
    assert count(Punch) == 0


# --- one's own month ------------------------------------------------------------------------


def test_the_history_shows_all_of_ones_own_and_nothing_else(stage: Stage) -> None:
    api = stage.api("121")
    api.punch("start", "s", place="satellite", site="四ツ谷", client_at="2026-11-24T08:28:00+09:00")
    ended = api.punch("end", "e").json["id"]
    browser = stage.browser("121")
    assert post(browser, f"/me/punches/{ended}/take-back").status_code == 302
    page = browser.get("/me/punches").text
    for shown in ("11月24日（火）", "8:28", "サテライト・四ツ谷", "取消", "正式な記録"):
        assert shown in page
    assert "この月の報告はありません" in stage.browser("122").get("/me/punches").text
    assert "この月の報告はありません" in browser.get("/me/punches?month=2026-10").text
    assert browser.get("/me/punches?month=nonsense").status_code == 200


def test_a_form_leads_back_to_ourselves_only(stage: Stage) -> None:
    ended = stage.api("121").punch("end", "e").json["id"]
    form = {"next": "//elsewhere.example/"}
    answer = post(stage.browser("121"), f"/me/punches/{ended}/take-back", form)
    assert answer.headers["Location"] == "/"
