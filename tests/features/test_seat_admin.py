"""Administration of sites, seats and things to lend; the items file."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.features.seats_at import WEDNESDAY, book, borrow, item, site
from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db
from webapp.notices.models import Notice
from webapp.org import importing
from webapp.org.import_order import Order
from webapp.seats.models import LoanBooking, LoanItem, Seat, SeatBooking, Site


def send(stage: Stage, who: str, path: str, /, **fields: object):
    client = stage.browser(who)
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/seats").text)
    assert found
    answer = client.post(path, data={"csrf_token": found[1], **fields})
    db.session.rollback()
    db.session.expire_all()
    return answer


@pytest.mark.parametrize(
    ("number", "page", "sites", "own_item", "other_item"),
    [
        ("122", 403, 403, 403, 403),  # 職員
        ("130", 200, 403, 404, 404),  # 係長 of another 係
        ("120", 200, 403, 200, 404),  # 係長 of the 係
        ("100", 200, 403, 200, 404),  # 所属長 above
        ("200", 200, 403, 404, 200),  # 所属長 of another 課
        ("800", 200, 200, 200, 200),  # 人事担当
        ("900", 200, 200, 200, 200),  # 管理者
    ],
)
def test_who_administers_what(
    stage: Stage, number: str, page: int, sites: int, own_item: int, other_item: int
) -> None:
    site_id, _ = site("駅前", "A-1")
    mine, other = item("K-1", unit_id=stage.units["W12"]), item("K-2", unit_id=stage.units["W21"])
    client = stage.browser(number)
    assert client.get("/seats/admin").status_code == page
    for path in ("sites/new", f"sites/{site_id}"):
        assert client.get(f"/seats/admin/{path}").status_code == sites
    assert client.get(f"/seats/admin/items/{mine}").status_code == own_item
    assert client.get(f"/seats/admin/items/{other}").status_code == other_item


def test_a_site_with_its_seats(stage: Stage) -> None:
    path = "/seats/admin/sites/new"
    assert send(stage, "122", path, name="駅前").status_code == 403
    answer = send(stage, "900", path, name="駅前", opens="8:30", closes="8:00")
    assert answer.status_code == 422
    assert "開く時刻より後に" in answer.text
    assert 'value="駅前"' in answer.text
    assert send(stage, "900", path, name="駅前", near="西").status_code == 422
    assert send(stage, "900", path, name="駅前", opens="8:30", personal_data="1").status_code == 303
    row = db.session.scalars(select(Site)).one()
    assert (row.name, row.open_minute, row.personal_data) == ("駅前", 510, True)
    assert send(stage, "900", path, name="駅前").status_code == 422
    seats = f"/seats/admin/sites/{row.id}/seats"
    assert send(stage, "900", seats, names="A-1\nA-2、A-3").status_code == 303
    assert send(stage, "900", seats, names="A-4\nA-3").status_code == 422
    assert [seat.name for seat in db.session.scalars(select(Seat))] == ["A-1", "A-2", "A-3"]
    one = db.session.scalars(select(Seat)).first()
    assert one
    path = f"/seats/admin/seats/{one.id}"
    assert send(stage, "900", path, name="A-2").status_code == 422
    assert send(stage, "900", path, name="窓側", computer="1", telephone="7201").status_code == 303
    row_ = db.session.get_one(Seat, one.id)
    assert (row_.name, row_.computer, row_.telephone) == ("窓側", True, "7201")


def test_a_closed_site_gives_up_its_bookings_and_tells(stage: Stage) -> None:
    site_id, (a,) = site("駅前", "A-1")
    book(stage, "121", a)
    path = f"/seats/admin/sites/{site_id}"
    assert send(stage, "900", path, name="駅前", closed_on="2026-11-26").status_code == 303
    assert db.session.scalars(select(SeatBooking)).one().state == "booked"
    send(stage, "900", path, name="駅前", closed_on=WEDNESDAY.isoformat())
    assert db.session.scalars(select(SeatBooking)).one().state == "released"
    (told,) = db.session.scalars(select(Notice))
    assert "席が使えなくなりました" in told.text


def test_an_item_of_ones_own_unit(stage: Stage) -> None:
    path = "/seats/admin/items/new"
    wanted = {"number": "K-1", "kind": "公用携帯", "name": "係の携帯", "quantity": "1"}
    assert send(stage, "120", path, **wanted).status_code == 422  # of the whole town hall
    assert send(stage, "120", path, **wanted, unit="W21").status_code == 422
    answer = send(stage, "120", path, **wanted, unit="W12", telephone="090-1")
    assert "着信区分を選んで" in answer.text
    assert send(stage, "120", path, **wanted, unit="W12").status_code == 303
    assert send(stage, "120", path, **wanted, unit="W12").status_code == 422  # the same number
    row = db.session.scalars(select(LoanItem)).one()
    wanted |= {"unit": "W12", "telephone": "090-1", "reach": "transfer"}
    borrow(stage, "122", row.id)
    assert send(stage, "120", f"/seats/admin/items/{row.id}", **wanted).status_code == 303
    stage.telework("122", WEDNESDAY)
    wanted["closed_on"] = WEDNESDAY.isoformat()
    assert send(stage, "120", f"/seats/admin/items/{row.id}", **wanted).status_code == 303
    assert db.session.scalars(select(LoanBooking)).one().state == "released"
    assert "貸出をやめました" in db.session.scalars(select(Notice)).one().text


# --- the file -------------------------------------------------------------------------------

FILE = """物品番号,種別,名称,電話番号,着信区分,所管所属コード,数量
KT-001,公用携帯,公用携帯 1,090-1234-5678,転送可,W11,1
NET-1,回線,リモート接続,,,,340
"""


def check(text: str):
    return importing.check(Order("items", "items.csv", text.encode()), now=clock.now())


def test_the_items_file_is_taken_in_and_the_same_again_changes_nothing(stage: Stage) -> None:
    checked = check(FILE)
    assert (checked.faults, len(checked.changes)) == ([], 2)
    importing.take_in(
        Order("items", "items.csv", FILE.encode("cp932")), actor=None, now=clock.now()
    )
    rows = {row.number: row for row in db.session.scalars(select(LoanItem))}
    phone = rows["KT-001"]
    assert (phone.telephone, phone.reach, phone.unit_id) == (
        "090-1234-5678",
        "transfer",
        stage.units["W11"],
    )
    assert (rows["NET-1"].quantity, rows["NET-1"].unit_id) == (340, None)
    assert not check(FILE).changes_something
    changed = check("物品番号,種別,数量\nNET-1,回線,300\n")
    assert changed.changes[0].fields == (("数量", "340", "300"),)
    assert "ファイルにない 1 件は今のまま" in " ".join(changed.notes)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (",公用携帯,x,,,,1", "物品番号"),
        ("K 1,公用携帯,x,,,,-1", "0〜100000"),
        ("K1,,x,,,,1", "種別"),
        ("K1,公用携帯,x,090,圏外,,1", "転送可・発信のみ・不可"),
        ("K1,公用携帯,x,090,,,1", "両方を入れるか両方を空に"),
        ("K1,公用携帯,x,,,W99,1", "W99"),
        ("K1,公用携帯,x,,,,一", "整数"),
    ],
)
def test_a_fault_says_where_and_what_would_be_right(stage: Stage, row: str, words: str) -> None:
    header = FILE.splitlines()[0]
    checked = check(f"{header}\nOK-1,回線,x,,,,1\n{row}\n")
    assert [fault.line for fault in checked.faults] == [3] * len(checked.faults)
    assert any(words in str(fault) for fault in checked.faults), checked.faults
    importing.take_in(
        Order("items", "i.csv", f"{header}\nOK-1,回線,x,,,,1\n{row}\n".encode()),
        actor=None,
        now=clock.now(),
    )
    assert db.session.scalars(select(LoanItem)).all() == []


def test_a_number_twice_is_a_fault(stage: Stage) -> None:
    header = FILE.splitlines()[0]
    (fault,) = check(f"{header}\nK1,回線,x,,,,1\nK1,回線,y,,,,1\n").faults
    assert "2行目と同じ" in str(fault)


def test_the_kind_is_offered_at_the_administration_and_as_a_command(stage: Stage) -> None:
    assert "貸出物品・回線" in stage.browser("900").get("/admin/import?kind=items").text
    program = (
        Path(sys.executable).parent / "zaiseki"
    )  # within this process it would bind the commands anew
    shown = subprocess.run([program, "import", "--help"], capture_output=True, check=True)
    assert "items" in shown.stdout.decode()
