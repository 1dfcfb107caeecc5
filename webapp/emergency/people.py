"""The people of a unit as who leads sees them: answer, number to call, where deployed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from webapp.accounts.access import Actor
from webapp.core.pages import hour_minute
from webapp.emergency import deploying, queries
from webapp.emergency.models import Emergency
from webapp.emergency.queries import Given
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import UnitNode, UnitTree

MOST_SHOWN = 150  # people in one list; more are looked at unit by unit
_CHANNELS = {"phone": "電話", "kiosk": "共有端末"}


@dataclass(frozen=True, slots=True)
class Row:
    staff_id: int
    number: str
    name: str
    title: str
    unit: str
    unit_code: str
    extension: str
    mobile: str
    given: Given | None
    by: str
    deployed: str  # where, today

    @property
    def answer(self) -> str:
        return self.given.answer.value if self.given else ""

    @property
    def words(self) -> str:
        return self.given.words if self.given else "未回答"

    @property
    def heard(self) -> str:
        """「10:21」「10:21 電話（瀨戸）」."""
        if self.given is None:
            return ""
        channel = _CHANNELS.get(self.given.channel, "")
        by = f"（{self.by}）" if self.by else ""
        return f"{hour_minute(self.given.at)} {channel}{by}".strip()


def rows_of(row: Emergency, units: Iterable[UnitNode], *, now: datetime) -> list[Row]:
    """Everybody of these units, each once, in the order of the board."""
    tree = org.current_tree()
    people = queries.people_in([node.id for node in units], now=now)
    ids = [person.staff_id for person in people]
    given = queries.answers_of(row.id, ids)
    names = org.names_of(
        {g.by_id for i, g in given.items() if g.by_id is not None and g.by_id != i}
    )
    deployed = deploying.deployed_until(ids, org.today(now))
    return [_row(p, given.get(p.staff_id), names, deployed, tree) for p in people]


def _row(
    person: PersonPosting,
    given: Given | None,
    names: Mapping[int, str],
    deployed: Mapping[int, str],
    tree: UnitTree,
) -> Row:
    node = tree.by_id(person.unit_id)
    return Row(
        person.staff_id,
        person.number,
        person.name,
        person.title,
        node.name if node else "",
        node.code if node else "",
        person.extension,
        person.mobile,
        given,
        names.get(given.by_id, "") if given and given.by_id else "",
        deployed.get(person.staff_id, ""),
    )


def colleagues(row: Emergency, actor: Actor, *, now: datetime) -> Sequence[PersonPosting]:
    """Those of one's own 係 within it, for whom one can answer; never what they answered."""
    tree = org.current_tree()
    concerned = queries.unit_ids_of(row.unit_id, tree)
    mine = {posting.unit_id for posting in actor.postings} & concerned
    return [p for p in queries.people_in(mine, now=now) if p.staff_id != actor.staff_id]
