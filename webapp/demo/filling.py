"""Filling a database with the demonstration city, and keeping its Tuesday going."""

from datetime import date, datetime, timedelta

from flask import Flask
from sqlalchemy import select

from webapp.core import clock, facts
from webapp.core.calendar import BusinessCalendar
from webapp.core.db import db, transaction
from webapp.core.refusals import Conflict
from webapp.demo import (
    approval_play,
    confirm_play,
    emergency_play,
    message_play,
    notice_play,
    organisation,
    plan_play,
    play,
    request_play,
    seat_play,
    task_play,
    tuesday,
)
from webapp.demo.tuesday import Scene
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.realtime import outbox

OFFSET, DAY = "demo_clock_offset_s", "demo_day"


def fill(app: Flask) -> None:
    """Make the city in an empty, migrated database; the clock then runs from Tuesday 10:20.

    Raises Conflict if somebody is there already: real people are never mixed with invented ones.
    """
    with app.app_context():
        if db.session.scalar(select(Staff.id).limit(1)) is not None:
            raise Conflict("このデータベースには職員がいます。空のデータベースで実行してください。")
        scene = tuesday.first_scene(_machine_now(), BusinessCalendar())
        clock.shift(scene.offset)
    with app.app_context():
        _keep(scene)
        organisation.build(now=scene.opens_at)
        with transaction():
            task_play.build(now=scene.opens_at)
            seat_play.build(now=scene.opens_at)
            emergency_play.build(now=scene.opens_at)
    _play(app, scene.day)


def prepare(app: Flask) -> None:
    """At each start of a demonstration: its clock again, and when its day is over, the next Tuesday."""
    with app.app_context():
        if not facts.is_demonstration():
            return
        kept = _kept()
        scene = tuesday.scene_at_start(kept, _machine_now(), org.business_calendar())
        clock.shift(scene.offset)
        if scene == kept:
            return
        _keep(scene)
    if scene.day != kept.day:
        _play(app, scene.day)


def follow_clock() -> None:
    """Only the demonstration's clock, for commands beside the server; inside an application context."""
    if facts.is_demonstration():
        clock.shift(_kept().offset)


def _play(app: Flask, day: date) -> None:
    """The morning of a day, in one transaction; every row is then shown as of 10:20."""
    with app.app_context(), transaction():
        play.morning_of(day)
        plan_play.coming(day)
        request_play.own_requests(day)
        approval_play.wishes(day)
        confirm_play.requests_of(day)
        seat_play.bookings_of(day)
        message_play.calls_of(day)
        notice_play.news_of(day)
        now = tuesday.opens_at(day)
        outbox.touch("staff", org.posted_staff_ids(org.today(now), known_at=now))


def _machine_now() -> datetime:
    return clock.now() - clock.offset()


def _keep(scene: Scene) -> None:
    with transaction():
        facts.put("demonstration", "1")
        facts.put(OFFSET, repr(scene.offset.total_seconds()))
        facts.put(DAY, scene.day.isoformat())


def _kept() -> Scene:
    return Scene(
        date.fromisoformat(facts.get(DAY) or ""),
        timedelta(seconds=float(facts.get(OFFSET) or 0)),
    )
