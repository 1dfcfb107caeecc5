"""How large each measurement is, in one place."""

from dataclasses import dataclass, replace

SECTION = 50  # people of a section, all in front of its board


@dataclass(frozen=True)
class Sizes:
    """Numbers of people, seconds, and acts a second."""

    sections: int = 200  # 10,000 people, each with a socket
    changes_each_s: int = 100
    changes_s: float = 60.0
    cluster_processes: int = 2
    burst_each_s: int = 300
    burst_s: float = 10.0
    stalled: int = 100  # of 10,000
    stalled_sections: int = 5  # where half of the changes are, so that what is not read piles up
    reconnect_each_s: int = 20  # reports under way while the server is killed
    reconnect_before_s: float = 10.0
    down_s: float = 2.0  # until it is started again
    reconnect_at_most_s: float = 120.0
    morning_s: float = 300.0
    morning_squeezed: float = 5.0  # the five minutes in one
    morning_people: int = 1_393
    snapshot_s: float = 5.0
    import_posts_each_s: int = 10
    fan_out_each_s: tuple[int, ...] = (100, 300)
    fan_out_s: float = 20.0
    soak_minutes: float = 10.0
    soak_changes_each_s: int = 50
    soak_reconnects_each_s: int = 5
    soak_sections: int = 40

    @property
    def people(self) -> int:
        return self.sections * SECTION


SPARE_FILES = 1_000


def within(sizes: Sizes, open_files: int) -> Sizes:
    """No more people than this machine lets us have sockets."""
    most = max(1, (open_files - SPARE_FILES) // SECTION)
    return replace(sizes, sections=min(sizes.sections, most))


QUICK = Sizes(
    sections=6,
    changes_each_s=20,
    changes_s=4,
    burst_each_s=40,
    burst_s=2,
    stalled=6,
    stalled_sections=2,
    reconnect_before_s=3,
    reconnect_at_most_s=60,
    morning_s=20,
    morning_squeezed=4,
    morning_people=100,
    snapshot_s=1.5,
    fan_out_each_s=(40,),
    fan_out_s=3,
    soak_minutes=0.4,
    soak_changes_each_s=20,
    soak_sections=6,
)
