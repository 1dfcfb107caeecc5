"""Bringing the database to the present version, and knowing whether it is."""

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from webapp.config import ROOT
from webapp.core.db import db


def alembic_config() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


def upgrade(revision: str = "head") -> None:
    """To this revision, the newest if none is named; inside an application context."""
    command.upgrade(alembic_config(), revision)


def current_revision() -> str | None:
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def is_current() -> bool:
    return current_revision() == newest_revision()
