"""Corrections: asked by oneself, decided by someone else, nothing overwritten."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests.doors import csrf, post
from tests.stage import Stage
from webapp.attendance import corrections, owndata, queries
from webapp.attendance.corrections import Asked
from webapp.attendance.models import Correction, DayConfirmation, Punch
from webapp.attendance.rules import CorrectionReason
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry
from webapp.core.refusals import Conflict, NotFound
from webapp.presence.facts import PunchKind

At = Callable[[str], datetime]
TUESDAY = date(2026, 11, 24)


def all_of(table: Any) -> list[Any]:
    db.session.rollback()
    return list(db.session.scalars(select(table).order_by(table.id)))


def standing(stage: Stage, number: str = "121") -> list[tuple[str, str, str | None]]:
    db.session.rollback()
    found = queries.punches_on(stage.ids[number], TUESDAY)
    return [(p.kind, f"{clock.to_tokyo(p.at):%H:%M}", p.flag) for p in found]


def worked(stage: Stage, at: At) -> tuple[int, int]:
    """桜井 started at 8:30 and tapped 終業 at 18:40, an hour late. (id of 始業, id of 終業)."""
    api = stage.api("121")
    started = api.punch("start", "s", place="home", client_at="2026-11-24T08:30:00+09:00").json[
        "id"
    ]
    at("18:40")
    return started, api.punch("end", "e").json["id"]


def asked(punch_id: int | None = None, time: str = "17:15", **more: str) -> dict[str, Any]:
    form = {"on": "2026-11-24", "kind": "end", "time": time, "reason": "forgot"}
    return form | ({"punch": str(punch_id)} if punch_id else {}) | more


def ask(stage: Stage, form: dict[str, Any], number: str = "121") -> Any:
    return post(stage.browser(number), "/me/corrections", form)


def decide(stage: Stage, number: str, correction: int, decision: str, **more: str) -> Any:
    path = f"/reports/day/W12/corrections/{correction}"
    return post(stage.browser(number), path, {"decision": decision} | more)


# --- asking ---------------------------------------------------------------------------------


def test_only_ones_own_report_is_corrected(stage: Stage, at: At) -> None:
    _, ended = worked(stage, at)
    assert ask(stage, asked(ended), number="122").status_code == 404
    assert stage.browser("122").get(f"/me/corrections/new?punch={ended}").status_code == 404
    assert all_of(Correction) == []
    assert ask(stage, asked(ended)).status_code == 302
    [found] = all_of(Correction)
    assert (found.punch_id, found.decision, found.reason) == (ended, None, "forgot")
    assert standing(stage)[1][1] == "18:40"  # until someone decides


def test_the_second_tap_is_the_first_one(stage: Stage, at: At) -> None:
    _, ended = worked(stage, at)
    for _ in range(2):
        assert ask(stage, asked(ended)).status_code == 302
    assert len(all_of(Correction)) == 1
    assert ask(stage, asked(ended, "17:30")).status_code == 409


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"time": ""}, "time", "17:15 のように入れてください"),
        ({"time": "19:30"}, "time", "いまより前の時刻にしてください"),
        ({"time": "18:40"}, "time", "正しい時刻か場所に変えてください"),
        ({"reason": "late_sync"}, "reason", "のどれかにしてください"),
    ],
)
def test_faults_stand_at_the_field_and_nothing_is_lost(
    stage: Stage, at: At, changes: dict[str, str], field: str, message: str
) -> None:
    _, ended = worked(stage, at)
    refused = ask(stage, asked(ended, note="窓口が長引いた") | changes)
    assert refused.status_code == 422
    assert message in refused.text
    assert 'value="窓口が長引いた"' in refused.text
    assert all_of(Correction) == []


def test_a_missing_report_needs_a_day_in_the_past(stage: Stage, at: At) -> None:
    at("18:40")
    assert ask(stage, asked(on="2024-11-24")).status_code == 422
    assert ask(stage, asked(on="2026-11-25", time="8:30")).status_code == 422
    assert ask(stage, asked(kind="place")).status_code == 422
    assert all_of(Correction) == []
    assert ask(stage, asked(kind="start", time="8:30", place="home")).status_code == 302


def test_the_question_of_the_morning_is_one_tap(stage: Stage, at: At) -> None:
    api = stage.api("121")
    at("08:30")
    api.punch("start", "s", place="home")
    at("2026-11-25 08:20")
    missing = api.get("/me").json["today"]["report"]["missing_end"]
    assert missing == {"date": "2026-11-24", "proposed_at": "2026-11-24T17:15:00+09:00"}
    form = {"date": "2026-11-24", "time": "17:15"}
    for _ in range(2):
        assert post(stage.browser("121"), "/me/corrections/missing-end", form).status_code == 302
    [found] = all_of(Correction)
    assert (found.kind, found.business_on, found.asked_by) == ("end", TUESDAY, stage.ids["121"])
    assert api.get("/me").json["today"]["report"]["missing_end"] is None
    assert [kind for kind, _, _ in standing(stage)] == ["start"]  # never closed silently
    refused = decide(stage, "120", found.id, "refuse", note="18:00 ではありませんか")
    assert refused.status_code == 302
    assert api.get("/me").json["today"]["report"]["missing_end"] is not None  # asked again


def test_as_json_too(stage: Stage, at: At) -> None:
    _, ended = worked(stage, at)
    browser = stage.browser("121")
    body = {"date": "2026-11-24", "kind": "end", "punch": ended}
    token = {"X-CSRFToken": csrf(browser, "/me/punches")}
    assert browser.post("/me/corrections", json=body, headers=token).status_code == 422
    wanted = body | {"new_at": "2026-11-24T17:15:00+09:00", "reason": "other"}
    answer = browser.post("/me/corrections", json=wanted, headers=token)
    assert answer.status_code == 201
    assert (answer.json or {})["decision"] == "pending"
    assert "承認待ち" in browser.get("/me/punches").text


def test_withdrawing_ones_own(stage: Stage, at: At) -> None:
    _, ended = worked(stage, at)
    ask(stage, asked(ended))
    [found] = all_of(Correction)
    path = f"/me/corrections/{found.id}/withdraw"
    assert post(stage.browser("122"), path).status_code == 404
    assert post(stage.browser("121"), path).status_code == 302
    [found] = all_of(Correction)
    assert found.decision == "withdrawn"
    assert decide(stage, "120", found.id, "approve").status_code == 409
    assert standing(stage)[1][1] == "18:40"


# --- deciding -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("whose", "decider", "may"),
    [
        ("121", "120", True),  # 係長 of the 係
        ("121", "100", True),  # 所属長 of the 課 above
        ("121", "110", True),  # 代決者
        ("121", "121", False),  # never one's own
        ("121", "122", False),  # a colleague
        ("121", "130", False),  # 係長 of another 係
        ("121", "200", False),  # 所属長 of another 課
        ("121", "800", False),  # 人事担当
        ("121", "900", False),  # 管理者
        ("120", "120", False),  # 係長, one's own
        ("120", "100", True),
        ("100", "100", False),
        ("100", "110", True),  # 代決者 for the 所属長
        ("100", "120", False),  # 係長 below
    ],
)
def test_who_may_decide(stage: Stage, at: At, whose: str, decider: str, may: bool) -> None:
    at("18:40")
    ask(stage, asked(kind="start", time="8:30", place="home"), number=whose)
    [found] = all_of(Correction)
    path = f"/reports/day/W11/corrections/{found.id}"
    unit = "W11" if decider in ("100", "110") else "W12"
    path = path.replace("W11", unit)
    answer = post(stage.browser(decider), path, {"decision": "approve"})
    assert (answer.status_code == 302) is may
    [found] = all_of(Correction)
    assert (found.decision == "approved") is may
    assert bool(standing(stage, whose)) is may
    if not may:
        assert answer.status_code in (403, 404)


def test_approving_keeps_old_and_new(stage: Stage, at: At) -> None:
    _, ended = worked(stage, at)
    stage.settle()
    ask(stage, asked(ended, reason="other", note="窓口"))
    [found] = all_of(Correction)
    with stage.frames() as sent:
        assert decide(stage, "120", found.id, "approve").status_code == 302
    assert {room for _, _, room in sent} == {"W12:full", "W12:directory"}
    assert standing(stage) == [("start", "08:30", None), ("end", "17:15", None)]
    old = next(p for p in all_of(Punch) if p.id == ended)
    assert (old.voided_by, f"{clock.to_tokyo(old.at):%H:%M}") == (stage.ids["120"], "18:40")
    [found] = all_of(Correction)
    assert (found.decided_by, found.decision) == (stage.ids["120"], "approved")
    new = next(p for p in all_of(Punch) if p.id == found.applied_punch_id)
    assert (new.source, new.place, new.made_by) == ("correction", None, stage.ids["121"])
    entries = [e for e in all_of(AuditEntry) if e.action == "correction.approved"]
    assert [e.detail["new"] for e in entries] == ["2026-11-24T17:15:00+09:00"]
    assert "窓口" not in str(entries[0].detail)  # no texts in the trail
    page = stage.browser("121").get("/me/punches").text
    for shown in ("18:40", "17:15", "その他", "窓口", "承認", "瀨戸 恵子", "修正前"):
        assert shown in page
    assert decide(stage, "120", found.id, "approve").status_code == 302  # the second tap
    assert decide(stage, "100", found.id, "refuse", note="いいえ").status_code == 409
    assert len(all_of(Punch)) == 3


def test_striking_and_adding(stage: Stage, at: At) -> None:
    started, _ = worked(stage, at)
    ask(stage, asked(started, strike="1"))
    [found] = all_of(Correction)
    decide(stage, "120", found.id, "approve")
    assert standing(stage) == [("end", "18:40", "no_start")]
    ask(stage, asked(kind="start", time="9:00", place="office"))
    decide(stage, "120", all_of(Correction)[-1].id, "approve")
    assert standing(stage) == [("start", "09:00", None), ("end", "18:40", None)]


def test_refusing_needs_a_word(stage: Stage, at: At) -> None:
    _, ended = worked(stage, at)
    ask(stage, asked(ended))
    [found] = all_of(Correction)
    refused = decide(stage, "120", found.id, "refuse")
    assert refused.status_code == 422
    assert "不承認の理由をひとこと書いてください" in refused.text
    assert all_of(Correction)[0].decision is None
    assert decide(stage, "120", found.id, "refuse", note="記録のとおり").status_code == 302
    assert "記録のとおり" in stage.browser("121").get("/me/punches").text
    assert standing(stage)[1][1] == "18:40"


def test_a_night_ends_the_next_morning(stage: Stage, at: At) -> None:
    at("20:00")
    stage.api("121").punch("start", "s", place="office")
    at("2026-11-25 13:00")
    assert ask(stage, asked(time="5:00", next_day="1")).status_code == 302
    [found] = all_of(Correction)
    decide(stage, "120", found.id, "approve")
    assert [(kind, time) for kind, time, _ in standing(stage)] == [
        ("start", "20:00"),
        ("end", "05:00"),
    ]


def test_a_late_report_becomes_a_report_when_approved(stage: Stage) -> None:
    late = {"place": "home", "client_at": "2026-11-10T08:30:00+09:00"}
    stage.api("121").punch("start", "k", **late)
    [found] = all_of(Correction)
    assert "遅れて届いた報告" in stage.browser("120").get("/reports/day/W12").text
    decide(stage, "120", found.id, "approve")
    [punch] = all_of(Punch)
    assert (punch.business_on, punch.place) == (date(2026, 11, 10), "home")


def test_what_was_confirmed_is_no_longer_when_it_changes(stage: Stage, at: At) -> None:
    _, ended = worked(stage, at)
    post(stage.browser("120"), "/reports/day/W12/confirm", {"staff": "121", "date": "2026-11-24"})
    db.session.rollback()
    assert db.session.get(DayConfirmation, (stage.ids["121"], TUESDAY)) is not None
    ask(stage, asked(ended))
    decide(stage, "120", all_of(Correction)[0].id, "approve")
    db.session.rollback()
    assert db.session.get(DayConfirmation, (stage.ids["121"], TUESDAY)) is None


def test_a_report_taken_back_meanwhile(stage: Stage, at: At) -> None:
    _, ended = worked(stage, at)
    ask(stage, asked(ended))
    stage.api("121").call("DELETE", f"/me/punches/{ended}")
    assert ask(stage, asked(ended, "17:00")).status_code == 409
    decide(stage, "120", all_of(Correction)[0].id, "approve")
    assert standing(stage) == [("start", "08:30", None), ("end", "17:15", None)]


def test_unknown_corrections(stage: Stage) -> None:
    assert decide(stage, "120", 999, "approve").status_code == 404
    actor_id = stage.ids["121"]
    wanted = Asked(TUESDAY, PunchKind.END, CorrectionReason.OTHER, punch_id=5)
    with pytest.raises((NotFound, Conflict)), transaction():
        corrections.ask(actor_id, wanted, actor=None, now=clock.now())  # type: ignore[arg-type]


def test_everyone_can_see_all_that_is_stored_on_them(stage: Stage, at: At) -> None:
    _, ended = worked(stage, at)
    ask(stage, asked(ended))
    decide(stage, "120", all_of(Correction)[0].id, "approve")
    readers = (owndata.punches, owndata.asked, owndata.confirmations, owndata.keys)
    mine = [list(reader(stage.ids["121"])) for reader in readers]
    assert [len(entries) for entries in mine] == [3, 1, 0, 2]
    assert mine[1][0]["決めた人"] == "瀨戸 恵子"  # type: ignore[index]
    assert not any(reader(stage.ids["131"]) for reader in readers)


def test_a_second_end_is_a_correction_of_the_first(stage: Stage, at: At) -> None:
    _, _ended = worked(stage, at)
    browser = stage.browser("121")
    token = {"X-CSRFToken": csrf(browser, "/me/punches")}
    body = {"date": "2026-11-24", "kind": "end", "reason": "forgot"}
    for second in ("2026-11-24T16:30:00+09:00", "2026-11-24T17:40:00+09:00"):
        answer = browser.post("/me/corrections", json=body | {"new_at": second}, headers=token)
        assert answer.status_code == 422, second
        assert "報告されています" in (answer.json or {})["error"]["message"]
    assert all_of(Correction) == []
