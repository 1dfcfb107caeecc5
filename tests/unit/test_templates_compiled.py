"""What a template is compiled to is kept for the process, by its content."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import Environment

from webapp.core import templates


def app_on(folder: Path) -> Flask:
    app = Flask("any", template_folder=str(folder))
    templates.register(app)
    return app


def test_a_second_application_compiles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.html", "b.html"):
        (tmp_path / name).write_text(f"{name} {{{{ 1 + 1 }}}}")
    pauses: list[int] = []
    templates.compile_all(app_on(tmp_path), lambda: pauses.append(1))
    assert len(pauses) == 2

    def compiled(*_: Any, **__: Any) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(Environment, "compile", compiled)
    assert app_on(tmp_path).jinja_env.get_template("b.html").render() == "b.html 2"
    (tmp_path / "b.html").write_text("other")
    with pytest.raises(AssertionError, match="compiled again"):
        app_on(tmp_path).jinja_env.get_template("b.html")
