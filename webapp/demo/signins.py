"""Who signs in to look around; the words are public, so they are good in a demonstration only."""

from dataclasses import dataclass

from webapp.demo import nursery
from webapp.demo.people import Person, people
from webapp.demo.script import is_coordinator

PASSWORD = "zaiseki-demo"  # noqa: S105 — printed at every start of a demonstration


@dataclass(frozen=True, slots=True)
class SignIn:
    number: str
    name: str
    about: str
    password: str = PASSWORD


def _sign_ins(everybody: list[Person]) -> list[SignIn]:
    by_name = {person.name: person for person in everybody if person.seat is not None}

    def first(role: str) -> Person:
        return next(person for person in everybody if role in person.roles)

    wanted = (
        (by_name[nursery.MEMBER], "職員（保育課・在宅、始業の報告がまだ。スマートフォンで）"),
        (by_name[nursery.CHIEF], "所属長（保育課の在席表）"),
        (by_name[nursery.LEADER], "係長・在席確認者（保育課 入所係）"),
        (
            next(person for person in everybody if is_coordinator(person)),
            "当番調整担当（市民課の当番表と持ち場）",
        ),
        (first("人事担当"), "人事担当"),
        (first("管理者"), "管理者（情報政策課）"),
    )
    return [
        SignIn(person.number, person.name, f"{person.name}  {about}") for person, about in wanted
    ]


SIGN_INS = _sign_ins(people())
