"""Every page of shared terminals, gathered under one blueprint."""

from webapp.kiosk import device_pages, management, owndata, pin_pages
from webapp.kiosk.blueprint import bp

__all__ = ["bp", "device_pages", "management", "owndata", "pin_pages"]
