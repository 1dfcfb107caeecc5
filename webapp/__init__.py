"""Zaiseki (在席): who is where, can I reach them, are the counter and the telephone covered."""

from flask import Flask

from webapp.config import ROOT, Config, from_environment
from webapp.errors import register_errors
from webapp.register import (
    register_accounts,
    register_database,
    register_features,
    register_pages,
    register_realtime,
)


def create_app(config: Config | None = None) -> Flask:
    app = Flask(
        __name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static")
    )
    register_database(app, config or from_environment())
    register_errors(app)
    register_accounts(app)
    register_features(app)
    register_pages(app)
    register_realtime(app)
    return app
