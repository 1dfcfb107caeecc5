"""What has been worked out once and is kept in this process's memory.

The rule of a key: it holds every stamp and version that the content depends on, read in the same request and before
the content. Then no process can contradict another for longer than one request: whatever changes moves a stamp in the
same commit. On PostgreSQL a commit may come between the reading of the stamp and of the content; newer content is then
kept under the older key, where nobody looks who has seen the newer stamp, and stamps never come back.

The content read inside a transaction may be of rows that are not committed, under a stamp that does not say so yet: it
serves that transaction alone, and goes with it.
"""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from webapp.core.db import db, read_cache

T = TypeVar("T")


class Kept(Generic[T]):
    """At most so many; when that is full all go, and who still needs them makes them again."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: dict[Hashable, T] = {}

    def __len__(self) -> int:
        return len(self._found)

    def clear(self) -> None:
        self._found.clear()

    def get(self, key: Hashable) -> T | None:
        """What was kept; in a transaction also what it has worked out itself."""
        found = self._found.get(key)
        if found is None and db.session.info.get("writing"):
            found = self._of_transaction().get(key)
        return found

    def keep(self, key: Hashable, content: T) -> T:
        if db.session.info.get("writing"):
            self._of_transaction()[key] = content
            return content
        if len(self._found) >= self._most and key not in self._found:
            self._found.clear()
        self._found[key] = content
        return content

    def _of_transaction(self) -> dict[Hashable, T]:
        found: dict[Hashable, T] = read_cache().setdefault(f"kept:{id(self)}", {})
        return found

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        found = self.get(key)
        return self.keep(key, make()) if found is None else found
