"""Every page of the task sheet, gathered under one blueprint."""

from webapp.tasks import sheet_pages
from webapp.tasks.blueprint import bp

__all__ = ["bp", "sheet_pages"]
