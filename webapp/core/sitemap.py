"""Which pages this site has: asked of the routes, not of the database."""

from functools import cache

from flask import Flask, current_app


def page_exists(path: str) -> bool:
    """Whether a page answers at this path, with or without a query."""
    return _answers(current_app._get_current_object(), path.partition("?")[0].partition("#")[0])  # type: ignore[attr-defined]  # noqa: SLF001


@cache
def _answers(app: Flask, path: str) -> bool:
    return path.startswith("/") and app.url_map.bind("").test(path, method="GET")
