"""The pages of requests, by what they are for."""

from webapp.requests import (
    form_pages,
    inbox_pages,
    month_pages,
    order_pages,
    own_pages,
    paper_pages,
)
from webapp.requests.blueprint import bp

__all__ = [
    "bp",
    "form_pages",
    "inbox_pages",
    "month_pages",
    "order_pages",
    "own_pages",
    "paper_pages",
]
