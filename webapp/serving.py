"""From a configuration to a server that answers: checks, database, demonstration, background work, signals."""

import logging
import os
import resource
import secrets
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from flask import Flask
from sqlalchemy import inspect, make_url, select

from webapp import create_app, jobs
from webapp.config import ROOT, Config, ConfigFault, from_environment
from webapp.core import clock, facts, migrate, templates
from webapp.core.db import commit_off_loop, db, snapshot
from webapp.coverage import queries as coverage
from webapp.demo import SIGN_INS, fill
from webapp.demo import prepare as prepare_demonstration
from webapp.extensions import off_loop
from webapp.org.models import Staff
from webapp.realtime.door import Door
from webapp.realtime.drain import Drain
from webapp.realtime.tidy import LOOK_S, Tidy

log = logging.getLogger(__name__)
GONE_AFTER_S = 9
ON_TIME_S = 0.02
BETWEEN_TEMPLATES_S = 1.0  # some 130 of them: right after a start everybody comes back


@dataclass
class Served:
    """An application ready to be served."""

    flask: Flask
    config: Config
    stop_listening: Callable[[], None] = lambda: None
    waiting: Callable[[], int] = lambda: 0  # requests read, and not begun

    @property
    def host(self) -> str:
        return self.config.host

    @property
    def port(self) -> int:
        return self.config.port

    @cached_property
    def wsgi(self) -> Door:
        hub = self.flask.extensions["hub"]
        return Door(self.flask.wsgi_app, hub.admission, lambda: len(hub.engine.strangers))

    def start(self) -> None:
        processes = self.flask.extensions["processes"]
        processes.enter()
        with self.flask.app_context():
            commit_off_loop(db.engine, off_loop)
            processes.catch_up.begin()  # first: what another process makes after it is found
            self.flask.extensions["live_board"].load()
            # What follows from people's rows, which the process before may not have come to.
            homes = coverage.home_units(now=clock.now())
        self.flask.extensions["pump"].mark(coverage.TOPIC, homes)
        self.flask.extensions["hub"].start()
        processes.start(self.flask.extensions["socket_server"])
        jobs.start(self.flask)
        self._compile_templates()
        self._tidy_up()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        print(f"在席 http://{self.host}:{self.port}", flush=True)  # noqa: T201

    def _compile_templates(self) -> None:
        """Beside what comes in from now on."""
        server = self.flask.extensions["socket_server"]
        server.start_background_task(
            lambda: templates.compile_all(self.flask, lambda: server.sleep(BETWEEN_TEMPLATES_S))
        )

    def _tidy_up(self) -> None:
        server = self.flask.extensions["socket_server"]
        tidy = Tidy(self._is_quiet)

        def for_ever() -> None:
            while True:
                server.sleep(LOOK_S)
                tidy.step()

        server.start_background_task(for_ever)

    def _is_quiet(self) -> bool:
        hub = self.flask.extensions["hub"]
        return (
            self._in_flight() == 0 and hub.lag.last < ON_TIME_S and not hub.admission.is_pressed()
        )

    def _stop(self, number: int, _frame: Any) -> None:
        """In its own task: a signal may arrive in the middle of anything. The second one does not wait."""
        if self.flask.extensions["hub"].admission.closed:
            os._exit(128 + number)
        self.flask.extensions["hub"].go_down()
        signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
        signal.alarm(GONE_AFTER_S)  # whatever a database or a peer does
        self.flask.extensions["socket_server"].start_background_task(self._go_down)

    def _go_down(self) -> None:
        """Every acknowledged change is committed already; what is in flight gets its answer, browsers come back."""
        try:
            self.stop_listening()
            if not Drain(self.flask.extensions["hub"], self._in_flight).run():
                log.warning("some requests were not answered in time")
            self.flask.extensions["processes"].leave()
        except Exception:
            log.exception("going down")
        os._exit(0)

    def _in_flight(self) -> int:
        return self.wsgi.in_flight + self.waiting()

    def run_with_threads(self) -> None:
        self.flask.wsgi_app = self.wsgi  # type: ignore[method-assign]
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
