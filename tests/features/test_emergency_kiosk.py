"""The question answered at a shared terminal by who has no device of their own."""

from tests.features.emergency_at import begin
from tests.features.kiosk_at import Terminal, make_terminal
from tests.stage import Stage
from webapp.core.db import db
from webapp.emergency.models import EmergencyAnswer


def test_answered_at_the_shared_terminal(stage: Stage) -> None:
    terminal = Terminal(stage, make_terminal(stage))
    assert "参集できますか" not in terminal.open("122").get_data(as_text=True)
    emergency = begin(stage)
    assert "参集できますか" in terminal.open("122").get_data(as_text=True)
    done = terminal.tap("122", "answer", emergency=str(emergency), said="come-60")
    assert "「参集可（約1時間）」と答えました" in done.get_data(as_text=True)
    db.session.rollback()
    given = db.session.query(EmergencyAnswer).one()
    assert (given.staff_id, given.minutes, given.channel) == (stage.ids["122"], 60, "kiosk")


def test_what_is_not_asked_there_is_refused(stage: Stage) -> None:
    terminal = Terminal(stage, make_terminal(stage))
    elsewhere = begin(stage, "200", "W21", "市民課")
    ticket = terminal.ticket("122")
    refused = terminal.act(ticket, "answer", emergency=str(elsewhere), said="home")
    assert refused.status_code == 409
    assert terminal.act(ticket, "answer", emergency="1", said="later").status_code == 422
    db.session.rollback()
    assert db.session.query(EmergencyAnswer).count() == 0
