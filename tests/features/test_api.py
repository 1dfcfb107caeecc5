"""/api/v1 as the contract says: oneself, search, the person card, errors, scopes, rates, caching."""

import json
import re
from typing import Any

import pytest

from tests.stage import Stage
from webapp.plans.service import Entry


def test_every_call_refuses_strangers(stage: Stage, client: Any) -> None:
    for rule in stage.app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1"):
            continue
        path = re.sub(r"<int:\w+>", "1", rule.rule).replace("<", "").replace(">", "")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = client.open(path, method=method)
            if path == "/api/v1/duties.ics":  # its address is the key: a wrong one is nobody's
                assert answer.status_code == 404
                continue
            assert answer.status_code in (400, 401), (method, path)
            assert answer.json["error"]["code"] in ("unauthorized", "csrf")


def test_every_page_sends_strangers_to_the_sign_in(stage: Stage, client: Any) -> None:
    open_pages = {"/healthz", "/readyz", "/metrics", "/signin", "/sw.js", "/static/<path:filename>"}
    for rule in stage.app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.rule.startswith("/api/"):
            continue
        if rule.rule in open_pages:
            continue
        path = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule)  # the first of several words
        for argument in rule.arguments:
            path = path.replace(f"<{argument}>", "1").replace(f"<int:{argument}>", "1")
        answer = client.get(path)
        if path.startswith("/kiosk/"):  # a terminal's address: a stranger's looks like a wrong one
            assert answer.status_code == 404, path
            continue
        assert answer.status_code in (302, 401), path
        if answer.status_code == 302:
            assert answer.headers["Location"].startswith("/signin"), path


def test_me(stage: Stage) -> None:
    stage.telework("121")
    me = stage.api("121").get("/me").json
    assert (me["staff"], me["name"]) == ("121", "桜井 剛")
    assert me["postings"][0]["unit"] == "W12"
    assert me["postings"][0]["section_name"] == "保育課"
    report = me["today"]["report"]
    assert (report["required"], report["overdue"], report["next"]) == (True, True, "start")
    assert report["place"] == "home"
    assert me["today"]["hours"] == {"from": "08:30", "to": "17:15", "breaks": [["12:00", "13:00"]]}
    assert me["today"]["week"][0]["label"] == "祝日"
    assert me["row"]["state"] == me["state"] == "no_report"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "state"),
        ({"state": "sleeping"}, "state"),
        ({"state": "busy", "until": "15:00"}, "until"),
        ({"state": "busy", "until": "2026-11-24T15:00:00"}, "until"),
        ({"state": "busy", "until": "2026-11-24T10:00:00+09:00"}, "until"),
        ({"state": "busy", "until": "2026-12-24T10:00:00+09:00"}, "until"),
        ({"state": "busy", "note": "あ" * 201}, "note"),
        ({"state": "busy", "colour": "red"}, "colour"),
        ({"state": "off"}, "state"),
    ],
)
def test_status_says_which_field_and_what_would_be_right(
    stage: Stage, body: dict[str, Any], field: str
) -> None:
    before = stage.row("121")
    answer = stage.api("121").post("/me/status", body)
    assert answer.status_code == 422
    assert answer.json["error"]["fields"][field]
    assert stage.row("121") == before


def test_broken_json_is_400(stage: Stage) -> None:
    answer = stage.api("121").call("POST", "/me/status", data="{", content_type="application/json")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_request")


def test_the_note_alone_makes_a_version_and_the_same_again_none(stage: Stage) -> None:
    first = stage.api("121").post("/me/status", {"state": "busy"}).json
    second = stage.api("121").post("/me/status", {"state": "busy", "note": "3階"}).json
    third = stage.api("121").post("/me/status", {"state": "busy", "note": "3階"}).json
    assert second["version"] == first["version"] + 1
    assert third == second


def test_until_reverts_by_the_clock_with_a_new_version(stage: Stage, at: Any) -> None:
    said = stage.api("121").post(
        "/me/status", {"state": "busy", "until": "2026-11-24T10:30:00+09:00"}
    )
    assert said.json["until"] == "2026-11-24T10:30:00+09:00"
    stage.settle()
    at("10:30")
    stage.settle()
    row = stage.row("121")
    assert row["state"] == "available"
    assert row["version"] > said.json["version"]


def test_undo_within_ten_seconds(stage: Stage, at: Any) -> None:
    stage.api("121").post("/me/status", {"state": "busy", "note": "前"})
    stage.api("121").post("/me/status", {"state": "dnd"})
    row = stage.api("121").post("/me/status/undo").json
    assert (row["state"], row["note"]) == ("busy", "前")
    assert stage.api("121").post("/me/status/undo").status_code == 409
    stage.api("121").post("/me/status", {"state": "dnd"})
    at("10:21")
    late = stage.api("121").post("/me/status/undo")
    assert (late.status_code, late.json["error"]["code"]) == (409, "conflict")


def test_ten_a_person_in_ten_seconds(stage: Stage) -> None:
    api = stage.api("121")
    states = ["busy", "dnd"] * 6
    answers = [api.post("/me/status", {"state": state}) for state in states]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert stage.api("122").post("/me/status", {"state": "busy"}).status_code == 200


def test_a_punch_needs_its_key(stage: Stage) -> None:
    answer = stage.api("121").post("/me/punches", {"kind": "start"})
    assert answer.status_code == 400
    assert stage.api("121").get("/me/punches").json["punches"] == []


def test_the_same_key_is_the_same_answer(stage: Stage) -> None:
    first = stage.api("121").punch("start", "k", place="home")
    again = stage.api("121").punch("start", "k", place="home")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert stage.api("121").punch("end", "k").status_code == 422
    assert stage.api("121").get("/me/punches").json["punches"] == [first.json]


def test_start_without_a_place_is_at_the_planned_one(stage: Stage) -> None:
    stage.plan("121", Entry(510, 1035, "satellite", "四ツ谷"))
    punch = stage.api("121").punch("start", "k").json
    assert (punch["place"], punch["site"]) == ("satellite", "四ツ谷")


def test_scopes(stage: Stage) -> None:
    for path in ("/me", "/boards/W12", "/units", "/staff?q=桜井"):
        assert stage.api("121", "punch:write").get(path).status_code == 403, path
    assert stage.api("121", "self").post("/punches", []).status_code == 403


def test_search_by_name_kana_extension_and_number(stage: Stage) -> None:
    for q in ("桜井", "桜井剛", "桜井 剛", "さくらい", "サクライ", "2144", "121", "ｻｸﾗｲ"):
        people = stage.api("220").get(f"/staff?q={q}").json["people"]
        assert [person["staff"] for person in people] == ["121"], q
        assert "place" not in people[0]
    assert stage.api("220").get("/staff?q=%25").json["people"] == []
    assert stage.api("220").get("/staff?q=").json == {"people": [], "more": False}


@pytest.mark.parametrize(
    ("plan", "state", "kind", "number"),
    [
        (None, None, "extension", "2144"),
        (Entry(510, 1035, "home"), "available", "transfer", "7224"),
        (Entry(510, 1035, "leave"), None, "none", None),
        (None, "dnd", "callback", None),
    ],
)
def test_the_card_says_how_to_reach_first(
    stage: Stage, plan: Entry | None, state: str | None, kind: str, number: str | None
) -> None:
    if plan:
        stage.plan("121", plan)
    if state:
        stage.api("121").post("/me/status", {"state": state})
    card = stage.api("100").get("/staff/121").json
    assert (card["reach_first"]["kind"], card["reach_first"]["number"]) == (kind, number)
    assert "桜井" in card["reach_first"]["sentence"]


def test_a_stranger_card_holds_the_directory_row_only(stage: Stage) -> None:
    stage.api("121").post("/me/status", {"state": "busy", "note": "ひみつ"})
    card = stage.api("220").get("/staff/121").json
    assert card["form"] == "directory"
    assert "ひみつ" not in json.dumps(card, ensure_ascii=False)
    assert stage.api("220").get("/staff/99999").status_code == 404


def test_proxy_by_a_colleague_and_by_nobody_else(stage: Stage) -> None:
    assert stage.api("220").post("/staff/121/status", {"state": "away"}).status_code == 403
    assert stage.row("121")["state"] == "available"
    assert stage.api("122").post("/staff/121/status", {"state": "away"}).json["source"] == "proxy"
    assert stage.api("100").post("/staff/121/status", {"state": "busy"}).status_code == 200


def test_etag_of_an_unchanged_board(stage: Stage) -> None:
    first = stage.api("100").get("/boards/W11")
    tag = first.headers["ETag"]
    again = stage.api("100").get("/boards/W11", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    stage.api("121").post("/me/status", {"state": "busy"})
    changed = stage.api("100").get("/boards/W11", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert stage.api("220").get("/boards/W11").headers["ETag"] != changed.headers["ETag"]


def test_the_order_is_fixed(stage: Stage) -> None:
    """建制順, then rank, then ふりがな; never by state."""
    order = [row["staff"] for row in stage.api("100").get("/boards/W11").json["rows"]]
    assert order == ["100", "110", "120", "122", "121", "130", "131"] or order == [
        "100", "110", "120", "121", "122", "130", "131",
    ]  # fmt: skip
    stage.api("120").post("/me/status", {"state": "dnd"})
    assert [row["staff"] for row in stage.api("100").get("/boards/W11").json["rows"]] == order


def test_units_in_order(stage: Stage) -> None:
    units = stage.api("220").get("/units").json["units"]
    assert [unit["unit"] for unit in units] == ["W00", "W10", "W11", "W12", "W13", "W21", "W22"]
    assert units[3]["parent"] == "W11"


def test_unknown_unit_is_404(stage: Stage) -> None:
    assert stage.api("100").get("/boards/NOWHERE").status_code == 404


def test_openapi_names_every_path(stage: Stage) -> None:
    """Whatever a path's parameters are called."""
    document = stage.api("100").get("/openapi.json").json
    named = {re.sub(r"{\w+}", "{}", path): set(calls) for path, calls in document["paths"].items()}
    for rule in stage.app.url_map.iter_rules():
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.openapi":
            path = re.sub(r"<[^>]+>", "{}", rule.rule.removeprefix("/api/v1"))
            methods = {m.lower() for m in rule.methods or set()} - {"head", "options"}
            assert methods <= named.get(path, set()), path
