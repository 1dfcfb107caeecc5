"""What both databases offer to a restore: a scratch place to build in, and one step that makes it the database."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from sqlalchemy.engine import Connection, Engine


class Scratch(Protocol):
    """A database beside the one in use; gone again unless it took its place."""

    @property
    def url(self) -> str: ...

    def without_foreign_keys(self, connection: Connection) -> AbstractContextManager[None]:
        """While rows come in table by table; afterwards each reference holds, or BackupFault."""

    def check(self, connection: Connection) -> None:
        """Whether the database itself finds everything in order. Raises BackupFault."""

    def settle(self, connection: Connection) -> None:
        """Everything in one place on disk."""

    def take_place(self) -> str:
        """Replace the database that is held, in one step; where the one that was there is kept ("": none was)."""


class Target(Protocol):
    def refuse_if_in_use(self) -> None:
        """Raises BackupFault, naming who has the database open."""

    def holds_something(self) -> bool:
        """Anything that would be missed; also True for a database that cannot be read."""

    def reading(self) -> AbstractContextManager[Engine | None]:
        """The database to be replaced, to read from; None where there is none or it cannot be read."""

    def scratch(self, *, now: datetime, hold: bool) -> AbstractContextManager[Scratch]:
        """hold: from here on no server can start on the database in use, until it is replaced or given up."""


STOP_FIRST = "在席のサーバーをすべて止めてから、もう一度実行してください"
