"""The pages beside the week itself; importing them puts their routes on the blueprint."""

from webapp.rota import fairness_pages, owndata, sheet_pages, swap_pages

__all__ = ["fairness_pages", "owndata", "sheet_pages", "swap_pages"]
