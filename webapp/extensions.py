"""Extensions, made once and bound to the application in the factory."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask_babel import Babel
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect

from webapp.core.db import db

T = TypeVar("T")

babel = Babel()
csrf = CSRFProtect()
login_manager = LoginManager()

__all__ = ["babel", "csrf", "db", "login_manager", "off_loop"]


def off_loop(function: Callable[..., T], *args: Any) -> T:
    """Run something slow without holding up the event loop. The server's entry replaces how (threads there)."""
    return _run_off_loop(function, *args)


def _run_here(function: Callable[..., Any], *args: Any) -> Any:
    return function(*args)


_run_off_loop: Callable[..., Any] = _run_here


def run_off_loop_with(runner: Callable[..., Any]) -> None:
    global _run_off_loop
    _run_off_loop = runner
