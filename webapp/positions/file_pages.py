"""Copying from another unit, and files in and out."""

from typing import Any

from webapp.positions.blueprint import bp, editing, page
from webapp.positions.start_pages import sources


@bp.get("/positions/<code>/files")
def files(code: str) -> Any:
    desk = editing(code)
    return page("files", desk, at="files", sources=sources(desk))
