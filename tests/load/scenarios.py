"""The measurements by name, in the order in which they are made."""

from tests.load import (
    apart,
    changes,
    comeback,
    house,
    imports,
    memory_profile,
    morning,
    rival_bench,
    snapshots,
    soak,
)
from tests.load.workbench import Measurement

ALL: dict[str, Measurement] = {
    "page_weight": apart.page_weight,
    "start_of_day": morning.start_of_day,
    "tap_to_screen": changes.tap_to_screen,
    "burst": changes.burst,
    "stalled_readers": changes.stalled_readers,
    "tap_to_screen_cluster": changes.tap_to_screen_cluster,
    "snapshot_rate": snapshots.snapshot_rate,
    "sockets_accepted": house.sockets_accepted,
    "mass_drop": house.mass_drop,
    "memory_profile": memory_profile.memory_profile,
    "mass_reconnect": comeback.mass_reconnect,
    "rival": rival_bench.rival,
    "soak": soak.soak,
    "import_time": imports.import_time,
    "coverage": apart.coverage_time,
    "approval": apart.approval_time,
    "requests_filed": apart.requests_filed,
    "plans_imported": apart.plans_imported,
    "lines_booked": apart.lines_booked,
}


def chosen(names: list[str]) -> list[tuple[str, Measurement]]:
    """The two with everybody connected share their sockets."""
    found = ALL
    if {"sockets_accepted", "mass_drop"} <= set(names):
        names = [name for name in names if name != "mass_drop"]
        found = ALL | {"sockets_accepted": house.full_house}
    return [(name, found[name]) for name in names]
