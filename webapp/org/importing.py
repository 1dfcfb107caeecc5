"""Taking a file in: check everything first, then one short write."""

from collections.abc import Callable
from datetime import date, datetime

from webapp.core import audit, facts
from webapp.core.audit import Acting
from webapp.core.db import snapshot, transaction
from webapp.core.refusals import BadRequest, Conflict
from webapp.org import import_facts as facts_of
from webapp.org import import_staff, import_units, import_working_hours, queries
from webapp.org import import_write as write
from webapp.org.import_order import Checked, Order, begun
from webapp.realtime import outbox

KINDS = {
    "units": "所属",
    "patterns": "勤務時間の区分",
    "staff": "職員",
    "staff-hours": "個人の勤務時間",
    "closures": "閉庁日",
}
DATED = frozenset({"units", "staff"})
_CHECKS: dict[str, Callable[..., None]] = {
    "units": import_units.check,
    "staff": import_staff.check,
    "patterns": import_working_hours.check_patterns,
    "staff-hours": import_working_hours.check_staff_hours,
    "closures": import_working_hours.check_closures,
}


def register(kind: str, word: str, check: Callable[..., None]) -> None:
    """A kind of file that belongs to a feature above."""
    KINDS[kind], _CHECKS[kind] = word, check


def check(order: Order, *, now: datetime) -> Checked:
    """All faults and the whole difference; changes nothing. RuleBroken if the days do not fit."""
    if order.kind not in _CHECKS:
        raise BadRequest("取り込む種類を選んでください。")
    with snapshot():
        today = queries.today(now)
        checked = begun(order, today=today, now=now, stamp=facts_of.org_stamp())
        _CHECKS[order.kind](checked, today=today)
        if order.kind in DATED:
            _tell_days(checked, today=today)
    return checked


def _tell_days(checked: Checked, *, today: date) -> None:
    if checked.changes_something and checked.effective < today:
        checked.notes.append(f"過去の日付（{checked.effective}）からの変更です。")
    waiting = facts_of.waiting_imports(checked.order.kind, checked.effective)
    for other in waiting:
        checked.notes.append(
            f"{other.effective_on} からの取込（{other.file_name}）が待っています。"
            "その日の内容はそのまま残ります。要らなければ先に取り消してください。"
        )


def take_in(
    order: Order,
    *,
    actor: Acting | None,
    now: datetime,
    refuse: Callable[[Checked], None] = lambda _checked: None,
) -> Checked:
    """Check, and if nothing speaks against it, write. What the caller gets back says which.

    refuse: raises for what this person may not take in. Raises Conflict if the organisation changes twice in between.
    """
    for _ in range(2):
        checked = check(order, now=now)
        refuse(checked)
        if not checked.may_write:
            return checked
        with transaction():
            # The check read an older state if another import came between: then nothing is written.
            if facts_of.org_stamp() == checked.stamp:
                _write(checked, actor=actor, now=now)
                return checked
    raise Conflict("ちょうど別の取込がありました。もう一度確かめてください。")


def _write(checked: Checked, *, actor: Acting | None, now: datetime) -> None:
    order = checked.order
    taken = write.start(
        order.kind,
        effective=checked.effective,
        publish_at=checked.publish_at,
        made_at=now,
        made_by=actor.staff_id if actor else None,
        file_name=order.file[:200],
    )
    written = checked.write(taken)
    taken.summary = {
        "counts": checked.counts,
        "rows": checked.rows,
        "part": order.part,
        "undo": written.undo,
    }
    outbox.touch("staff", written.staff_ids)
    if written.of_org:
        facts.restamp("org")
    audit.record(
        actor,
        f"import.{order.kind}",
        detail={
            "import": taken.id,
            "effective_on": checked.effective.isoformat(),
            "counts": checked.counts,
        },
        now=now,
        visible_at=checked.publish_at,
    )
