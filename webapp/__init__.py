"""Zaiseki (在席): who is where, can I reach them, are the counter and the telephone covered."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from webapp.config import Config


def create_app(config: "Config | None" = None) -> "Flask":
    """The application; what it is put together from stands in `webapp.register`.

    Imported late: `zaiseki serve` passes through this package on its way to wsgi.py, which patches before anything
    else is imported, and which would otherwise wait a second for nothing.
    """
    app: Flask = import_module("webapp.register").put_together(config)
    return app
