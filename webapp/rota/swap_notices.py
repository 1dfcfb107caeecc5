"""What people are told of swaps. No reason of a person is repeated to anybody but the two concerned."""

from collections.abc import Iterable
from datetime import datetime

from webapp.accounts.rules import LEADING
from webapp.duties.models import Duty
from webapp.notices.service import notify
from webapp.org import queries as org
from webapp.org.rules import Role
from webapp.positions import queries as positions
from webapp.positions.rules import Post
from webapp.rota.models import Swap
from webapp.rota.swap_rules import Kind, Stretch, words_of

WEEKDAYS = "月火水木金土日"


def when_words(stretch: Stretch, position: str) -> str:
    """11月24日（火）8:30〜10:30 窓口1."""
    day = stretch.day
    on = f"{day.month}月{day.day}日（{WEEKDAYS[day.weekday()]}）"
    return f"{on}{words_of(stretch.start, stretch.end)} {position}"


def swap_words(swap: Swap, post: Post) -> str:
    return when_words(Stretch(swap.day, swap.start_minute, swap.end_minute), post.name)


def _tell(ids: Iterable[int], swap: Swap, text: str, *, now: datetime, kind: str = "swap") -> None:
    node = org.current_tree().by_id(swap.unit_id)
    link = f"/rota/{node.code}/swaps" if node else ""
    notify(ids, unit_id=swap.unit_id, kind=kind, text=text, link=link, now=now)


def _name(staff_id: int | None) -> str:
    return org.names_of([staff_id]).get(staff_id, "") if staff_id is not None else ""


def offered(
    swap: Swap, post: Post, ids: Iterable[int], back: Duty | None, *, now: datetime
) -> None:
    text = (
        f"{_name(swap.from_id)}さんの当番 {swap_words(swap, post)} を代われる人をさがしています。"
    )
    if back is not None:
        stretch = Stretch(back.day, back.start_minute, back.end_minute)
        name = positions.posts_by_id([back.position_id])[back.position_id].name
        text = (
            f"{_name(swap.from_id)}さんから交換の相談: {swap_words(swap, post)} と"
            f" あなたの {when_words(stretch, name)}"
        )
    _tell(ids, swap, text, now=now)
    if swap.asked_by != swap.from_id:
        _tell(
            [swap.from_id],
            swap,
            f"あなたの当番 {swap_words(swap, post)} を代われる人に、{_name(swap.asked_by)}さんが打診しています。",
            now=now,
        )


def accepted(swap: Swap, post: Post, *, now: datetime) -> None:
    """It waits for a yes: those who may say it, and who asked, are told."""
    words = swap_words(swap, post)
    taker = _name(swap.to_id)
    _tell(
        [swap.from_id],
        swap,
        f"{words} を {taker}さんが引き受けました。承認を待っています。",
        now=now,
    )
    parties = {swap.from_id, swap.to_id}
    text = f"当番の交代の承認待ち: {words}（{_name(swap.from_id)}さん → {taker}さん）"
    _tell([i for i in approvers(swap.unit_id, now=now) if i not in parties], swap, text, now=now)


def approvers(unit_id: int, *, now: datetime) -> list[int]:
    """当番調整担当 of the 課; where there is none, its 係長, 所属長 and 代決者."""
    tree = org.current_tree()
    section = tree.section(unit_id)
    units = {node.id for node in tree.path(unit_id)} & (
        {node.id for node in tree.subtree(section.id)} if section else {unit_id}
    ) | {unit_id}
    if section is not None and section.id == unit_id:
        units |= {node.id for node in tree.children(unit_id)}
    posted = org.postings_in(units, org.today(now), known_at=now)
    leaders = [p for p in posted if p.roles & LEADING]
    chosen = [p for p in leaders if Role.COORDINATOR in p.roles] or leaders
    return list(dict.fromkeys(p.staff_id for p in chosen))


def done(swap: Swap, post: Post, back: tuple[str, Stretch] | None, *, now: datetime) -> None:
    words = swap_words(swap, post)
    giver, taker = _name(swap.from_id), _name(swap.to_id)
    assert swap.to_id is not None  # noqa: S101 done
    if swap.kind == Kind.ORDER.value:
        by = _name(swap.decided_by)
        told = f"（{by}さんの指示。理由: {swap.reason}）"
        ours = f"{words} は {taker}さんに代わりました。{told}"
        theirs = f"{words} を担当してください。{giver}さんから代わりました。{told}"
        _tell([swap.from_id], swap, ours, now=now, kind="order")
        _tell([swap.to_id], swap, theirs, now=now, kind="order")
        return
    ours = f"{words} は {taker}さんに代わりました。"
    theirs = f"{words} は、{giver}さんに代わってあなたの当番です。"
    if back is not None:
        name, stretch = back
        ours += f"代わりに {when_words(stretch, name)} があなたの当番です。"
        theirs += f"{when_words(stretch, name)} は {giver}さんに代わりました。"
    _tell([swap.from_id], swap, ours, now=now)
    _tell([swap.to_id], swap, theirs, now=now)


def nobody(swap: Swap, post: Post, *, now: datetime) -> None:
    text = f"{swap_words(swap, post)} を代われる人がいませんでした。当番はそのままです。"
    _tell({swap.from_id, swap.asked_by}, swap, text, now=now)


def withdrawn(swap: Swap, post: Post, *, now: datetime) -> None:
    if swap.to_id is not None:
        text = f"{swap_words(swap, post)} の交代は取り下げられました。当番は変わりません。"
        _tell([swap.to_id], swap, text, now=now)


def refused(swap: Swap, post: Post, reason: str, *, now: datetime) -> None:
    why = f"（{reason}）" if reason else ""
    text = f"{swap_words(swap, post)} の交代は承認されませんでした{why}。当番はそのままです。"
    _tell([i for i in (swap.from_id, swap.to_id) if i is not None], swap, text, now=now)


def expired(swap: Swap, post: Post, *, now: datetime) -> None:
    text = (
        f"{swap_words(swap, post)} は代わる人が決まらないまま時間になりました。当番はそのままです。"
    )
    _tell({swap.from_id, swap.asked_by}, swap, text, now=now)
