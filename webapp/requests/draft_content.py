"""What a draft says besides its time: place, tasks, people, and what the municipality wants filled in."""

from datetime import datetime, timedelta

from sqlalchemy import select

from webapp.core import settings
from webapp.core.db import db
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.requests import approvers, form_settings
from webapp.requests.draft import Draft
from webapp.requests.known import Days
from webapp.requests.wishes import TaskFact
from webapp.seats import queries as seats
from webapp.tasks import queries as tasks
from webapp.tasks.models import Task

ASKED_TEXTS = ("contact", "device", "confirmer")


def find_place(draft: Draft) -> None:
    body = draft.body
    if body.place != "satellite":
        body.site, body.seat = None, None
        return
    names = seats.site_names()
    if not body.site and body.seat:
        found = seats.seats_by_id([body.seat]).get(body.seat)
        body.site = found.site.name if found else None
    if not body.site:
        if names:
            draft.fault("site", "拠点を選んでください")
    elif body.site not in names:
        draft.fault("site", f"拠点を選び直してください（{'・'.join(names)}）")
    elif body.seat:
        found = seats.seats_by_id([body.seat]).get(body.seat)
        if found is None or found.site.name != body.site:
            draft.fault("seat", f"{body.site}の席を選んでください")


def is_protected(draft: Draft) -> bool:
    """Whether personal data may be worked with at the site; what is not said of a site does not forbid it."""
    if draft.body.site is None or not draft.days:
        return True
    sites = {site.name: site for site in seats.sites_on(draft.days[0])}
    site = sites.get(draft.body.site)
    return site is None or site.personal_data


def choosable_tasks(days: Days) -> list[Task]:
    """The person's own first, then the rest of the section's sheet."""
    own = list(tasks.tasks_of(days.who.staff_id))
    ids = {task.id for task in own}
    return own + [task for task in tasks.tasks_of_unit(days.who.unit.id) if task.id not in ids]


def find_tasks(draft: Draft, days: Days) -> tuple[TaskFact, ...]:
    if not draft.body.tasks:
        return ()
    known = {task.id: task for task in choosable_tasks(days)}
    chosen = [known[each] for each in draft.body.tasks if each in known]
    if len(chosen) < len(draft.body.tasks):
        draft.fault("tasks", "所属の業務の表にある業務を選んでください")
    return tuple(TaskFact(task.name, task.telework, task.personal_data) for task in chosen)


def find_people(draft: Draft, days: Days, now: datetime) -> None:
    body, me = draft.body, days.who.staff_id
    if body.confirmer:
        draft.confirmer_id = _posted(body.confirmer, now)
        if draft.confirmer_id is None:
            draft.fault("confirmer", "この職員番号の人はいません")
        elif draft.confirmer_id == me:
            draft.fault("confirmer", "自分のほかの人にしてください")
    if body.oral_by or body.oral_at:
        _oral(draft, days, now)


def _oral(draft: Draft, days: Days, now: datetime) -> None:
    body = draft.body
    if not days.who.rules.oral:
        draft.fault("oral_by", "口頭の承認は受け付けていません。承認を待ってください")
        return
    if not body.oral_by:
        draft.fault("oral_by", "承認した人を選んでください")
    else:
        draft.oral_id = _posted(body.oral_by, now)
        if draft.oral_id is None or draft.oral_id not in may_have_approved(days, now=now):
            draft.oral_id = None
            draft.fault("oral_by", "この申請を承認できる人を選んでください")
    if body.oral_at is None:
        draft.fault("oral_at", "承認を受けた日時を入れてください")
    elif body.oral_at > now:
        draft.fault("oral_at", "これまでの日時にしてください")
    elif body.oral_at < now - timedelta(days=days.who.rules.back_days + 1):
        draft.fault("oral_at", f"{days.who.rules.back_days}日前までの日時にしてください")


def may_have_approved(days: Days, *, now: datetime) -> list[int]:
    """Staff ids of those whose word counts: the approvers, and who may stand in for them."""
    chain = approvers.Book([days.who.staff_id], now=now).chain(days.who.staff_id)
    return [i for i in dict.fromkeys((*chain.regular, *chain.deputies)) if i != days.who.staff_id]


def _posted(number: str, now: datetime) -> int | None:
    staff_id = db.session.scalar(select(Staff.id).filter_by(number=number))
    if staff_id is None or not org.postings_today(staff_id, now=now):
        return None
    return staff_id


# --- what the municipality wants filled in --------------------------------------------------


def asked_of(days: Days) -> dict[str, str]:
    """{field: no | may | must}."""
    return {
        name: settings.value(setting, days.who.path)
        for name, setting in form_settings.FIELDS.items()
    }


def own_fields(days: Days) -> list[str]:
    lines: list[str] = settings.value(form_settings.OWN_FIELDS, days.who.path)
    return lines[: form_settings.MOST_OWN_FIELDS]


def require(draft: Draft, days: Days) -> None:
    body, asked = draft.body, asked_of(days)
    must = {name for name, how in asked.items() if how == "must"}
    if "work" in must and not body.work.strip() and not body.tasks:
        draft.fault("work", "業務内容を1行書くか、業務の表から選んでください")
    for name in ASKED_TEXTS:
        if name in must and not getattr(body, name):
            draft.fault(name, "入力してください")
    for name in ("travel_order", "remote_ready"):
        if name in must and getattr(body, name) is None:
            draft.fault(name, "はい・いいえのどちらかを選んでください")
    if "hours" in must and not body.hours_from:
        draft.fault("hours", "始業と終業の両方を入れてください")
    known = own_fields(days)
    unknown = [name for name in body.more if name not in known]
    if unknown:
        draft.fault(f"more.{unknown[0]}", "この項目はありません")
