"""Every page of seats and loans, gathered under one blueprint."""

from webapp.seats import loan_pages, owndata, seat_pages
from webapp.seats.blueprint import bp

__all__ = ["bp", "loan_pages", "owndata", "seat_pages"]
