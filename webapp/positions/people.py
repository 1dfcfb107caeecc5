"""Skills and limits of people. No reason is stored anywhere. Inside a transaction."""

from datetime import datetime

from sqlalchemy import delete, or_

from webapp.core import audit
from webapp.core.audit import Acting
from webapp.core.db import db
from webapp.core.refusals import RuleBroken
from webapp.org import queries as org
from webapp.positions import queries, service, stored
from webapp.positions.models import DutyProfile, ForbiddenPair, StaffSkill
from webapp.positions.stored import Overtaken
from webapp.positions.wanted import ProfileWanted


def put_profile(
    staff_id: int,
    wanted: ProfileWanted,
    *,
    version: str | None,
    actor: Acting | None,
    now: datetime,
) -> bool:
    """True if anything changed. version None: a file, which knows of no earlier state. Raises Overtaken, RuleBroken."""
    before = stored.profiles([staff_id])[staff_id]
    if version is not None and before.version not in (version, wanted.version):
        raise Overtaken(before)
    if before.version == wanted.version:
        return False
    if faults := wanted.faults():
        raise RuleBroken("入力内容を確かめてください。", faults)
    write(staff_id, before, wanted, now=now)
    db.session.flush()
    service.changed(_concerned(staff_id, now=now), now=now)
    audit.record(actor, "positions.person", staff_id=staff_id, now=now)
    return True


def write(staff_id: int, before: ProfileWanted, wanted: ProfileWanted, *, now: datetime) -> None:
    _write_skills(staff_id, before.skills, wanted.skills)
    _write_profile(staff_id, wanted, now=now)
    if before.pairs != wanted.pairs:
        _write_pairs(staff_id, wanted.pairs)


def _write_skills(staff_id: int, before: frozenset[str], after: frozenset[str]) -> None:
    db.session.execute(
        delete(StaffSkill).where(
            StaffSkill.staff_id == staff_id, StaffSkill.skill.in_(before - after)
        )
    )
    db.session.add_all(StaffSkill(staff_id=staff_id, skill=skill) for skill in after - before)


def _write_profile(staff_id: int, wanted: ProfileWanted, *, now: datetime) -> None:
    db.session.merge(
        DutyProfile(
            staff_id=staff_id,
            experienced=wanted.experienced,
            max_consecutive_minutes=wanted.max_consecutive_minutes,
            max_daily_minutes=wanted.max_daily_minutes,
            group=wanted.group.value,
            forbidden=sorted(wanted.forbidden),
            preferences={str(key): weight for key, weight in sorted(wanted.preferences.items())},
            changed_at=now,
        )
    )


def _write_pairs(staff_id: int, others: frozenset[int]) -> None:
    either = or_(ForbiddenPair.first_id == staff_id, ForbiddenPair.second_id == staff_id)
    db.session.execute(delete(ForbiddenPair).where(either))
    db.session.add_all(
        ForbiddenPair(first_id=min(staff_id, other), second_id=max(staff_id, other))
        for other in others - {staff_id}
    )


def _concerned(staff_id: int, *, now: datetime) -> set[int]:
    """Units with positions the person can be put at."""
    today, tree = org.today(now), org.current_tree()
    posted = {p.unit_id for p in org.postings_of([staff_id], today, known_at=now).get(staff_id, [])}
    return {
        post.unit_id
        for post in queries.all_posts(today)
        if posted & queries.candidate_units(post, tree)
    }
