"""HTTP/1.1 that stays open, with next to no work of one's own."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Http:
    """One connection kept open, one request at a time; opened again if the server closed it meanwhile."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._turn = asyncio.Lock()

    async def request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, body: Any = None
    ) -> Answer:
        """Raises OSError or asyncio.IncompleteReadError when the answer did not come; nothing is asked twice."""
        async with self._turn:
            if self._streams is not None and self._streams[0].at_eof():  # idle for too long
                self.close()
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            try:
                writer.write(self._head_and_body(method, path, headers or {}, body))
                return await self._answer(reader)
            except BaseException:  # also when given up: the answer would meet the next question
                self.close()
                raise

    def _head_and_body(self, method: str, path: str, headers: dict[str, str], body: Any) -> bytes:
        payload = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + payload

    async def _answer(self, reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split()[1])
        pairs = (line.partition(":") for line in head[1:] if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length", "0"))
        body = await reader.readexactly(length) if length and status not in (204, 304) else b""
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, headers, body)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Lines:
    """Several connections, taken in turn; of several servers, each gets its share."""

    def __init__(self, ports: list[int], number: int) -> None:
        self._all = [Http(ports[turn % len(ports)]) for turn in range(number)]
        self._next = 0

    async def request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, body: Any = None
    ) -> Answer:
        one = self._all[self._next % len(self._all)]
        self._next += 1
        return await one.request(method, path, headers=headers, body=body)

    def close(self) -> None:
        for one in self._all:
            one.close()
