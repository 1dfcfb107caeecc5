"""Pages: sign in, sign out, choose a password."""

import time
from typing import Any

from flask import Response, current_app, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from webapp.accounts import queries, service
from webapp.accounts.access import Actor, current_actor
from webapp.accounts.blueprint import bp, browser_only, close_sessions, this_device
from webapp.accounts.cookies import empty_cookie, put_in_cookie
from webapp.accounts.forms import PasswordBody, SignInBody, own_path
from webapp.accounts.service import Attempt, NewPassword, SignedIn
from webapp.accounts.settings import PASSWORD_LENGTH, REMEMBER_DAYS
from webapp.core import clock, facts, settings
from webapp.core.db import transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import Refusal, RuleBroken, TooMany
from webapp.errors import answer, wants_json

# A refusal takes at least this long: writing down a failure must not tell that the number exists.
SHORTEST_REFUSAL_S = 0.25


@bp.get("/signin")
def sign_in() -> Any:
    target = own_path(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(target)
    number = _number_from_proxy()
    if number is not None and "out" not in request.args:
        return _sign_in_by_header(number, target)
    return _sign_in_page(target)


def _sign_in_page(
    target: str,
    *,
    fault: Refusal | None = None,
    number: str = "",
    remember: bool = False,
) -> Any:
    page = render_template(
        "accounts/signin.html",
        next=target,
        number=number,
        remember=remember,
        days=settings.value(REMEMBER_DAYS),
        fault=fault.message if fault else "",
        errors=fault.fields if isinstance(fault, RuleBroken) else {},
        demonstration=facts.is_demonstration(),
        left="out" in request.args,
        by_proxy=_number_from_proxy() is not None,
    )
    return page, fault.status if fault else 200


@bp.post("/signin")
def sign_in_now() -> Any:
    target = own_path(request.form.get("next"))
    began = clock.monotonic()
    try:
        signed_in = _signed_in(valid_or_422(SignInBody))
    except Refusal as fault:
        time.sleep(max(0.0, SHORTEST_REFUSAL_S - (clock.monotonic() - began)))
        if wants_json():
            raise
        return _sign_in_again(fault, target)
    token = put_in_cookie(signed_in.secret, remembered=signed_in.remembered)
    if wants_json():
        return Response(status=204, headers={"X-CSRFToken": token})
    if signed_in.must_change:
        return redirect(url_for("accounts.change_password", next=target))
    return redirect(target)


def _sign_in_again(fault: Refusal, target: str) -> Any:
    """The page with what was typed, but for the password."""
    response = current_app.make_response(
        _sign_in_page(
            target,
            fault=fault,
            number=request.form.get("number", "")[:32],
            remember="remember" in request.form,
        )
    )
    if isinstance(fault, TooMany):
        response.headers["Retry-After"] = str(fault.retry_after)
    return response


def _signed_in(body: SignInBody) -> SignedIn:
    device, address = this_device()
    attempt = Attempt(body.number, body.password, body.remember, device, address)
    now = clock.now()
    before = current_actor() if current_user.is_authenticated else None
    checked = service.check(attempt, now=now)
    with transaction():
        outcome = service.sign_in(checked, attempt, now=now)
        if isinstance(outcome, SignedIn) and before is not None:
            ended = service.end_session(before, before.session_id)  # one browser, one session
        else:
            ended = []
    close_sessions(ended)
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


class StalePage(Refusal):
    status, code = 400, "csrf"

    def __init__(self) -> None:
        super().__init__("画面を開いてから時間がたちました。もう一度入力してください。")


@bp.errorhandler(CSRFError)
def stale_page(_error: CSRFError) -> Any:
    """The token in the page belongs to a session that is over: nothing typed is lost for it."""
    if request.endpoint == "accounts.sign_out" and not current_user.is_authenticated:
        return redirect(url_for("accounts.sign_in", out=1))
    fault = StalePage()
    if request.endpoint == "accounts.sign_in_now" and not wants_json():
        return _sign_in_again(fault, own_path(request.form.get("next")))
    return answer(fault.status, fault.message, code=fault.code)


# --- signed in by the proxy -----------------------------------------------------------------


def _number_from_proxy() -> str | None:
    """Who the trusted proxy says it is; TrustedProxies drops the header of anybody else."""
    header = current_app.config["ZAISEKI"].remote_user_header
    value = request.headers.get(header, "").strip() if header else ""
    # 「CITY\\100123」 and 「100123@city.example」 are the number with its domain.
    return value.rpartition("\\")[2].partition("@")[0] or None


def _sign_in_by_header(number: str, target: str) -> Any:
    device, address = this_device()
    with transaction():
        signed_in = service.sign_in_by_header(
            number, Attempt(number, "", False, device, address), now=clock.now()
        )
    put_in_cookie(signed_in.secret, remembered=False)
    return redirect(target)


# --- signing out ----------------------------------------------------------------------------


@bp.post("/signout")
def sign_out() -> Any:
    if current_user.is_authenticated:
        actor = current_actor()
        with transaction():
            ended = service.end_session(actor, actor.session_id)
        close_sessions(ended)
    empty_cookie()
    return redirect(url_for("accounts.sign_in", out=1))


# --- choosing a password --------------------------------------------------------------------


@bp.get("/password/change")
def change_password() -> Any:
    return _password_page(browser_only(current_actor()))


def _password_page(actor: Actor, fault: Refusal | None = None) -> Any:
    shown = fault.fields if fault is not None and fault.fields else {}
    page = render_template(
        "accounts/password.html",
        viewer=None if actor.must_change_password else actor,
        nav="account",
        who_changes=actor,
        first=actor.must_change_password,
        minimum=settings.value(PASSWORD_LENGTH),
        next=own_path(request.values.get("next")),
        errors=shown,
        fault=fault.message if fault else "",
    )
    return page, fault.status if fault else 200


@bp.post("/password/change")
def change_password_now() -> Any:
    actor = browser_only(current_actor())
    try:
        secret, ended = _changed(actor, valid_or_422(PasswordBody))
    except Refusal as fault:
        if wants_json():
            raise
        return _password_page(actor, fault)
    return _with_new_cookie(actor, secret, ended)


def _changed(actor: Actor, body: PasswordBody) -> tuple[str, list[int]]:
    now = clock.now()
    wanted = NewPassword(body.current, body.new, body.again)
    about = queries.words_about(actor)
    checked = service.check_new_password(wanted, actor=actor, about=about, now=now)
    with transaction():
        outcome = service.change_password(checked, actor=actor, now=now)
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def _with_new_cookie(actor: Actor, secret: str, ended: list[int]) -> Any:
    from_first = actor.must_change_password
    close_sessions(ended)
    remembered = queries.is_remembered(actor.session_id)
    token = put_in_cookie(secret, remembered=remembered)
    if wants_json():
        return Response(status=204, headers={"X-CSRFToken": token})
    target = own_path(request.form.get("next"))
    return redirect(target if from_first else url_for("accounts.account", changed=1))
