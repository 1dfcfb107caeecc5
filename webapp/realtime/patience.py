"""How long who was kept out at the door is waited for before they are shown as gone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# At the latest, who was turned away or lost the connection comes again (`waitBefore` in static/js/live-line.js).
COMES_AGAIN_S = 30.0
PATIENCE_S = 300.0


@dataclass(slots=True)
class Patience:
    """Nobody is shown as gone whom the servers themselves keep out.

    After a restart of ten thousand the last are let in minutes later. Shown as gone meanwhile, each made two versions,
    two frames and two snapshots for all of the unit, which kept the next ones out still longer. For PATIENCE_S at most:
    a flood of handshakes must not keep the gone on the boards.
    """

    counts: dict[str, int] = field(default_factory=dict)
    since: float | None = None
    last: float = 0.0

    def note(self, counts: Mapping[str, int], now: float) -> None:
        """counts: {process: how often it has kept somebody out so far}."""
        before, self.counts = self.counts, dict(counts)
        if any(count > before.get(process, 0) for process, count in counts.items()):
            self.since = now if self.since is None or self._is_over(now) else self.since
            self.last = now

    def is_needed(self, now: float) -> bool:
        return self.since is not None and not self._is_over(now) and now < self.since + PATIENCE_S

    def _is_over(self, now: float) -> bool:
        return now >= self.last + COMES_AGAIN_S
