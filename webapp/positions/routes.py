"""Every page of positions and demand, gathered under one blueprint."""

from webapp.positions import (
    demand_pages,
    file_pages,
    hours_pages,
    owndata,
    people_pages,
    position_pages,
    start_pages,
)
from webapp.positions.blueprint import bp

__all__ = [
    "bp",
    "demand_pages",
    "file_pages",
    "hours_pages",
    "owndata",
    "people_pages",
    "position_pages",
    "start_pages",
]
