"""Templates compiled once a process, whatever number of applications it makes, and before the first visitor needs them.

Measured: the first visit of a page kept the loop for 0.1–0.25 s, of which the later ones took 15–40 ms.
"""

from collections.abc import Callable
from types import CodeType

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class Compiled(BytecodeCache):
    """In memory: code kept in files would be code that whoever may write there has run. By name and content."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._code[bucket.key, bucket.checksum] = bucket.code


_compiled = Compiled()


def register(app: Flask) -> None:
    """Before the first template is asked for."""
    app.jinja_options = {**app.jinja_options, "bytecode_cache": _compiled}


def compile_all(app: Flask, pause: Callable[[], object] = lambda: None) -> None:
    """pause: between two of them (each takes some 10 ms)."""
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
        pause()
