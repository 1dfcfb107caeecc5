"""People who write all the time, by the public HTTP API, and never give the same wish two keys.

A lost answer is asked for again with the same key; some wishes are sent twice at once, some again much later.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from tests.faults import hall as halls
from tests.faults.acts import Act, Kind, Ledger, Outcome
from tests.faults.hall import Clerk, Hall
from tests.faults.truth import WORK
from tests.load.wire import Answer, Http

PATIENCE_S = 8.0
NOBODY_THERE_S = 0.3
GIVES_UP = 0.3  # share of the lost answers that nobody asks for again
TWICE_AT_ONCE, AGAIN_LATER = 0.12, 0.08
STATES = ("available", "busy", "dnd", "away")
SHARES = {Kind.STATUS: 40, Kind.PUNCH: 30, Kind.NOTE: 12, Kind.FILING: 10, Kind.MEMO: 8}
LOST = (OSError, TimeoutError, asyncio.IncompleteReadError)


class Writer:
    """Some clerks' hands; one wish at a time, so that of two in a row the second is the later one."""

    def __init__(
        self,
        name: str,
        clerks: list[Clerk],
        hall: Hall,
        ports: list[int],
        ledger: Ledger,
        seed: str,
    ) -> None:
        self.name, self.clerks, self.hall, self.ports, self.ledger = (
            name,
            clerks,
            hall,
            ports,
            ledger,
        )
        self.is_stopped = False
        self.is_idle = True
        self._chance = random.Random(seed)
        self._number = count(1)
        self._lines = {port: (Http(port), Http(port)) for port in ports}
        self._days = {clerk.number: _working_days() for clerk in clerks}
        self._earlier: deque[tuple[Act, Callable[[Http], Awaitable[Answer]], Any]] = deque(
            maxlen=40
        )

    async def write(self, pause: Callable[[], float]) -> None:
        while not self.is_stopped:
            self.is_idle = False
            try:
                await self._one()
            finally:
                self.is_idle = True
            await asyncio.sleep(pause())

    async def _one(self) -> None:
        kind = self._chance.choices(list(SHARES), list(SHARES.values()))[0]
        clerk = self._chance.choice(self.clerks)
        if self._earlier and self._chance.random() < AGAIN_LATER:
            await self._again()
        elif kind is Kind.STATUS:
            await self._status(clerk)
        elif kind is Kind.PUNCH:
            await self._punch(clerk)
        elif kind is Kind.NOTE:
            await self._note(clerk)
        elif kind is Kind.MEMO:
            await self._memo(clerk)
        elif not clerk.is_chief:
            await self._file(clerk)

    def close(self) -> None:
        for pair in self._lines.values():
            for http in pair:
                http.close()

    # --- what they write ----------------------------------------------------------------------

    def _key(self) -> str:
        return f"f-{self.name}-{next(self._number)}"

    async def _status(self, clerk: Clerk) -> None:
        body = {"state": self._chance.choice(STATES), "note": self._key()}
        act = self.ledger.add(Act(Kind.STATUS, clerk.number, body["note"]))
        await self._send(act, clerk, "POST", "/me/status", body, again=False)

    async def _punch(self, clerk: Clerk) -> None:
        """The site is new each time: another report of the same within three seconds would be the same."""
        key = self._key()
        kind, place = self._chance.choice(
            [("place", "office"), ("place", "trip"), ("start", "office"), ("break_in", None)]
        )
        ago = timedelta(seconds=self._chance.randrange(0, 1800))  # they come in any order
        body = {"kind": kind, "place": place, "site": key, "client_at": halls.iso_ago(ago)}
        act = self.ledger.add(Act(Kind.PUNCH, clerk.number, key, body))
        await self._send(act, clerk, "POST", "/me/punches", body, key=key)

    async def _note(self, clerk: Clerk) -> None:
        """A second text for the same place only when the first one's answer is known."""
        day = halls.today() + timedelta(days=self._chance.randrange(7))
        place = (clerk.number, day.isoformat(), self._chance.choice(("morning", "evening")))
        text = (self._key(),)
        act = self.ledger.add(Act(Kind.NOTE, clerk.number, place, text))
        path = f"/me/standup/{place[1]}/{place[2]}"
        await self._send(act, clerk, "PUT", path, {"lines": list(text)}, gives_up=0.0)

    async def _memo(self, clerk: Clerk) -> None:
        text = self._key()
        to = self._chance.choice([c for c in self.hall.clerks if c.number != clerk.number])
        body = {"to": to.number, "caller": "納税者", "text": text}
        act = self.ledger.add(Act(Kind.MEMO, clerk.number, text, to.number))
        await self._send(act, clerk, "POST", "/messages", body, key=text)

    async def _file(self, clerk: Clerk) -> None:
        day = next(self._days[clerk.number])
        key = str(UUID(int=self._chance.getrandbits(128)))
        body = {"key": key, "days": [day.isoformat()], "place": "home", "work": WORK}
        act = self.ledger.add(Act(Kind.FILING, clerk.number, key, day))
        answer = await self._send(act, clerk, "POST", "/requests", body)
        if answer is not None and act.outcome is Outcome.ACKNOWLEDGED:
            await self._approve(clerk, answer.json()["requests"][0])

    async def _approve(self, clerk: Clerk, request: dict[str, Any]) -> None:
        chief = self.hall.chiefs[clerk.unit]
        act = self.ledger.add(Act(Kind.APPROVAL, chief.number, request["id"]))
        body = {"revision": request["revision"]}
        await self._send(act, chief, "POST", f"/requests/{request['id']}/approve", body)

    # --- sending ------------------------------------------------------------------------------

    async def _send(
        self,
        act: Act,
        clerk: Clerk,
        method: str,
        path: str,
        body: Any,
        *,
        key: str | None = None,
        again: bool = True,
        gives_up: float = GIVES_UP,
    ) -> Answer | None:
        headers = {"Authorization": f"Bearer {clerk.token}"}
        if key is not None:
            headers["Idempotency-Key"] = key

        async def call(http: Http) -> Answer:
            async with asyncio.timeout(PATIENCE_S):
                return await http.request(method, f"/api/v1{path}", headers=headers, body=body)

        answer = await self._until_answered(act, call, again=again, gives_up=gives_up)
        if answer is not None and act.outcome is Outcome.ACKNOWLEDGED and key is not None:
            self._earlier.append((act, call, _essence(answer)))
        return answer

    async def _until_answered(
        self, act: Act, call: Callable[[Http], Awaitable[Answer]], *, again: bool, gives_up: float
    ) -> Answer | None:
        answer = None
        while answer is None and (not self.is_stopped or gives_up == 0.0):
            answer = await self._try(act, call)
            if answer is None:
                if not act.sent:
                    await asyncio.sleep(NOBODY_THERE_S)
                    break
                if not again or self._chance.random() < gives_up:
                    break
                await asyncio.sleep(0.1)
            elif answer.status >= 500:  # says that nothing was done: the same again must be safe
                self._refused(act, answer)
                await asyncio.sleep(0.2)
                answer = None if again else answer
        if answer is not None:
            self._judge(act, answer)
        return answer

    async def _try(self, act: Act, call: Callable[[Http], Awaitable[Answer]]) -> Answer | None:
        pair = self._lines[self._chance.choice(self.ports)]
        twice = act.kind is not Kind.STATUS and self._chance.random() < TWICE_AT_ONCE
        found = await asyncio.gather(*(self._call(act, call, http) for http in pair[: 1 + twice]))
        answers = [answer for answer in found if answer is not None]
        good = [answer for answer in answers if answer.status < 300]
        if len(good) == 2 and _essence(good[0]) != _essence(good[1]):
            self.ledger.wrong.append(f"twins of {act.kind} {act.key}: two different answers")
        return next(iter(good or answers), None)

    async def _call(
        self, act: Act, call: Callable[[Http], Awaitable[Answer]], http: Http
    ) -> Answer | None:
        try:
            answer = await call(http)
        except ConnectionRefusedError:  # nobody there: it was not even sent
            return None
        except LOST as error:
            act.sent += 1
            http.close()
            self.ledger.said(f"no answer: {type(error).__name__}")
            return None
        act.sent += 1
        return answer

    def _judge(self, act: Act, answer: Answer) -> None:
        if answer.status < 300:
            act.outcome = Outcome.ACKNOWLEDGED
            return
        if act.sent > 1 and _was_approved(act, answer):
            act.outcome = Outcome.ACKNOWLEDGED  # the first one did it, its answer was lost
            return
        self._refused(act, answer)
        if answer.status < 500 and act.sent == 1:
            act.outcome = Outcome.REFUSED

    def _refused(self, act: Act, answer: Answer) -> None:
        try:
            words = answer.json()["error"]["message"]
        except (ValueError, KeyError, TypeError):
            words = f"no words: {answer.body[:60]!r}"
        self.ledger.said(f"{answer.status} {act.kind}: {words}")

    async def _again(self) -> None:
        """What was answered long ago comes once more: the same answer, and nothing new."""
        act, call, essence = self._chance.choice(self._earlier)
        answer = await self._call(act, call, self._lines[self.ports[0]][0])
        if answer is not None and answer.status < 300 and _essence(answer) != essence:
            self.ledger.wrong.append(f"{act.kind} {act.key} again: another answer than the first")


def _was_approved(act: Act, answer: Answer) -> bool:
    """A decision that came second is told how it stands."""
    if act.kind is not Kind.APPROVAL or answer.status != 409:
        return False
    return bool(answer.json().get("request", {}).get("state") == "approved")


def _essence(answer: Answer) -> Any:
    said = answer.json()
    return said.get("id", said.get("requests", [{}])[0].get("id"))


def _working_days() -> Iterator[date]:
    """Of the coming year; each is asked for once."""
    first = halls.today()
    return (day for n in count(1) if (day := first + timedelta(days=n)).isoweekday() < 6)


class Writers:
    def __init__(self, hall: Hall, ports: list[int], seed: int, *, hands: int = 8) -> None:
        self.ledger = Ledger()
        hands = min(hands, len(hall.clerks))
        self._writers = [
            Writer(f"{seed}-{n}", hall.clerks[n::hands], hall, ports, self.ledger, f"{seed}/{n}")
            for n in range(hands)
        ]
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, pause_s: float = 0.01) -> None:
        self._tasks = [
            asyncio.create_task(writer.write(lambda: pause_s)) for writer in self._writers
        ]

    async def stop(self) -> None:
        """Each finishes what it is at."""
        for writer in self._writers:
            writer.is_stopped = True
        await asyncio.gather(*self._tasks)
        for writer in self._writers:
            writer.is_stopped = False

    def close(self) -> None:
        for writer in self._writers:
            writer.close()
