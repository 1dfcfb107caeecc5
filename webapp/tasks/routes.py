"""Every page of the task sheet, gathered under one blueprint."""

from webapp.tasks import file_pages, sheet_pages
from webapp.tasks.blueprint import bp

__all__ = ["bp", "file_pages", "sheet_pages"]
