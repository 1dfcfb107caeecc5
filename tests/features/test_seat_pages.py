"""The pages /seats and /loans: who sees whom, booking in place, what is offered instead, taking back."""

import re

import pytest

from tests.features.seats_at import TUESDAY, WEDNESDAY, book, borrow, item, site
from tests.stage import Stage
from webapp.core.db import db, transaction
from webapp.org import sites
from webapp.seats.models import LoanItem, SeatBooking, Site, UsualSeat


def form(stage: Stage, number: str, path: str, **fields: object):
    client = stage.browser(number)
    page = client.get("/seats").text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return client.post(path, data={"csrf_token": found[1], **fields}, follow_redirects=False)


def when(**more: object) -> dict[str, object]:
    return {"day": WEDNESDAY.isoformat(), "start": "8:30", "end": "17:15"} | more


def test_strangers_are_sent_to_sign_in(stage: Stage) -> None:
    client = stage.app.test_client()
    for path in ("/seats", "/loans"):
        assert client.get(path).status_code in (302, 303)
    assert client.post("/seats/book", data={}).status_code in (400, 401, 302, 303)


def test_an_empty_town_is_told_what_comes_next(stage: Stage) -> None:
    assert "管理者か人事担当が拠点と席を登録すると" in stage.browser("121").get("/seats").text
    assert "拠点と席を登録する" in stage.browser("900").get("/seats").text
    assert "借りられるものがまだ" in stage.browser("121").get("/loans").text


def test_who_may_not_know_reads_in_use(stage: Stage) -> None:
    _, (a, _b) = site("駅前", "A-1", "A-2", personal_data=True)
    book(stage, "121", a)
    path = f"/seats?day={WEDNESDAY}"
    own, colleague, other = (
        stage.browser(number).get(path).text for number in ("121", "122", "220")
    )
    assert "予約済" in own
    assert "桜井 剛" in colleague
    assert "桜井" not in other
    assert "使用中" in other
    assert "個人情報を扱える" in other


def test_booking_cancelling_and_taking_back(stage: Stage) -> None:
    _, (a,) = site("駅前", "A-1")
    answer = form(stage, "121", "/seats/book", seat=a, **when())
    assert answer.status_code == 303
    assert "day=2026-11-25" in answer.location
    row = db.session.query(SeatBooking).one()
    assert (row.staff_id, row.start_minute, row.end_minute) == (stage.ids["121"], 510, 1035)
    assert form(stage, "220", f"/seats/bookings/{row.id}/cancel", **when()).status_code == 404
    answer = form(stage, "121", f"/seats/bookings/{row.id}/cancel", **when())
    assert f"undo={row.id}" in answer.location
    assert "元に戻す" in stage.browser("121").get(answer.location).text
    answer = form(stage, "121", f"/seats/bookings/{row.id}/restore", **when())
    assert answer.status_code == 303
    db.session.rollback()
    assert db.session.query(SeatBooking).one().state == "booked"


def test_a_seat_taken_meanwhile_offers_the_nearest_on_the_spot(stage: Stage) -> None:
    _, (a, b) = site("駅前", "A-1", "A-2")
    book(stage, "220", a)
    answer = form(stage, "121", "/seats/book", seat=a, **when())
    assert answer.status_code == 409
    assert "ほかの人が先に予約しました" in answer.text
    offered = answer.text.split('id="part-said"')[1].split('id="part-mine"')[0]
    assert f'name="seat" value="{b}"' in offered
    assert 'name="day" value="2026-11-25"' in offered


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"end": "25:99"}, "時刻ではありません"),
        ({"end": "8:00"}, "終わりは始まりより後"),
        ({"day": "あした"}, "日付"),
        ({"day": "2026-11-28"}, "土曜日"),
        ({"seat": "x"}, "整数"),
    ],
)
def test_bad_input_says_what_would_be_right(
    stage: Stage, fields: dict[str, object], words: str
) -> None:
    _, (a,) = site("駅前", "A-1")
    answer = form(stage, "121", "/seats/book", **when(seat=a) | fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert db.session.query(SeatBooking).count() == 0


def test_the_usual_seat_in_one_tap(stage: Stage) -> None:
    _, (a, b) = site("駅前", "A-1", "A-2")
    form(stage, "121", "/seats/usual", seat=b, **when())
    assert db.session.query(UsualSeat).one().seat_id == b
    page = stage.browser("121").get(f"/seats?day={WEDNESDAY}").text
    assert "いつもの席を予約" in page
    book(stage, "220", b)
    page = stage.browser("121").get(f"/seats?day={WEDNESDAY}").text
    mine = page.split('id="part-mine"')[1].split('id="part-sites"')[0]
    assert "この時間はほかの人が使います" in mine
    assert f'name="seat" value="{a}"' in mine
    form(stage, "121", "/seats/usual", **when())
    db.session.rollback()
    assert db.session.query(UsualSeat).count() == 0


def test_booking_for_a_colleague(stage: Stage) -> None:
    _, (a,) = site("駅前", "A-1")
    assert form(stage, "220", "/seats/book", seat=a, **when(staff="121")).status_code == 403
    assert form(stage, "120", "/seats/book", seat=a, **when(staff="121")).status_code == 303
    assert db.session.query(SeatBooking).one().staff_id == stage.ids["121"]
    page = stage.browser("120").get(f"/seats?day={WEDNESDAY}&staff=121").text
    assert "桜井 剛 さんの代わり" in page


def test_a_plan_elsewhere_is_hinted_at(stage: Stage) -> None:
    _, (a,) = site("駅前", "A-1")
    book(stage, "121", a)
    assert "予定は" not in stage.browser("121").get("/seats").text
    stage.telework("121", WEDNESDAY)
    assert "予定は在宅です" in stage.browser("121").get("/seats").text


def test_loans_on_the_page(stage: Stage) -> None:
    phone = item("K-1", name="公用携帯 1", telephone="090-1", reach="transfer")
    pool = item("L", kind="回線", name="リモート接続", quantity=3)
    assert form(stage, "121", "/loans/book", item=phone, **when()).status_code == 303
    answer = form(stage, "122", "/loans/book", item=phone, **when())
    assert answer.status_code == 409
    assert "もう空いていません" in answer.text
    borrow(stage, "122", pool)
    page = stage.browser("220").get(f"/loans?day={WEDNESDAY}").text
    assert "<b>2</b> / 3" in page
    assert "きょう渡すもの" not in page


def test_handing_over_on_the_page(stage: Stage, at) -> None:
    phone = item("K-1", name="公用携帯 1", unit_id=stage.units["W11"])
    row = borrow(stage, "121", phone, TUESDAY, (620, 720))
    assert form(stage, "121", f"/loans/bookings/{row.id}/hand-over", **when()).status_code == 403
    assert "きょう渡すもの" in stage.browser("100").get("/loans").text
    assert form(stage, "100", f"/loans/bookings/{row.id}/hand-over", **when()).status_code == 303
    at("2026-11-24 13:00")
    page = stage.browser("100").get("/loans").text
    assert "返却を待つもの" in page
    assert "返す時間を過ぎています" in page
    assert "返す時間を過ぎています" in stage.browser("121").get("/loans").text
    assert form(stage, "100", f"/loans/bookings/{row.id}/take-back", **when()).status_code == 303
    assert form(stage, "100", f"/loans/bookings/{row.id}/take-back", **when()).status_code == 409


def test_sites_of_the_table_can_be_reported_from(stage: Stage) -> None:
    site("駅前", "A-1")
    assert sites.site_names() == ["駅前"]
    page = stage.browser("121").get("/me/punches")
    assert page.status_code == 200
    with transaction():
        db.session.query(Site).one().closed_on = TUESDAY
    assert sites.site_names() == []


def test_a_changed_item_is_seen(stage: Stage) -> None:
    key = item("K-1")
    with transaction():
        db.session.get_one(LoanItem, key).closed_on = TUESDAY
    assert "借りられるものがまだ" in stage.browser("121").get("/loans").text
