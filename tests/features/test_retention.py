"""What is forgotten with time, and what stays."""

from datetime import timedelta

from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.coverage import retention
from webapp.coverage.models import HelpAsk, HelpCall, Shortage
from webapp.notices import service as notices
from webapp.notices.models import Notice


def test_who_was_asked_and_who_took_it_on_is_forgotten_after_30_days(stage: Stage) -> None:
    position, now = stage.position("窓口", unit="W12", need=1), clock.now()
    with transaction():
        for days in (31, 29):
            then = now - timedelta(days=days)
            call = HelpCall(position_id=position, unit_id=stage.units["W12"])
            call.asked_by, call.asked_at, call.closed_at = stage.ids["121"], then, then
            db.session.add(call)
            db.session.flush()
            db.session.add(HelpAsk(call_id=call.id, staff_id=stage.ids["122"]))
            short = Shortage(position_id=position, unit_id=stage.units["W12"], day=then.date())
            short.starts_at = short.ends_at = short.seen_at = short.over_at = then
            short.missing, short.level, short.taken_by = 1, "now", stage.ids["100"]
            db.session.add(short)
    with transaction():
        retention.forget(now=now)
    assert db.session.query(HelpCall).count() == 2
    assert db.session.query(HelpAsk).count() == 1
    assert db.session.query(Shortage).count() == 2
    assert db.session.query(Shortage).filter(Shortage.taken_by.is_not(None)).count() == 1


def test_notices_read_long_ago_go_unread_ones_stay(stage: Stage) -> None:
    now = clock.now()
    with transaction():
        for read in (now - timedelta(days=91), now - timedelta(days=89), None):
            row = Notice(staff_id=stage.ids["121"], unit_id=stage.units["W12"])
            row.kind, row.text, row.made_at = "fixed", "当番が決まりました", now
            row.read_at = read
            db.session.add(row)
    with transaction():
        notices.forget(now=now)
    assert db.session.query(Notice).count() == 2
