"""The terminal itself: no sign-in, one bound device, names of one unit, today only."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from flask import Response, current_app, g, jsonify, render_template, request
from flask_babel import gettext as _

from webapp.core import clock
from webapp.core.db import DatabaseBusy, snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import NotAllowed, RuleBroken
from webapp.emergency.bar import bars_of
from webapp.kiosk import handing, passes, pins, queries, service, terminals
from webapp.kiosk.blueprint import (
    COOKIE,
    Stranger,
    Terminal,
    bp,
    keep_cookie,
    own_terminal,
    same_origin_only,
    terminal_at,
)
from webapp.kiosk.forms import ActBody, OpenBody
from webapp.kiosk.panel import panel_of
from webapp.kiosk.passes import Pass
from webapp.kiosk.service import Done
from webapp.org.queries import PersonPosting

SEEN_EVERY = timedelta(minutes=1)
GONE = "この係の名簿にありません。画面を開き直してください。"


@bp.before_request
def without_frame() -> None:
    """Whoever may be signed in at this browser is no part of the terminal's pages."""
    if request.endpoint in {"kiosk.screen", "kiosk.rows", "kiosk.open_panel", "kiosk.act"}:
        g.frameless = True


@bp.get("/kiosk/<token>")
def screen(token: str) -> Any:
    now = clock.now()
    try:
        terminal, secret = _this_device(token, now)
    except Stranger:
        return render_template("kiosk/refused.html"), 404
    with snapshot():
        people = queries.people_of(terminal.unit, now=now)
        shown = queries.screen(people, now=now)
    page = render_template(
        "kiosk/screen.html", kiosk=terminal.kiosk, unit=terminal.unit, token=token, **shown
    )
    response = current_app.make_response(page)
    keep_cookie(response, token, secret)
    return response


def _this_device(token: str, now: datetime) -> tuple[Terminal, str]:
    """The first device that opens the address is the terminal from then on."""
    found = terminal_at(token, now=now)
    if found is None or found.kiosk.device_hash is not None or not _is_opened():
        return own_terminal(token, now=now), request.cookies.get(COOKIE, "")
    with transaction():
        secret = terminals.bind(found.kiosk, now=now)
    if secret is None:
        raise Stranger
    return found, secret


def _is_opened() -> bool:
    """By a person: a browser that only looks ahead must not become the terminal."""
    ahead = request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    return request.method == "GET" and "prefetch" not in ahead


@bp.get("/kiosk/<token>/rows")
def rows(token: str) -> Any:
    """{"as_of", "rows", "duties"}; 304 with X-Server-Now while nothing is new; 404 once revoked."""
    now = clock.now()
    with snapshot():
        terminal = own_terminal(token, now=now)
        people = queries.people_of(terminal.unit, now=now)
        seen_at = terminal.kiosk.seen_at
        etag = queries.revision(terminal.kiosk, people, now=now)
        if request.if_none_match.contains(etag):
            response = Response(status=304)
        else:
            as_of = clock.to_tokyo(now).isoformat()
            response = jsonify({"as_of": as_of} | queries.screen(people, now=now))
    if seen_at is None or now - seen_at >= SEEN_EVERY:
        _note_seen(terminal, now)
    response.set_etag(etag)
    response.headers["X-Server-Now"] = clock.to_tokyo(now).isoformat()
    return response


def _note_seen(terminal: Terminal, now: datetime) -> None:
    with suppress(DatabaseBusy), transaction():
        terminals.note_seen(terminal.kiosk.id, now=now)


# --- one person -----------------------------------------------------------------------------


@bp.post("/kiosk/<token>/open")
def open_panel(token: str) -> Any:
    """The panel of who was tapped, after the 暗証番号 where the terminal asks for it."""
    now = clock.now()
    terminal = _tapped(token, now)
    body = valid_or_422(OpenBody)
    person = _person(terminal, body.staff, now)
    if terminal.kiosk.asks_pin:
        _let_in(person, body.pin, now)
    with snapshot():
        people = queries.people_of(terminal.unit, now=now)
        panel = panel_of(person, people, now=now)
    if panel is None:
        raise NotAllowed(GONE)
    undo = {"punch": panel.take_back} if panel.take_back else None
    return render_template(
        "kiosk/panel.html",
        panel=panel,
        asked=[bar for bar in bars_of(service.actor_of(person, now=now)) if bar.asks],
        person=person,
        names={each.staff_id: each.name for each in people},
        ticket=passes.issue(terminal.kiosk, person.staff_id, now=now),
        take_back=undo and passes.issue(terminal.kiosk, person.staff_id, now=now, undo=undo),
        kiosk=terminal.kiosk,
        token=token,
        now=now,
    )


def _tapped(token: str, now: datetime) -> Terminal:
    same_origin_only()
    terminal = own_terminal(token, now=now)
    terminals.limit_taps(terminal.kiosk.id, at=clock.monotonic())
    return terminal


def _person(terminal: Terminal, number: str, now: datetime) -> PersonPosting:
    person = queries.person_in(terminal.unit, number, now=now)
    if person is None:
        raise NotAllowed(GONE)
    return person


def _let_in(person: PersonPosting, pin: str, now: datetime) -> None:
    checked = pins.check(person.staff_id, pin, now=now)
    with transaction():
        refusal = pins.count(checked, now=now)
    if refusal is not None:
        raise refusal


@bp.post("/kiosk/<token>/acts")
def act(token: str) -> Any:
    now = clock.now()
    terminal = _tapped(token, now)
    body = valid_or_422(ActBody)
    ticket = passes.read(terminal.kiosk, body.ticket, now=now)
    with snapshot():
        people = queries.people_of(terminal.unit, now=now)
    person = next((p for p in people if p.staff_id == ticket.staff_id), None)
    if person is None:
        raise NotAllowed(GONE)
    if body.do in ("give", "take"):
        done = _hand_over(terminal, body, person, people, now)
    else:
        done = _perform(ticket, body, person, now)
    undo = done.undo and passes.issue(terminal.kiosk, person.staff_id, now=now, undo=done.undo)
    return render_template(
        "kiosk/done.html", person=person, done=done, undo=undo, token=token, now=now
    )


def _perform(ticket: Pass, body: ActBody, person: PersonPosting, now: datetime) -> Done:
    if (body.do == "undo") != (ticket.undo is not None):
        raise NotAllowed(passes.OVER)
    with transaction():
        actor = service.actor_of(person, now=now)
        return service.perform(ticket, body, actor=actor, now=now)


def _hand_over(
    terminal: Terminal,
    body: ActBody,
    person: PersonPosting,
    people: list[PersonPosting],
    now: datetime,
) -> Done:
    """give: who takes over says so here, by own 暗証番号 where it is asked. take: the tapped person does."""
    line = _duty_line(body.duty, people, now)
    if body.do == "take":
        giver, taker = _among(people, line.staff_id), person
    else:
        giver, taker = person, _person(terminal, body.to or "", now)
        if terminal.kiosk.asks_pin:
            _let_in(taker, body.pin, now)
    with transaction():
        actor = service.actor_of(person, now=now)
        handing.hand_over_today(
            line.id, from_id=giver.staff_id, to_id=taker.staff_id, actor=actor, now=now
        )
    words = {"giver": giver.name, "taker": taker.name, "what": line.what}
    return Done(_("%(what)s を %(giver)sさんから %(taker)sさんに代わりました", **words))


def _duty_line(duty_id: int | None, people: list[PersonPosting], now: datetime) -> queries.DutyLine:
    ids = [person.staff_id for person in people]
    found = next((d for d in queries.duties_left(ids, now=now) if d.id == duty_id), None)
    if found is None:
        raise RuleBroken("この当番は、もうほかの人に代わったか、終わっています。")
    return found


def _among(people: list[PersonPosting], staff_id: int) -> PersonPosting:
    return next(person for person in people if person.staff_id == staff_id)
