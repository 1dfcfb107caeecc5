"""Every page of 緊急時, gathered under one blueprint."""

from webapp.emergency import (
    answer_pages,
    close_pages,
    deploy_pages,
    evening_pages,
    one_pages,
    overview_pages,
)
from webapp.emergency.blueprint import bp

__all__ = [
    "answer_pages",
    "bp",
    "close_pages",
    "deploy_pages",
    "evening_pages",
    "one_pages",
    "overview_pages",
]
