"""Whom and what somebody may act on in an emergency, asked by pages and programs before anything is written."""

from datetime import datetime

from webapp.core.refusals import NotFound
from webapp.emergency import access, deploying, queries, reducing
from webapp.emergency.access import Seen
from webapp.emergency.models import EmergencyAct
from webapp.emergency.rules import Act
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.positions import queries as positions


def staff_ids_of(numbers: list[str]) -> tuple[int, ...]:
    """Raises NotFound if any number is nobody's."""
    found = {number: org.staff_by_number(number) for number in dict.fromkeys(numbers)}
    if missing := [number for number, staff in found.items() if staff is None]:
        raise NotFound(f"職員番号 {'、'.join(missing)} の職員は見つかりません。")
    return tuple(staff.id for staff in found.values() if isinstance(staff, Staff))


def must(found: Seen, act: Act) -> None:
    if not found.may_anywhere(act):
        access.require(act, found.actor, found.emergency.unit_id, found.tree)


def answering(found: Seen, number: str | None, *, now: datetime) -> tuple[int, str]:
    """(whose answer, name). Raises NotFound, NotAllowed."""
    actor, row = found.actor, found.emergency
    concerned = queries.unit_ids_of(row.unit_id, found.tree)
    if number is None or number == actor.number:
        if not any(posting.unit_id in concerned for posting in actor.postings):
            raise NotFound("この緊急時は見つかりません。")
        return actor.staff_id, actor.name
    staff = org.staff_by_number(number)
    held = org.postings_of([staff.id], org.today(now), known_at=now) if staff else {}
    postings = [p for p in held.get(staff.id if staff else 0, []) if p.unit_id in concerned]
    if staff is None or not any(
        access.may_at(Act.ANSWER_FOR, actor, p.unit_id, found.tree) for p in postings
    ):
        raise NotFound("この職員の回答は入力できません。")
    return staff.id, postings[0].name


def recallable(
    found: Seen, act_id: int, staff_ids: tuple[int, ...] | None, *, now: datetime
) -> tuple[int, ...]:
    """Whom one may recall of a deployment; None = all of them. Raises NotFound, NotAllowed."""
    must(found, Act.DEPLOY)
    act = deploying.act_or_404(found.emergency.id, act_id)
    listed = [i for i in act.detail.get("staff", ()) if i not in act.detail.get("recalled", ())]
    wanted = tuple(listed) if staff_ids is None else staff_ids
    access.check_people(Act.DEPLOY, wanted, found, now=now)
    return wanted


def check_positions(found: Seen, position_ids: tuple[int, ...], *, now: datetime) -> None:
    """All of them within what one may reduce. Raises NotFound."""
    posts = reducing.posts_in([node.id for node in found.units(Act.REDUCE)], now=now)
    if set(position_ids) - {post.id for post in posts}:
        raise NotFound("選んだ持ち場が見つかりません。")


def reopenable(found: Seen, act_id: int) -> EmergencyAct:
    """Raises NotFound, NotAllowed."""
    must(found, Act.REDUCE)
    act = deploying.act_or_404(found.emergency.id, act_id)
    units = {node.id for node in found.units(Act.REDUCE)}
    posts = positions.posts_by_id(act.detail.get("positions", ()))
    if not posts or any(post.unit_id not in units for post in posts.values()):
        raise NotFound("この操作の記録は見つかりません。")
    return act
