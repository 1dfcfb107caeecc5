"""A snapshot that is kept serves only while it is the truth: whatever moves it, here or in another process, is seen
by the very next request.

Each test asks twice first: the second answer came from what is kept, without Flask. Then something changes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask, request_started
from sqlalchemy import delete, select, update
from sqlalchemy.exc import OperationalError

from tests.stage import Api, Person, Stage, make_app
from webapp.accounts import queries
from webapp.accounts.models import ApiToken, SignInSession
from webapp.accounts.settings import OWN_UNIT
from webapp.api.door import Door
from webapp.core import clock, facts, settings
from webapp.core.db import db, read_cache, transaction
from webapp.core.prepared import Prepared
from webapp.coverage import queries as coverage_queries
from webapp.org.models import Posting
from webapp.plans import service as plans
from webapp.plans.service import Entry
from webapp.positions.models import PositionFeed

BOARD = "/api/v1/boards/W12"
CHIEF, LEAD, MEMBER, COLLEAGUE, OUTSIDER = "100", "120", "121", "122", "220"


@dataclass(frozen=True)
class Answer:
    status: int
    json: Any
    headers: Any
    by_flask: bool

    @property
    def etag(self) -> str:
        return str(self.headers["ETag"])

    def row(self, number: str) -> dict[str, Any]:
        return next(row for row in self.json["rows"] if row["staff"] == number)


Ask = Callable[..., Answer]


def asker(app: Flask, headers: dict[str, str] | None = None, client: Any = None) -> Ask:
    """Asks as this program or browser, and notices whether Flask was troubled."""
    client = client or app.test_client()

    def ask(path: str = BOARD, **more: str) -> Answer:
        with counted(app) as requests:
            answer = client.get(path, headers={**(headers or {}), **more})
        return Answer(answer.status_code, answer.json, answer.headers, bool(requests))

    return ask


@contextmanager
def counted(app: Flask) -> Iterator[list[Any]]:
    requests: list[Any] = []

    def note(*_: Any, **__: Any) -> None:
        requests.append(1)

    with request_started.connected_to(note, app):
        yield requests


def bearer(stage: Stage, number: str, scopes: str = "self") -> dict[str, str]:
    return {"Authorization": f"Bearer {stage.token(number, scopes)}"}


def warm(ask: Ask, path: str = BOARD) -> Answer:
    """Asked until it is known; the answer that came without Flask."""
    assert ask(path).by_flask
    found = ask(path)
    assert not found.by_flask
    return found


@pytest.fixture(params=["token", "browser"])
def ask(request: pytest.FixtureRequest, stage: Stage) -> Ask:
    """桜井 of W12, as a program and as a browser."""
    if request.param == "token":
        return asker(stage.app, bearer(stage, MEMBER))
    return asker(stage.app, client=stage.browser(MEMBER))


@pytest.fixture
def elsewhere(stage: Stage) -> Iterator[Flask]:
    """Another process of the same installation."""
    other = make_app(stage.app.config["SQLALCHEMY_DATABASE_URI"])
    yield other
    with other.app_context():
        db.session.remove()
        db.engine.dispose()


@contextmanager
def written_in(app: Flask) -> Iterator[None]:
    with app.app_context(), transaction():
        yield


# --- what is kept is what Flask would say ----------------------------------------------------


def test_the_second_answer_is_the_first_without_flask(ask: Ask, at) -> None:
    first = ask()
    at("10:21")
    second = ask()
    assert (first.by_flask, second.by_flask) == (True, False)
    assert first.json.pop("as_of") == "2026-11-24T10:20:00+09:00"
    assert second.json.pop("as_of") == "2026-11-24T10:21:00+09:00"
    assert first.json == second.json
    assert sorted(first.headers) == sorted(second.headers)


def test_unchanged_is_304_also_weakly(ask: Ask) -> None:
    etag = warm(ask).etag
    for named in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = ask(**{"If-None-Match": named})
        assert (answer.status, answer.by_flask, answer.json) == (304, False, None), named
        assert answer.etag == etag
        assert answer.headers["Cache-Control"] == "private, no-cache"
    assert ask(**{"If-None-Match": '"other"'}).status == 200


def test_the_tag_is_of_the_content_whoever_answers(stage: Stage, elsewhere: Flask, at) -> None:
    here = asker(stage.app, bearer(stage, MEMBER))()
    at("10:24")  # another process looked later
    there = asker(elsewhere, bearer(stage, MEMBER))()
    assert here.etag == there.etag


def test_counts_of_a_large_unit_are_kept_too(ask: Ask) -> None:
    first = warm(ask, "/api/v1/boards/W00?view=counts")
    assert first.json["children"]["W10"]["people"] == 11
    assert "rows" in ask("/api/v1/boards/W00").json


@pytest.mark.parametrize("path", ["/api/v1/boards/W99", "/api/v1/boards/", "/api/v1/boards/W12/x"])
def test_what_is_not_there_is_not_there_twice(ask: Ask, path: str) -> None:
    assert [ask(path).status for _ in range(2)] == [404, 404]


def test_other_ways_of_asking_go_to_flask(stage: Stage, ask: Ask) -> None:
    warm(ask)
    assert ask(f"{BOARD}?view=rows").by_flask
    client = stage.app.test_client()
    assert client.head(BOARD, headers=bearer(stage, MEMBER)).status_code == 200
    assert client.post(BOARD, headers=bearer(stage, MEMBER)).status_code == 405
    nul = {"Content-Type": "application/json"} | bearer(stage, MEMBER)
    assert client.get(BOARD, headers=nul, data=b'"\\u0000"').status_code == 400


# --- who sees what ---------------------------------------------------------------------------


def test_each_sees_their_own_form_in_turns(stage: Stage) -> None:
    own, foreign = (asker(stage.app, bearer(stage, who)) for who in (MEMBER, OUTSIDER))
    warm(own)
    foreign()
    for _ in range(2):
        assert "place" in own().json["rows"][0]
        assert "place" not in foreign().json["rows"][0]
    assert own().etag != foreign().etag
    assert not foreign().by_flask


def test_who_is_missing_is_told_to_who_leads_alone(stage: Stage) -> None:
    stage.position("窓口", unit="W12", need=9)
    chief, member = (asker(stage.app, bearer(stage, who)) for who in (CHIEF, MEMBER))
    warm(member)
    chief()
    assert member().json["leads"] == []
    assert chief().json["leads"] == ["W12"]
    assert not chief().by_flask


def test_a_colleague_asks_for_the_first_time(stage: Stage) -> None:
    """All of a section after a restart: what the first was told serves the others, by their own permission."""
    warm(asker(stage.app, bearer(stage, MEMBER)))
    assert not asker(stage.app, bearer(stage, COLLEAGUE))().by_flask
    refused = asker(stage.app, bearer(stage, COLLEAGUE, "punch:write"))()
    assert (refused.status, refused.by_flask) == (403, True)


@pytest.mark.parametrize("secret", ["zsk_wrong", "", "Bearer"])
def test_strangers_are_refused(stage: Stage, ask: Ask, secret: str) -> None:
    warm(ask)
    stranger = asker(stage.app, {"Authorization": f"Bearer {secret}"})()
    assert (stranger.status, stranger.by_flask) == (401, True)


def test_a_forged_cookie_is_nobody(stage: Stage, ask: Ask) -> None:
    warm(ask)
    client = stage.browser(MEMBER)
    cookie = client.get_cookie("zaiseki")
    assert cookie is not None
    client.set_cookie("zaiseki", cookie.value[:-2] + "xx")
    assert asker(stage.app, client=client)().status == 401


def test_a_cookie_among_much_else_is_let_in_and_not_remembered(stage: Stage) -> None:
    """What a browser sends beside ours is its own affair, and of its own making."""
    client = stage.browser(MEMBER)
    ask = asker(stage.app, client=client)
    warm(ask)
    client.set_cookie("other", "x" * 3_000)
    inner: Any = stage.app.wsgi_app
    while not isinstance(inner, Door):
        inner = getattr(inner, "_plain", None) or inner.wsgi_app
    before = set(inner._presented._passed)
    answer = ask()
    assert (answer.status, answer.by_flask) == (200, False)
    assert before
    assert set(inner._presented._passed) == before


# --- the way in ends -------------------------------------------------------------------------


def test_a_token_revoked_elsewhere(stage: Stage, elsewhere: Flask) -> None:
    ask = asker(stage.app, bearer(stage, MEMBER))
    warm(ask)
    with written_in(elsewhere):
        db.session.execute(update(ApiToken).values(revoked_at=clock.now()))
    assert ask().status == 401


def test_a_token_expires_by_the_clock(stage: Stage, at) -> None:
    headers = bearer(stage, MEMBER)
    with transaction():
        ends_at = clock.now() + timedelta(minutes=2)
        db.session.execute(update(ApiToken).values(expires_at=ends_at))
    ask = asker(stage.app, headers)
    warm(ask)
    at("10:21")
    assert not ask().by_flask
    at("10:22")
    assert ask().status == 401


def test_scopes_taken_from_a_token(stage: Stage, elsewhere: Flask) -> None:
    ask = asker(stage.app, bearer(stage, MEMBER))
    warm(ask)
    with written_in(elsewhere):
        db.session.execute(update(ApiToken).values(scopes="punch:write"))
    assert ask().status == 403


def test_a_browser_signed_out_elsewhere(stage: Stage, elsewhere: Flask) -> None:
    ask = asker(stage.app, client=stage.browser(MEMBER))
    warm(ask)
    with written_in(elsewhere):
        db.session.execute(delete(SignInSession))
    assert ask().status == 401


def test_a_sign_in_ends_by_the_clock(stage: Stage, at) -> None:
    ask = asker(stage.app, client=stage.browser(MEMBER))
    with transaction():
        ends_at = clock.now() + timedelta(minutes=1)
        db.session.execute(update(SignInSession).values(expires_at=ends_at))
    warm(ask)
    at("10:21")
    assert ask().status == 401


def test_a_password_to_be_chosen_comes_first(stage: Stage, elsewhere: Flask) -> None:
    ask = asker(stage.app, client=stage.browser(MEMBER))
    warm(ask)
    with written_in(elsewhere):
        db.session.execute(update(SignInSession).values(must_change=True))
    assert ask().status == 401


def leave(stage: Stage, number: str, last: date) -> None:
    db.session.execute(
        update(Posting).where(Posting.staff_id == stage.ids[number]).values(ends_on=last)
    )
    facts.restamp("org")


def test_who_has_left_is_let_in_no_more(stage: Stage, ask: Ask, elsewhere: Flask) -> None:
    warm(ask)
    with written_in(elsewhere):
        leave(stage, MEMBER, date(2026, 11, 23))
    assert ask().status == 401


def test_the_last_day_ends_at_midnight(stage: Stage, ask: Ask, at) -> None:
    with transaction():
        leave(stage, MEMBER, date(2026, 11, 24))
    warm(ask)
    at("23:59")
    assert ask().status == 200
    at("2026-11-25 00:00")
    assert ask().status == 401


# --- what may be seen changes ----------------------------------------------------------------


def test_a_role_given_elsewhere(stage: Stage, ask: Ask, elsewhere: Flask) -> None:
    assert warm(ask).json["leads"] == []
    with written_in(elsewhere):
        mine = Posting.staff_id == stage.ids[MEMBER]
        db.session.execute(update(Posting).where(mine).values(roles="lead"))
        facts.restamp("org")
    assert ask().json["leads"] == ["W12"]


def test_a_setting_changed_elsewhere(stage: Stage, elsewhere: Flask) -> None:
    ask = asker(stage.app, bearer(stage, "131"))  # of W13, the other 係 of the 課
    assert warm(ask).json["forms"] == {"W12": "directory"}
    with written_in(elsewhere):
        settings.put(OWN_UNIT, "section", by=None, now=clock.now())
    assert ask().json["forms"] == {"W12": "full"}


# --- what is seen changes --------------------------------------------------------------------


def test_a_change_by_another_process(stage: Stage, ask: Ask, elsewhere: Flask) -> None:
    before = warm(ask)
    busy = Api(elsewhere, stage.token(COLLEAGUE)).post("/me/status", {"state": "busy"})
    assert busy.status_code == 200
    after = ask(**{"If-None-Match": before.etag})
    assert after.status == 200
    assert after.row(COLLEAGUE)["version"] == before.row(COLLEAGUE)["version"] + 1
    assert after.row(COLLEAGUE)["state"] == "busy"
    assert not ask().by_flask


def test_a_restore_is_another_epoch(ask: Ask, elsewhere: Flask) -> None:
    before = warm(ask)
    with written_in(elsewhere):
        facts.put("epoch", "restored")
    after = ask(**{"If-None-Match": before.etag})
    assert (after.status, after.json["epoch"]) == (200, "restored")


def test_somebody_new_in_the_unit(stage: Stage, ask: Ask, elsewhere: Flask) -> None:
    people = len(warm(ask).json["rows"])
    with written_in(elsewhere):
        stage.hire(Person("199", "新人 一", "しんじん はじめ", "W12"))
        facts.restamp("org")
    assert len(ask().json["rows"]) == people + 1


def test_midnight_is_another_board(stage: Stage, ask: Ask, at) -> None:
    """Without a tick of the pump: no version, no stamp; only the day is over."""
    stage.position("窓口", unit="W12", need=1)
    assert lamp(warm(ask))["slots"][0]["from"] == "2026-11-24T08:30:00+09:00"
    at("23:58")
    ask()
    at("23:59")
    assert not ask().by_flask
    at("2026-11-25 00:00")
    assert lamp(ask())["slots"][0]["from"] == "2026-11-25T08:30:00+09:00"


def test_a_clock_set_back_does_not_serve_what_was_made_later(ask: Ask, at) -> None:
    warm(ask)
    at("9:20")
    assert ask().by_flask


# --- coverage --------------------------------------------------------------------------------


def lamp(answer: Answer) -> dict[str, Any]:
    (entry,) = answer.json["coverage"]
    return dict(entry)


def test_coverage_moves_by_the_clock_alone(stage: Stage, ask: Ask, at) -> None:
    """Without a tick of the pump: no version, no stamp; only the counter opens."""
    stage.position("窓口", unit="W12", need=1, hours=(630, 990))
    assert lamp(warm(ask))["now"] is None
    at("10:29")
    assert lamp(ask())["now"] is None
    at("10:30")
    assert lamp(ask())["now"]["need"] == 1


def test_coverage_by_people_who_are_not_on_the_board(
    stage: Stage, ask: Ask, elsewhere: Flask
) -> None:
    position = stage.position("窓口", unit="W12", need=4)
    with transaction():
        db.session.add(PositionFeed(position_id=position, unit_id=stage.units["W22"]))
        facts.restamp("positions")
    before = warm(ask)
    assert lamp(before)["now"]["present"] == 4
    assert OUTSIDER not in {row["staff"] for row in before.json["rows"]}
    with written_in(elsewhere):
        absent = [Entry(510, 1035, "leave")]
        plans.put_day(stage.ids[OUTSIDER], date(2026, 11, 24), absent, source="test")
    after = ask(**{"If-None-Match": before.etag})
    assert (after.status, lamp(after)["now"]["present"]) == (200, 3)


def test_taken_given_back_and_taken_again(stage: Stage, at) -> None:
    """The same person on the same shortage, but since another time: no version of anybody tells it."""
    position = stage.position("窓口", unit="W12", need=9)
    stage.settle()
    ask = asker(stage.app, bearer(stage, MEMBER))
    assert lamp(warm(ask))["short"]["taken"] is None
    lead = stage.api(LEAD, "self unit:write")
    at("10:21")
    assert lead.post(f"/coverage/{position}/take").status_code == 200
    assert lamp(ask())["short"]["taken"]["at"] == "2026-11-24T10:21:00+09:00"
    assert lead.call("DELETE", f"/coverage/{position}/take").status_code == 200
    at("10:22")  # nobody has looked in between
    assert lead.post(f"/coverage/{position}/take").status_code == 200
    assert lamp(ask())["short"]["taken"]["at"] == "2026-11-24T10:22:00+09:00"
    assert lead.call("DELETE", f"/coverage/{position}/take").status_code == 200
    assert lamp(ask())["short"]["taken"] is None


def test_while_coverage_is_behind_it_is_shown_as_the_rooms_know_it(stage: Stage, at) -> None:
    """And people as they are: after a restart everybody comes back among reports, and coverage is most of the work."""
    position = stage.position("窓口", unit="W12", need=9)
    stage.settle()
    ask, pump = asker(stage.app, bearer(stage, MEMBER)), stage.app.extensions["pump"]
    pump._pausing["coverage"] = clock.monotonic() + 600  # it has had its share of the loop
    at("10:21")
    assert stage.api(LEAD, "self unit:write").post(f"/coverage/{position}/take").status_code == 200
    assert stage.api(MEMBER).punch("start", "k1", place="office").status_code == 201
    behind = ask()
    assert (lamp(behind)["short"]["taken"], behind.row(MEMBER)["place"]) == (None, "office")
    again = ask()
    assert (again.etag, again.by_flask) == (behind.etag, False)
    stage.settle()
    told = ask()
    assert told.by_flask
    assert lamp(told)["short"]["taken"]["at"] == "2026-11-24T10:21:00+09:00"


def test_in_a_rush_coverage_that_nobody_was_told_yet_is_counted_once(
    stage: Stage, at, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restart the rooms know nothing, and every report of a section would make the next one count again."""
    stage.position("窓口", unit="W12", need=9)
    stage.settle()
    live = stage.app.extensions["snapshots"].room.told.__self__
    monkeypatch.setattr(live, "_sent", {})
    pump = stage.app.extensions["pump"]
    pump._pausing["coverage"] = clock.monotonic() + 600
    monkeypatch.setattr(pump, "is_pressed", lambda: True)
    ask = asker(stage.app, bearer(stage, MEMBER))
    first = warm(ask)
    counted: list[Any] = []
    count = coverage_queries.covers

    def covers(unit_ids: Any, **more: Any) -> Any:
        counted.extend(unit_ids)
        return count(unit_ids, **more)

    monkeypatch.setattr(coverage_queries, "covers", covers)
    at("10:21")
    assert stage.api(MEMBER).punch("start", "k1", place="office").status_code == 201
    counted.clear()
    second = ask()
    assert second.row(MEMBER)["place"] == "office"
    assert (lamp(second), counted) == (lamp(first), [])
    stage.settle()
    assert lamp(ask())["slots"] != lamp(first)["slots"]  # one less is there by plan alone


# --- trouble ---------------------------------------------------------------------------------


def test_a_database_gone_is_said_by_flask(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    warm(ask)

    def gone(*_: Any, **__: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("could not connect"))

    monkeypatch.setattr(Prepared, "row", gone)
    answer = ask()
    assert (answer.status, answer.json["error"]["code"]) == (503, "unavailable")
    monkeypatch.undo()
    assert ask().status == 200


def test_a_reading_that_is_open_keeps_its_own_stamps(stage: Stage, elsewhere: Flask) -> None:
    """Else what it reads of the older state would be kept under the newer stamp, for everybody who comes later."""
    secret = stage.token(MEMBER)
    db.session.rollback()
    read_cache().clear()
    before = facts.stamp("org")
    with written_in(elsewhere):
        facts.restamp("org")
    assert queries.actor_for_token(secret, now=clock.now()) is not None
    assert facts.stamp("org") == before
    db.session.rollback()
    assert queries.actor_for_token(secret, now=clock.now()) is not None
    assert facts.stamp("org") != before


# --- 最終利用 --------------------------------------------------------------------------------


def test_use_is_noted_though_flask_sees_little_of_it(stage: Stage, at) -> None:
    ask = asker(stage.app, client=stage.browser(MEMBER))
    warm(ask)
    at("10:40")
    stage.app.extensions["last_use"]._written_at = None
    assert ask().status == 200
    db.session.rollback()
    assert db.session.scalar(select(SignInSession.seen_at)) == clock.now()


def test_the_door_stands_inside_of_the_application(stage: Stage) -> None:
    """What this file shows is true of the server only if the server has the door."""
    inner: Any = stage.app.wsgi_app
    seen = []
    while inner is not None and not isinstance(inner, Door):
        seen.append(inner)
        inner = getattr(inner, "_plain", None) or getattr(inner, "wsgi_app", None)
    assert isinstance(inner, Door), seen
