"""The form of a webhook: what was typed, and what is wrong with it, field by field."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from werkzeug.datastructures import MultiDict

from webapp.accounts.access import Actor
from webapp.core import settings
from webapp.core.refusals import RuleBroken
from webapp.notices.settings import ALLOWED_HOSTS
from webapp.notices.webhook_access import may_keep
from webapp.notices.webhook_rules import EVENTS, FORMS, TargetFault, may_call, target_of
from webapp.org import queries as org

LONGEST_NAME = 60
TOWN_HALL = ""  # what the field of the unit says for the whole town hall


@dataclass(frozen=True, slots=True)
class Wish:
    """url None: it stays as it is (an address may be a secret of its own and is not shown again)."""

    name: str
    url: str | None
    unit_id: int | None
    events: tuple[str, ...]
    form: str


def wish_of(form: MultiDict[str, str], actor: Actor, *, keeps_url: bool) -> Wish:
    """Raises RuleBroken with a message at each faulty field."""
    faults: dict[str, str] = {}
    name = form.get("name", "").strip()
    if not name or len(name) > LONGEST_NAME:
        faults["name"] = f"名前を{LONGEST_NAME}文字以内で入れてください（例 市民課のチャット）"
    url = form.get("url", "").strip() or None
    if url is None and not keeps_url:
        faults["url"] = (
            "送り先のアドレスを入れてください（例 https://chat.example.lg.jp/hooks/abc）"
        )
    elif url is not None and (wrong := _fault_of(url)):
        faults["url"] = wrong
    events = tuple(event for event in EVENTS if event in form.getlist("events"))
    if not events:
        faults["events"] = "知らせることを1つ以上選んでください"
    shape = form.get("form", "json")
    if shape not in FORMS:
        faults["form"] = "送る形を選んでください"
    unit_id = _unit(form, actor, faults)
    if faults:
        raise RuleBroken("入力内容を確かめてください。", faults)
    return Wish(name, url, unit_id, events, shape)


def _fault_of(url: str) -> str:
    """What is wrong with an address as far as it can be told without asking the network."""
    try:
        host = target_of(url).host
    except TargetFault as fault:
        return str(fault)
    try:
        ip_address(host)
    except ValueError:
        return ""
    if may_call(host, host, settings.value(ALLOWED_HOSTS)):
        return ""
    return "この相手には送れません。管理者が設定「Webhook を送ってよい相手」に加えると送れます"


def _unit(form: Mapping[str, str], actor: Actor, faults: dict[str, str]) -> int | None:
    code = form.get("unit", TOWN_HALL)
    unit = org.current_tree().by_code(code) if code else None
    if (code and unit is None) or not may_keep(actor, unit.id if unit else None):
        faults["unit"] = "所属を一覧から選んでください"
    return unit.id if unit else None
