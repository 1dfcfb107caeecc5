"""Every page of seats and loans, gathered under one blueprint."""

from webapp.seats import admin_pages, importing, item_pages, loan_pages, owndata, seat_pages
from webapp.seats.blueprint import bp

__all__ = ["admin_pages", "bp", "importing", "item_pages", "loan_pages", "owndata", "seat_pages"]
