"""The same word again: a double tap is nothing new, but what has ended meanwhile is said anew."""

from tests.stage import Stage


def test_the_same_state_on_the_next_day(stage: Stage, at) -> None:
    stage.api("121").post("/me/status", {"state": "busy"})
    at("2026-11-25 10:00")
    stage.settle()
    assert stage.row("121")["state"] == "available"
    assert stage.api("121").post("/me/status", {"state": "busy"}).json["state"] == "busy"


def test_a_second_start_does_not_bring_back_what_was_said_before_the_end(stage: Stage, at) -> None:
    api = stage.api("121")
    api.punch("start", "1", place="home")
    api.post("/me/status", {"state": "dnd"})
    at("10:30")
    api.punch("end", "2")
    at("10:40")
    api.punch("start", "3", place="home")
    stage.settle()
    assert stage.row("121")["state"] == "available"
    assert api.post("/me/status", {"state": "dnd"}).json["state"] == "dnd"
