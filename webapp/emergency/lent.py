"""What stands above lends: 一括指示 lives with the requests, and the emergency takes it back when it ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from webapp.accounts.access import Actor


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order made under an emergency with days still to come. act_id: its line of the record."""

    act_id: int
    words: str
    people: int
    units: frozenset[int]
    filing: str


@dataclass(frozen=True, slots=True)
class Orders:
    """standing(emergency id, now) and take_back(act id, actor, now)."""

    standing: Callable[[int, datetime], Sequence[OrderLine]]
    take_back: Callable[[int, Actor, datetime], int]


_orders: list[Orders] = []


def lend(orders: Orders) -> None:
    _orders[:] = [orders]


def standing(emergency_id: int, *, now: datetime) -> list[OrderLine]:
    return [line for orders in _orders for line in orders.standing(emergency_id, now)]


def take_back(act_id: int, *, actor: Actor, now: datetime) -> int:
    """How many people's orders were withdrawn."""
    return sum(orders.take_back(act_id, actor, now) for orders in _orders)


def any_lent() -> bool:
    return bool(_orders)
