"""From a configuration to a server that answers: checks, database, demonstration, background work, signals."""

import logging
import os
import resource
import secrets
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from flask import Flask
from sqlalchemy import inspect, make_url, select

from webapp import create_app, jobs
from webapp.config import ROOT, Config, ConfigFault, from_environment
from webapp.core import facts, migrate
from webapp.core.db import db, snapshot
from webapp.demo import SIGN_INS, fill
from webapp.demo import prepare as prepare_demonstration
from webapp.org.models import Staff

log = logging.getLogger(__name__)
Environ = dict[str, Any]


@dataclass(slots=True)
class Served:
    """An application ready to be served."""

    flask: Flask
    config: Config

    @property
    def host(self) -> str:
        return self.config.host

    @property
    def port(self) -> int:
        return self.config.port

    def wsgi(self, environ: Environ, start_response: Callable[..., Any]) -> Any:
        """Websockets without compression (66 → 167 KB a connection) and without the legacy handshakes."""
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        if environ.get("HTTP_UPGRADE", "").lower() == "websocket" and (
            "HTTP_SEC_WEBSOCKET_KEY" not in environ
        ):
            start_response("400 Bad Request", [("Content-Type", "text/plain")])
            return [b"websocket version 13 is needed\n"]
        if "HTTP_SEC_WEBSOCKET_KEY" in environ and self.flask.extensions["hub"].is_crowded():
            headers = [("Content-Type", "text/plain"), ("Retry-After", "2")]
            start_response("503 Service Unavailable", headers)
            return [b"too many are connecting at once\n"]
        return self.flask.wsgi_app(environ, start_response)

    def start(self) -> None:
        processes = self.flask.extensions["processes"]
        processes.enter()
        with self.flask.app_context():
            self.flask.extensions["live_board"].load()
        self.flask.extensions["hub"].start()
        processes.start(self.flask.extensions["socket_server"])
        jobs.start(self.flask)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        print(f"在席 http://{self.host}:{self.port}", flush=True)  # noqa: T201

    def _stop(self, _number: int, _frame: Any) -> None:
        """Every acknowledged change is committed already; browsers come back by themselves."""
        os._exit(0)

    def run_with_threads(self) -> None:
        self.flask.extensions["socket_server"].run(
            self.flask, host=self.host, port=self.port, allow_unsafe_werkzeug=True, log_output=False
        )


def prepare(*, fill: bool) -> Served:
    """fill: `make run`, which migrates and fills the empty default database first."""
    try:
        config = from_environment()
    except ConfigFault as fault:
        stop_with(str(fault))
    _logging(config)
    _raise_file_limit()
    make_folder(config)
    config = _with_key(config, fill=fill)
    app = create_app(config)
    with app.app_context():
        if fill:
            migrate.upgrade()
        elif not migrate.is_current():
            stop_with("データベースが古い版か、空です。先に zaiseki migrate を実行してください。")
        if fill and config.is_default_database and config.demo != "0":
            _fill_if_empty(app)
        with snapshot():  # read afresh: the filling committed meanwhile
            demonstration = facts.is_demonstration()
        if demonstration:
            _check_demonstration(config)
            prepare_demonstration(app)
            app.config["DEMONSTRATION"] = True
            _print_sign_ins()
    return Served(app, config)


_NO_KEY = (
    "ZAISEKI_SECRET_KEY がありません。サインインを守る秘密の値です。\n"
    "  python3 -c 'import secrets; print(secrets.token_hex(32))'\n"
    "で作り、環境変数に設定してから起動してください。"
)


def _with_key(config: Config, *, fill: bool) -> Config:
    """Outside the demonstration a missing key stops the start; the demonstration keeps one of its own."""
    if config.secret_key:
        if len(config.secret_key) < 16:
            stop_with("ZAISEKI_SECRET_KEY が短すぎます。32文字以上にしてください。")
        return config
    may_be_demonstration = _is_demonstration(config) or (
        fill and config.is_default_database and config.demo != "0"
    )
    if not may_be_demonstration:
        stop_with(_NO_KEY)
    kept = ROOT / "instance" / "demonstration.key"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_hex(32))
    return replace(config, secret_key=kept.read_text().strip())


def _is_demonstration(config: Config) -> bool:
    app = create_app(config.with_secret())
    with app.app_context():
        try:
            return inspect(db.engine).has_table("database_fact") and facts.is_demonstration()
        finally:
            db.engine.dispose()


def _fill_if_empty(app: Flask) -> None:
    if db.session.scalar(select(Staff.id).limit(1)) is None:
        print("デモの市役所を作っています…", flush=True)  # noqa: T201
        fill(app)


def _check_demonstration(config: Config) -> None:
    if not config.is_loopback and config.demo != "1":
        stop_with(
            "これはデモのデータベースです。サインインの言葉が公開されているため、"
            f"{config.host} では起動しません。\n分かったうえで公開するときは ZAISEKI_DEMO=1 を設定してください。"
        )


def _print_sign_ins() -> None:
    lines = [f"  {who.number}  {who.password}  {who.about}" for who in SIGN_INS]
    print("デモのサインイン（職員番号  パスワード）", *lines, sep="\n", flush=True)  # noqa: T201


def make_folder(config: Config) -> None:
    url = make_url(config.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def _raise_file_limit() -> None:
    """A socket is a file; the soft limit is often 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _logging(config: Config) -> None:
    form = (
        '{"at":"%(asctime)s","level":"%(levelname)s","where":"%(name)s","what":"%(message)s"}'
        if config.log_json
        else "%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.basicConfig(level=logging.INFO, format=form, stream=sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def stop_with(message: str) -> NoReturn:
    print(message, file=sys.stderr)  # noqa: T201
    raise SystemExit(1)
