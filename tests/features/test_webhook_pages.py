"""The pages of the webhooks: 管理者 keep all, a 所属長 the own ones, nobody else learns that there are any."""

import re
from typing import Any

import pytest

from tests.doors import post
from tests.features.hook_at import Receiver, receiving
from tests.stage import Stage
from webapp.core import clock, settings
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry
from webapp.notices.models import Webhook, WebhookDelivery
from webapp.notices.settings import ALLOWED_HOSTS, UNIT_WEBHOOKS

URL = "https://chat.example.lg.jp/hooks/t0ken"
FORM = {"name": "保育課のチャット", "url": URL, "unit": "W11", "events": ["memo"], "form": "text"}


def page_of(stage: Stage, number: str, path: str = "/admin/webhooks") -> str:
    return str(stage.browser(number).get(path).get_data(as_text=True))


def add(stage: Stage, number: str, **more: Any) -> Any:
    return post(stage.browser(number), "/admin/webhooks", FORM | more)


def only() -> Webhook:
    db.session.rollback()
    return db.session.query(Webhook).populate_existing().one()


@pytest.mark.parametrize("number", ["121", "120", "110", "130", "800"])
def test_who_keeps_none_is_refused(stage: Stage, number: str) -> None:
    assert stage.browser(number).get("/admin/webhooks").status_code == 403
    assert add(stage, number).status_code == 403
    assert db.session.query(Webhook).count() == 0


def test_nobody_is_asked_to_sign_in(stage: Stage, client: Any) -> None:
    answer = client.get("/admin/webhooks")
    assert (answer.status_code, answer.headers["Location"][:7]) == (302, "/signin")


def test_the_secret_is_shown_once_and_the_address_never_again(stage: Stage) -> None:
    answer = add(stage, "900")
    assert answer.status_code == 201
    found = re.search(r'<code id="once"[^>]*>([^<]+)</code>', answer.get_data(as_text=True))
    assert found is not None
    hook = only()
    assert found[1] == hook.secret
    assert len(hook.secret) >= 40
    assert (hook.base, hook.url, hook.events) == ("http://localhost", URL, ["memo"])
    for path in ("/admin/webhooks", f"/admin/webhooks/{hook.id}"):
        text = page_of(stage, "900", path)
        assert "保育課のチャット" in text
        assert "https://chat.example.lg.jp" in text
        assert "t0ken" not in text
        assert hook.secret not in text


def test_the_audit_holds_neither_path_nor_secret(stage: Stage) -> None:
    add(stage, "900")
    entry = db.session.query(AuditEntry).filter_by(action="webhook.add").one()
    assert entry.detail == {"name": "保育課のチャット", "site": "https://chat.example.lg.jp"}


def test_a_chief_keeps_those_of_the_own_unit_and_below(stage: Stage) -> None:
    assert add(stage, "100").status_code == 201
    assert add(stage, "100", unit="W12").status_code == 201
    for foreign in ("W21", "W10", "", "nonsense"):
        assert add(stage, "100", unit=foreign).status_code == 422
    add(stage, "900", unit="W21", name="窓口のチャット")
    assert "窓口のチャット" not in page_of(stage, "100")
    other = db.session.query(Webhook).filter_by(name="窓口のチャット").one().id
    chief = stage.browser("100")
    assert chief.get(f"/admin/webhooks/{other}").status_code == 404
    for act in ("", "/pause", "/secret", "/test", "/remove"):
        assert post(chief, f"/admin/webhooks/{other}{act}", FORM).status_code == 404
    assert db.session.query(WebhookDelivery).count() == 0
    assert db.session.query(Webhook).count() == 3


def test_the_setting_leaves_it_to_the_administration(stage: Stage) -> None:
    with transaction():
        settings.put(UNIT_WEBHOOKS, False, by=None, now=clock.now())
    assert stage.browser("100").get("/admin/webhooks").status_code == 403
    assert add(stage, "900").status_code == 201


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "長" * 61}, "name"),
        ({"url": ""}, "url"),
        ({"url": "chat.example.lg.jp"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "http://169.254.169.254/latest"}, "url"),
        ({"url": "http://127.0.0.1:8000/"}, "url"),
        ({"url": "http://[::1]/"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["lunch"]}, "events"),
        ({"form": "xml"}, "form"),
        ({"unit": "W99"}, "unit"),
    ],
)
def test_a_fault_stands_at_its_field_and_nothing_typed_is_lost(
    stage: Stage, typed: dict[str, Any], field: str
) -> None:
    answer = add(stage, "900", **typed)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="f-{field}-bad"' in text or f'id="{field}-bad"' in text
    if field != "name":
        assert 'value="保育課のチャット"' in text
    assert db.session.query(Webhook).count() == 0


def test_changing_keeps_the_address_unless_another_is_typed(stage: Stage) -> None:
    add(stage, "900")
    hook = only()
    form = FORM | {"url": "", "name": "別の名", "events": ["rota", "memo"], "revision": 1}
    assert post(stage.browser("900"), f"/admin/webhooks/{hook.id}", form).status_code == 303
    assert (only().name, only().url, only().events) == ("別の名", URL, ["memo", "rota"])
    late = post(stage.browser("900"), f"/admin/webhooks/{hook.id}", form | {"name": "遅れた名"})
    assert late.status_code == 409
    assert "ほかの人が先に" in late.get_data(as_text=True)
    assert 'value="遅れた名"' in late.get_data(as_text=True)
    assert only().name == "別の名"


def test_pausing_resuming_renewing_removing(stage: Stage) -> None:
    add(stage, "900")
    hook, admin = only(), stage.browser("900")
    former = hook.secret
    post(admin, f"/admin/webhooks/{hook.id}/pause")
    assert only().active is False
    assert "停止中" in page_of(stage, "900")
    post(admin, f"/admin/webhooks/{hook.id}/resume")
    assert only().active is True
    assert post(admin, f"/admin/webhooks/{hook.id}/secret").status_code == 201
    assert only().secret != former
    assert post(admin, f"/admin/webhooks/{hook.id}/remove").status_code == 303
    assert "まだありません" in page_of(stage, "900")
    db.session.rollback()
    assert db.session.query(Webhook).count() == 0


def tried(stage: Stage, receiver: Receiver) -> str:
    with transaction():
        settings.put(ALLOWED_HOSTS, ["127.0.0.1"], by=None, now=clock.now())
    assert add(stage, "900", url=receiver.url).status_code == 201
    admin = stage.browser("900")
    answer = post(admin, f"/admin/webhooks/{only().id}/test", follow_redirects=True)
    return str(answer.get_data(as_text=True))


def test_a_trial_says_that_it_arrived(stage: Stage) -> None:
    with receiving(204) as receiver:
        text = tried(stage, receiver)
    assert "届きました（204）" in text
    assert receiver.bodies == [{"text": "テスト1件（保育課） http://localhost/"}]


def test_a_trial_says_why_it_did_not_and_switches_nothing_off(stage: Stage) -> None:
    with receiving(403) as receiver:
        text = tried(stage, receiver)
    assert "届きませんでした。相手が 403 を返しました。" in text
    assert only().failures == 0
    assert [row.state for row in db.session.query(WebhookDelivery)] == ["failed"]


def test_a_trial_runs_beside_the_round_without_being_sent_twice(stage: Stage) -> None:
    with receiving(204) as receiver:
        tried(stage, receiver)
        assert len(receiver.got) == 1
    with transaction():
        row = db.session.query(WebhookDelivery).one()
        assert (row.state, row.tries) == ("sent", 1)
