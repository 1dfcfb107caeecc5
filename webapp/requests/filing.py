"""Filing requests: several days are one filing, taken whole or not at all. Inside a transaction."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import uuid4

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.core.refusals import Conflict, NotAllowed, RuleBroken
from webapp.duties import service as duties
from webapp.org import queries as org
from webapp.requests import access as requests
from webapp.requests import cases, checks, deciding, known, records, writing
from webapp.requests.drafts import draft_of
from webapp.requests.forms import RequestBody
from webapp.requests.known import Days
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import Act, State
from webapp.requests.wishes import Finding
from webapp.requests.writing import Checked
from webapp.seats import service as seats


class Unseen(RuleBroken):
    """There is something to warn of that the person has not been shown yet; nothing is stored."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("注意を確かめてから、もう一度「申請する」を押してください。")
        self.findings = findings


class Blocked(RuleBroken):
    """A strict municipality takes no request against its rules. fields: what is wrong where."""


def person_for(number: str | None, *, actor: Actor, now: datetime) -> int:
    """Whose request it is: one's own, or a colleague's (代行入力). NotFound, NotAllowed."""
    if not number or number == actor.number:
        return actor.staff_id
    staff, _held = access.colleague(actor, number, on=org.today(now), now=now)
    return staff.id


def file(
    body: RequestBody,
    staff_id: int,
    *,
    actor: Actor,
    now: datetime,
    seen: frozenset[str] | None = None,
) -> list[TeleworkRequest]:
    """All days or none. The same `key` again returns what was filed with it. Permission is the caller's.

    seen: codes of warnings that were shown; None = they need not be shown first (programs).
    Raises RuleBroken naming fields, Unseen, Blocked, Conflict where a day or seat was taken meanwhile.
    """
    _lock(staff_id, body)
    if again := _again(body.key, staff_id):
        return again
    checked = _checked(body, staff_id, seen, now=now)
    filing = body.key or str(uuid4())
    rows = [
        writing.put(TeleworkRequest(filing=filing), checked, asked, actor=actor, now=now)
        for asked in checked.draft.asked
    ]
    _begin(rows, body, actor=actor, now=now)
    return rows


def _begin(
    rows: Sequence[TeleworkRequest], body: RequestBody, *, actor: Actor, now: datetime
) -> None:
    """What is booked with it, and who is told; `deciding` writes the first step."""
    writing.book(rows, body, actor=actor, now=now)
    for row in rows:
        if row.oral_by is not None:
            deciding.orally_approved(row, actor=actor, now=now)
    deciding.filed([row for row in rows if row.oral_by is None], actor=actor, now=now)


def left_out(
    body: RequestBody, rows: Sequence[TeleworkRequest], *, now: datetime
) -> list[tuple[date, str]]:
    """(day of 毎週 that was not filed, why): asked after the filing, without what it filed itself."""
    if not rows:
        return []
    days = Days(known.filer(rows[0].staff_id, now=now), now=now)
    draft = draft_of(body, days, but=[row.id for row in rows], now=now)
    return sorted(draft.left_out.items())


def _lock(staff_id: int, body: RequestBody) -> None:
    """What is booked first, then the person: the order of everybody who books. Of twenty that file for the same
    person at once each waits here and sees what the others filed."""
    seats.hold([body.seat] if body.seat else [], [body.item] if body.item else [])
    duties.hold([staff_id])


def _again(key: str | None, staff_id: int) -> list[TeleworkRequest]:
    rows = records.of_filing(key) if key else []
    if rows and rows[0].staff_id != staff_id:
        raise Conflict("この申請の番号はもう使われています。画面を読み直してください。")
    return rows


def _checked(
    body: RequestBody,
    staff_id: int,
    seen: frozenset[str] | None,
    *,
    but: Sequence[int] = (),
    now: datetime,
) -> Checked:
    days = Days(known.filer(staff_id, now=now), now=now)
    draft = draft_of(body, days, but=but, now=now)
    draft.refuse_faults()
    facts = known.known_of(days, draft.days, but=but)
    found = checks.check_each(draft.asked, days.who.rules, facts, now=now)
    told = checks.once(finding for each in found.values() for finding in each)
    if stops := [finding for finding in told if finding.blocks]:
        raise Blocked("決まりに合わないので、受けられません。", by_field(stops))
    if seen is not None and {finding.code for finding in told} - seen:
        raise Unseen(told)
    return Checked(days.who, draft, facts, found)


def by_field(findings: Iterable[Finding]) -> dict[str, str]:
    """{field: words}, several joined."""
    told: dict[str, list[str]] = {}
    for finding in findings:
        told.setdefault(finding.field, []).append(finding.words)
    return {field: "。".join(words) for field, words in told.items()}


# --- filing again ---------------------------------------------------------------------------


def refile(
    request_id: int,
    body: RequestBody,
    *,
    revision: int | None,
    actor: Actor,
    now: datetime,
    seen: frozenset[str] | None = None,
) -> TeleworkRequest:
    """Before the decision or after 差し戻し: the same record again. After the approval: a new one that takes its
    place when it is approved; until then the approved one holds.

    Raises as `file`; Conflict where the record changed meanwhile.
    """
    before = cases.read(request_id, actor, now=now)
    may_change(before, actor, now=now)
    _one_day(body)
    _lock(before.staff_id, body)
    if State(before.state) is State.APPROVED:
        return _changed(before, body, revision, actor=actor, now=now, seen=seen)
    case = cases.opened(request_id, Act.FILE, revision=revision, actor=actor, now=now)
    row = case.row
    checked = _checked(body, row.staff_id, seen, but=[row.id, *records.beside(row)], now=now)
    writing.release([row], now=now)
    writing.put(row, checked, checked.draft.asked[0], new=False, actor=actor, now=now)
    writing.book([row], body, actor=actor, now=now)
    deciding.refiled(row, actor=actor, now=now)
    if row.oral_by is not None:
        deciding.orally_approved(row, actor=actor, now=now)
    return row


def _changed(
    before: TeleworkRequest,
    body: RequestBody,
    revision: int | None,
    *,
    actor: Actor,
    now: datetime,
    seen: frozenset[str] | None,
) -> TeleworkRequest:
    if again := _again(body.key, before.staff_id):
        return again[0]
    if revision is not None and revision != before.revision:
        raise cases.Stale(before, cases.late_words(before))
    checked = _checked(body, before.staff_id, seen, but=[before.id], now=now)
    row = TeleworkRequest(filing=body.key or str(uuid4()), changes_id=before.id)
    writing.put(row, checked, checked.draft.asked[0], actor=actor, now=now)
    _begin([row], body, actor=actor, now=now)
    return row


def may_change(row: TeleworkRequest, actor: Actor, *, now: datetime) -> None:
    """The person, and who entered it for them. NotAllowed for whoever else may read it; Conflict at its end."""
    if not requests.enters(row, actor, now=now):
        raise NotAllowed("申請を直せるのは、本人と、代わりに入力した人です。")
    if State(row.state) in (State.REFUSED, State.WITHDRAWN, State.REPLACED):
        raise Conflict("この申請は終わっています。新しく申請してください。")


def _one_day(body: RequestBody) -> None:
    if len(body.days) != 1 or body.repeat is not None:
        words = "実施日を1日だけ選んでください。ほかの日は新しく申請してください"
        raise RuleBroken(f"{words}。", {"days": words})


def previewed(
    body: RequestBody, staff_id: int, *, but: Sequence[int] = (), now: datetime
) -> tuple[Checked, list[Finding]]:
    """What would be said of it, faults of the form included in the draft; nothing is stored."""
    days = Days(known.filer(staff_id, now=now), now=now)
    draft = draft_of(body, days, but=but, now=now)
    facts = known.known_of(days, [asked.day for asked in draft.asked], but=but)
    found = checks.check_each(draft.asked, days.who.rules, facts, now=now)
    told = checks.once(finding for each in found.values() for finding in each)
    return Checked(days.who, draft, facts, found), told
