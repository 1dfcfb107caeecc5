"""The rota on paper in Chromium: one A4 page across, also at 60 people and 8 positions; the pages beside it in axe."""

import re
from datetime import date, timedelta

import pytest

from tests.browser.conftest import City, Window
from webapp.core import clock, facts
from webapp.core.db import db, transaction
from webapp.duties import service as duties
from webapp.duties.models import Duty
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.org.rules import Role, UnitNode
from webapp.positions.models import DemandBand, Position
from webapp.rota.models import SwapOffer
from webapp.rota.weeks import week_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
BLOCKS = ((510, 630), (630, 720), (720, 780), (780, 900), (900, 1035))


def largest_section() -> UnitNode:
    """A 課 of 60 people or so."""
    tree, heads = org.current_tree(), org.headcounts(org.today(), known_at=clock.now())
    sections = [node for node in tree.nodes if node.kind == "課"]
    return max(sections, key=lambda n: sum(heads.get(u.id, 0) for u in tree.subtree(n.id)))


def full_week(unit: UnitNode, monday: date, wanted: int = 8) -> int:
    """Eight positions, two people at each all day, all of it fixed; returns how many people."""
    tree = org.current_tree()
    ids = [node.id for node in tree.subtree(unit.id)]
    people = [p.staff_id for p in org.postings_in(ids, org.today(), known_at=clock.now())]
    people = list(dict.fromkeys(people))[:60]
    with transaction():
        for old in db.session.query(Position).filter_by(unit_id=unit.id):
            old.ended_on = monday - timedelta(days=7)
        rows = [_position(unit.id, number) for number in range(wanted)]
        db.session.add_all(rows)
        db.session.flush()
        turn = 0
        for day in (monday + timedelta(days=n) for n in range(5)):
            duties.fix(unit.id, day, now=clock.now())
            for start, end in BLOCKS:
                for row in rows:
                    for _ in range(2):
                        person = people[turn % len(people)]
                        duties.put_on(
                            row.id, person, day, start, end, source="rota", now=clock.now()
                        )
                        turn += 1
        facts.restamp("positions")
    return len(people)


def _position(unit_id: int, number: int) -> Position:
    row = Position(
        unit_id=unit_id,
        name=f"窓口{number + 1} 住民異動・証明",
        kind="counter",
        staffed="duty",
        sort_order=number,
    )
    row.bands = [DemandBand(weekdays=31, start_minute=510, end_minute=1035, need=2, ideal=2)]
    return row


def test_a_full_week_is_one_page_across(city: City) -> None:
    unit = largest_section()
    monday = org.today() - timedelta(days=org.today().weekday())
    assert full_week(unit, monday) >= 30
    chief = next(
        p.number
        for node in org.current_tree().subtree(unit.id)
        for p in org.postings_in([node.id], org.today(), known_at=clock.now())
    )
    window = city.open_window(chief)
    window.go(f"/rota/{unit.code}/print?w={week_of(monday)}")
    assert window.page.locator(".duty-line").count() >= 5 * len(BLOCKS) * 8
    sheet = on_paper(window)
    assert sheet == (1, True)
    window.go(f"/rota/{unit.code}/print?w={week_of(monday)}&by=person")
    assert window.page.locator("tbody tr").count() >= 30
    assert on_paper(window)[1]
    assert window.faults == []


def on_paper(window: Window) -> tuple[int, bool]:
    """Pages, and whether they lie across with nothing cut off."""
    window.page.emulate_media(media="print")
    window.page.set_viewport_size(
        {"width": 1062, "height": 733}
    )  # what A4 leaves inside its margins
    cut = window.page.evaluate(
        "Math.max(...[...document.querySelectorAll('.paper-table td, .paper-table th')]"
        ".map(e => e.scrollWidth - e.clientWidth))"
    )
    content = window.page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 (\d+)\S* (\d+)", content)
    window.page.emulate_media(media="screen")
    across = all(int(width) > int(height) for width, height in boxes)
    return len(boxes), across and cut <= 1


def on_duty_ahead() -> tuple[Duty, str, str]:
    """A fixed duty still to come, its unit's code and the number of who has it."""
    query = db.session.query(Duty).filter(Duty.day > org.today()).order_by(Duty.id)
    duty = query.first() or db.session.query(Duty).order_by(Duty.start_minute.desc()).first()
    assert duty is not None
    unit = db.session.get_one(Position, duty.position_id).unit_id
    node = org.current_tree().by_id(unit)
    assert node is not None
    return duty, node.code, db.session.get_one(Staff, duty.staff_id).number


@pytest.mark.looks
def test_the_pages_beside_the_week_are_accessible_and_fit_a_phone(city: City) -> None:
    duty, code, number = on_duty_ahead()
    lead = city.open_window(leader_of(code))
    for path in ("swaps", "fairness", "fairness?days=90", f"swaps/new?duty={duty.id}", "print"):
        lead.go(f"/rota/{code}/{path}")
        assert lead.page.locator("h1").inner_text() != "この操作はできません"
        assert lead.axe() == [], path
    phone = city.open_window(number, 320, 700)
    for path in ("swaps", "fairness", f"swaps/new?duty={duty.id}", "print"):
        phone.go(f"/rota/{code}/{path}")
        assert phone.axe() == [], path
        assert phone.overflow() <= 0, path
    assert lead.faults == phone.faults == []


def leader_of(code: str) -> str:
    unit = org.current_tree().by_code(code)
    assert unit is not None
    posted = org.postings_in([unit.id], org.today(), known_at=clock.now())
    return next(p.number for p in posted if Role.CHIEF in p.roles)


def test_a_duty_asked_for_and_taken_on_two_phones(city: City) -> None:
    duty, code, number = on_duty_ahead()
    giver = city.open_window(number, 390, 844, has_touch=True, is_mobile=True)
    giver.go(f"/rota/{code}/swaps/new?duty={duty.id}")
    giver.page.get_by_role("button", name="頼む", exact=True).click()
    giver.page.get_by_text("引き受ける人を待っています").wait_for()
    db.session.rollback()
    offer = db.session.query(SwapOffer).order_by(SwapOffer.staff_id).first()
    assert offer is not None
    taker_number = db.session.get_one(Staff, offer.staff_id).number
    taker = city.open_window(taker_number, 390, 844, has_touch=True, is_mobile=True)
    taker.go(f"/rota/{code}/swaps")
    taker.page.get_by_role("button", name=re.compile("^引き受ける")).click()
    taker.page.get_by_text(re.compile("引き受けました")).first.wait_for()
    taker.page.get_by_role("button", name="アドレスを作る").click()
    assert "zsc_" in taker.page.get_by_label("アドレス", exact=True).input_value()
    assert taker.axe() == []
    assert giver.faults == taker.faults == []
