"""What create_app puts together: the one place that knows every feature."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from sqlalchemy import make_url
from sqlalchemy.pool import QueuePool

from webapp.accounts.guard import (
    authenticate_socket,
    register_guard,
    renew_sockets,
    socket_standing,
)
from webapp.api import door
from webapp.attendance import confirmations
from webapp.board import live
from webapp.board.notice_links import may_open_request
from webapp.board.snapshots import Room
from webapp.config import ROOT, Config, from_environment
from webapp.core import facts, pages, parse, redis_server, templates
from webapp.core.proxy import TrustedProxies
from webapp.coverage import alerts_live, help_live
from webapp.coverage import live as coverage_live
from webapp.coverage import service as shortages
from webapp.coverage.lines_live import LiveLines
from webapp.duties import queries as duties
from webapp.emergency import bar
from webapp.emergency import lent as emergency_orders
from webapp.emergency import live as emergency_live
from webapp.emergency import queries as emergencies
from webapp.errors import register_errors
from webapp.extensions import babel, db
from webapp.messages import live as messages_live
from webapp.notices import links as notice_links
from webapp.notices import live as notices
from webapp.notices import queries as notice_queries
from webapp.org import sites
from webapp.positions import queries as position_queries
from webapp.positions import service as positions
from webapp.presence import connections
from webapp.realtime import engine, handlers, sockets
from webapp.realtime.catchup import CatchUp
from webapp.realtime.processes import Processes, own_id
from webapp.realtime.pump import Pace, Pump
from webapp.realtime.wake import Wake
from webapp.reports import confirming
from webapp.requests import live as requests_live
from webapp.requests import order_lists, swapping, telling
from webapp.requests import records as request_records
from webapp.rota import live as rota_live
from webapp.rota import places, swap_work
from webapp.seats import lines, loan_queries
from webapp.seats import live as seats_live
from webapp.seats import queries as seat_queries
from webapp.standup import live as standup_live
from webapp.standup import queries as standup_queries

FEATURES = (
    "accounts",
    "notices",
    "attendance",
    "standup",
    "positions",
    "plans",
    "tasks",
    "seats",
    "board",
    "coverage",
    "kiosk",
    "rota",
    "emergency",
    "messages",
    "requests",
    "reports",
    "admin",
    "api",
    "operation",
)
MODELS = (
    "core",
    "realtime",
    "org",
    "accounts",
    "presence",
    "attendance",
    "plans",
    "standup",
    "positions",
    "duties",
    "tasks",
    "notices",
    "seats",
    "coverage",
    "messages",
    "rota",
    "emergency",
    "requests",
    "kiosk",
)


def put_together(config: Config | None = None) -> Flask:
    app = Flask(
        "webapp", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static")
    )
    templates.register(app)
    register_database(app, config or from_environment())
    register_errors(app)
    register_accounts(app)
    register_features(app)
    register_pages(app)
    register_realtime(app)
    return app


def register_database(app: Flask, config: Config) -> None:
    app.config["ZAISEKI"] = config
    app.config.update(
        SECRET_KEY=config.secret_key,
        TESTING=config.testing,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(config),
        SESSION_COOKIE_NAME="zaiseki",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=180),  # the database decides earlier
        MAX_CONTENT_LENGTH=20 * 1024 * 1024,
        WTF_CSRF_CHECK_DEFAULT=False,  # the guard asks for it, of everybody but bearers of a token
        WTF_CSRF_TIME_LIMIT=None,  # bound to the session: a page left open over lunch still saves
        WTF_CSRF_SSL_STRICT=False,
        BABEL_DEFAULT_LOCALE="ja",
        BABEL_DEFAULT_TIMEZONE="Asia/Tokyo",
    )
    json_provider = DefaultJSONProvider(app)
    json_provider.ensure_ascii, json_provider.sort_keys, json_provider.compact = False, False, True
    app.json = json_provider
    for feature in MODELS:
        import_module(f"webapp.{feature}.models")
    db.init_app(app)
    babel.init_app(app)


def _engine_options(config: Config) -> dict[str, Any]:
    options: dict[str, Any] = {"pool_size": 20, "max_overflow": 0, "pool_timeout": 20}
    if make_url(config.database_url).get_backend_name() == "postgresql":
        return options | {"pool_pre_ping": True}
    return options | {"poolclass": QueuePool, "connect_args": {"check_same_thread": False}}


def register_accounts(app: Flask) -> None:
    register_guard(app)


def register_features(app: Flask) -> None:
    """Blueprints: `webapp.<feature>.routes.bp`."""
    for feature in FEATURES:
        app.register_blueprint(import_module(f"webapp.{feature}.routes").bp)
    for feature in (
        "presence",
        "plans",
        "attendance",
        "duties",
        "tasks",
        "notices",
        "messages",
        "emergency",
        "requests",
    ):
        import_module(f"webapp.{feature}.owndata")
    confirmations.lend(confirming.is_named)  # the requests stand above the reports of a day
    standup_queries.lend(request_records.planned_work)  # the requests stand above the stand-up
    notice_links.lend("requests", may_open_request)
    positions.lend(  # the duties stand above the positions
        lambda position_id, first, last: {
            duty.staff_id for duty in duties.duties_at([position_id], first, last)
        }
    )
    sites.lend(seat_queries.own_site_names)
    emergency_orders.lend(order_lists.LENT)  # the requests stand above the emergencies
    position_queries.lend_caps(emergencies.caps_on)  # and so do the emergencies


def register_pages(app: Flask) -> None:
    app.before_request(parse.limit_size)
    app.before_request(parse.refuse_nul)
    pages.register_security_headers(app)
    pages.register_template_words(app)
    bar.register(app)


def register_realtime(app: Flask) -> None:
    """The pump and the sockets, with what the features lend them. Nothing runs before `serve` starts the hub."""
    pump = Pump(app)
    board = live.LiveBoard(partial(pump.take_reconsidered, "staff"))
    coverage = coverage_live.LiveCoverage()
    pump.register("staff", board.render)
    pump.keeps("staff")
    pump.register(
        "coverage",
        board.counted_again(coverage.render),
        coverage_live.PACE,
    )
    pump.register("standup", standup_live.render)
    pump.register(notice_queries.TOPIC, notices.render)
    pump.register(shortages.ALERT, alerts_live.render)
    pump.register("rota", rota_live.render)
    pump.register(places.TOPIC, rota_live.render_runs)
    pump.register("help", help_live.render)
    pump.register("emergency", emergency_live.render_tallies, Pace(rest_s=emergency_live.REST_S))
    pump.register("emergency_bar", emergency_live.render_bars)
    pump.register(messages_live.MEMO, messages_live.render_memos)
    pump.register(messages_live.QUESTION, messages_live.render_questions)
    pump.register(seat_queries.TOPIC, seats_live.render_seats)
    pump.register(loan_queries.TOPIC, seats_live.render_loans)
    pump.register(lines.TOPIC, LiveLines().render)
    pump.register(telling.TOPIC, requests_live.render)
    swap_work.on_over(swapping.went_on)  # 打診: what was asked for a request goes on from there
    server = engine.make_server(app.config["ZAISEKI"])
    door.stand_before(app)
    app.extensions["snapshots"].room = Room(
        coverage.told, coverage.lend, partial(pump.is_behind, "coverage")
    )
    server.init_app(app)
    ports = sockets.Ports(
        authenticate=authenticate_socket,
        renew=renew_sockets,
        standing=socket_standing,
        plan_watch=seats_live.with_pages(live.plan_watch),
        own_rooms=coverage_live.own_rooms,
        connections_changed=partial(_note_connections, app),
        counts=board.counts,
        digest=board.ledger.digest,
        epoch=facts.epoch,
    )
    hub = sockets.Hub(app, server, pump, ports)
    handlers.bind(hub)
    pump.deliver_with(hub.emit)
    config: Config = app.config["ZAISEKI"]
    app.wsgi_app = TrustedProxies(  # type: ignore[method-assign]
        app.wsgi_app, config.trusted_proxies, config.remote_user_header
    )
    app.extensions |= {"pump": pump, "live_board": board, "hub": hub, "socket_server": server}
    app.extensions["processes"] = Processes(
        app, connections, CatchUp(app, pump), _wake_of(app, pump)
    )


def _note_connections(app: Flask, *noticed: Iterable[int], now: datetime) -> None:
    """Who has more sockets than anybody may, over all processes, loses the oldest of another."""
    arrived, lost, signed_out = noticed
    hub = app.extensions["hub"]
    crowded = connections.record(
        arrived, lost, signed_out, process=own_id(app), now=now, sockets=hub.sockets_of
    )
    if crowded:
        hub.pump.tell("crowded", crowded)


def _wake_of(app: Flask, pump: Pump) -> Wake | None:
    """The line to the other processes, where there is Redis."""
    url = app.config["ZAISEKI"].redis_url
    if not url:
        return None

    def channel() -> str:
        with app.app_context():
            return f"zaiseki:{facts.epoch()}"

    wake = Wake(own_id(app), lambda listens: redis_server.connect(url, listens=listens), channel)
    for topic in pump.topics():
        wake.on(topic, partial(pump.mark, topic))
    wake.on("crowded", app.extensions["hub"].close_oldest_of)
    wake.on("sessions", partial(sockets.disconnect_sessions, app))
    wake.on("tokens", partial(sockets.disconnect_tokens, app))
    pump.tell = wake.tell
    return wake
