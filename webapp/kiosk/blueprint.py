"""The blueprint of shared terminals, and how a device proves that it is one."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from webapp.core.refusals import NotAllowed, NotFound
from webapp.kiosk import queries, terminals
from webapp.kiosk.models import Kiosk
from webapp.org import queries as org
from webapp.org.rules import UnitNode

bp = Blueprint("kiosk", __name__)
COOKIE = "zaiseki_kiosk"
COOKIE_S = 400 * 24 * 3600  # the longest that browsers keep; given anew each time the page opens


class Stranger(NotFound):
    """Unknown, revoked, another device: the same answer, so that it tells nothing."""

    def __init__(self) -> None:
        super().__init__("この端末では使えません。")


@dataclass(frozen=True, slots=True)
class Terminal:
    kiosk: Kiosk
    unit: UnitNode


def terminal_at(token: str, *, now: datetime) -> Terminal | None:
    """In force and of a unit that exists today; whether this device is its own comes next."""
    kiosk = queries.kiosk_by(token)
    unit = queries.unit_of(kiosk, org.tree(org.today(now), known_at=now)) if kiosk else None
    return Terminal(kiosk, unit) if kiosk is not None and unit is not None else None


def own_terminal(token: str, *, now: datetime) -> Terminal:
    """The terminal whose device this is. Raises Stranger."""
    found = terminal_at(token, now=now)
    if found is None or not terminals.is_its_device(found.kiosk, request.cookies.get(COOKIE, "")):
        raise Stranger
    return found


def keep_cookie(response: Response, token: str, secret: str) -> None:
    response.set_cookie(
        COOKIE,
        secret,
        max_age=COOKIE_S,
        path=f"/kiosk/{token}",
        secure=request.is_secure,
        httponly=True,
        samesite="Strict",
    )


def same_origin_only() -> None:
    """Beside the token in the page and the Strict cookie: a tap comes from our own page."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = urlsplit(request.headers.get("Origin") or request.host_url)
    if site != "same-origin" or origin.netloc != request.host:
        raise NotAllowed("この画面の外からは操作できません。")
