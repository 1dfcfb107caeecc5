"""Parses every template: syntax, names of other templates, and what the page policy forbids."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, TemplateSyntaxError, meta

FOLDER = Path("templates")

# Content-Security-Policy allows nothing inline, so these would fail in the browser, silently.
FORBIDDEN = {
    r"<script(?![^>]*\b(?:src|type=\"application/json\"))[^>]*>": "inline script",
    r"<style\b": "inline style sheet",
    r"<[a-z][^>]*\sstyle\s*=": "inline style",
    r"<[a-z][^>]*\son[a-z]+\s*=": "inline event handler",
    r"\bhx-on\b|\bhx-vals=.js:": "htmx that needs eval",
    r"\|\s*safe\b": "`|safe` switches escaping off",
}


def faults(name: str, environment: Environment) -> Iterator[str]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    try:
        tree = environment.parse(text, name)
    except TemplateSyntaxError as error:
        yield f"{FOLDER / name}:{error.lineno}: {error.message}"
        return
    for other in meta.find_referenced_templates(tree):
        if other is not None and not (FOLDER / other).is_file():
            yield f"{FOLDER / name}: no template {other}"
    for pattern, what in FORBIDDEN.items():
        for found in re.finditer(pattern, text, re.IGNORECASE):
            line = text.count("\n", 0, found.start()) + 1
            yield f"{FOLDER / name}:{line}: {what}: {found.group()[:60]!r}"


def main() -> int:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, extensions=["jinja2.ext.i18n"]
    )
    names = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file())
    found = [fault for name in names for fault in faults(name, environment)]
    print(*found, f"{len(names)} templates, {len(found)} faults", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
