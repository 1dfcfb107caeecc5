"""The city itself: settings, units, people, accounts; the organisation by the door any city uses."""

from datetime import date, datetime

from sqlalchemy import insert, select

from webapp.accounts.models import Account
from webapp.accounts.passwords import hashed_password
from webapp.core import calendar, clock, settings
from webapp.core.db import db, transaction
from webapp.demo import duty_play, files, people, units
from webapp.demo.script import SITES
from webapp.demo.signins import PASSWORD
from webapp.org import importing
from webapp.org.import_order import Order
from webapp.org.models import Staff
from webapp.org.rules import DEFAULT_RANK
from webapp.org.settings import MUNICIPALITY, RANK
from webapp.org.settings import SITES as SITE_NAMES
from webapp.standup.settings import HOST, REQUIRED


def build(*, now: datetime) -> None:
    """Each file is a transaction of its own, as for any import."""
    since = date(calendar.fiscal_year(clock.to_tokyo(now).date()), 4, 1)
    everybody = people.people()
    for kind, content in (
        ("units", files.units_csv(units.units(), since)),
        ("patterns", files.patterns_csv()),
        ("staff", files.staff_csv(everybody, since)),
        ("staff-hours", files.hours_csv(everybody, since)),
    ):
        _take_in(kind, content, now)
    password_hash = hashed_password(
        PASSWORD
    )  # slow on purpose: one for all, before the transaction
    with transaction():
        _settings(now)
        _accounts(password_hash, now)
        duty_play.build(everybody, now=now)


def _take_in(kind: str, content: bytes, now: datetime) -> None:
    order = Order(kind, f"{units.CITY}-{kind}.csv", content)
    checked = importing.take_in(order, actor=None, now=now)
    if checked.faults:
        raise RuntimeError(f"{kind}: {checked.faults[0]}")


def _settings(now: datetime) -> None:
    heads = ("市長", "副市長", "教育長")
    rank = [*heads, *DEFAULT_RANK]
    rank.insert(rank.index("課長"), "支所長")
    for setting, value, unit in (
        (MUNICIPALITY, units.CITY, ""),
        (RANK, rank, ""),
        (SITE_NAMES, list(SITES), ""),
        (REQUIRED, "telework", units.NURSERY),
        (HOST, True, units.NURSERY),
    ):
        settings.put(setting, value, unit_code=unit, by=None, now=now)


def _accounts(password_hash: str, now: datetime) -> None:
    """Everybody may be tried out."""
    ids = db.session.scalars(select(Staff.id))
    db.session.execute(
        insert(Account),
        [
            {
                "staff_id": staff_id,
                "password_hash": password_hash,
                "failures": 0,
                "password_changed_at": now,
                "is_admin": False,
                "display_name": "",
            }
            for staff_id in ids
        ],
    )
