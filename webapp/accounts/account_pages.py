"""Pages: one's own account, with sessions, tokens, and what is stored about oneself."""

from typing import Any

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.accounts import owndata, queries, service, tokens
from webapp.accounts.access import Actor, current_actor
from webapp.accounts.blueprint import bp, browser_only, close_sessions, close_tokens
from webapp.accounts.forms import TokenBody
from webapp.accounts.rules import Scope, scopes_of
from webapp.accounts.tokens import Wish
from webapp.core import clock
from webapp.core.db import transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import NotFound, Refusal, RuleBroken

SCOPE_WORDS = {
    Scope.SELF: "自分の状態・報告・朝会の読み書きと、自分に見える在席表",
    Scope.UNIT_READ: "自分の所属の当番・申請・取次を読む",
    Scope.UNIT_WRITE: "担当する所属の当番・申請・取次を書く",
    Scope.ORG_READ: "全庁の集計と在席表を読む",
    Scope.PUNCH_WRITE: "全員の始業・終業を取り込む（カードリーダーなど）",
    Scope.ADMIN: "管理のすべて",
}
DAYS = ((30, "30日"), (90, "90日"), (365, "1年"), (1826, "5年"))


@bp.get("/me/account")
def account() -> Any:
    if request.args.get("changed"):
        flash(_("パスワードを変えました。ほかの端末はサインアウトしました。"), "done")
        return redirect(url_for("accounts.account"))
    return _page(browser_only(current_actor()))


def _page(actor: Actor, fault: Refusal | None = None, secret: str = "", status: int = 200) -> Any:
    now = clock.now()
    page = render_template(
        "accounts/account.html",
        viewer=actor,
        nav="account",
        sessions=queries.sessions_of(actor.staff_id, now=now),
        tokens=tokens.own_tokens(actor.staff_id, now=now),
        changed_at=queries.password_changed_at(actor.staff_id),
        scopes=[(scope.value, SCOPE_WORDS[scope]) for scope in scopes_of(actor.roles)],
        scope_words={scope.value: words for scope, words in SCOPE_WORDS.items()},
        days=DAYS,
        errors=fault.fields if fault else {},
        typed=request.form,
        typed_scopes=request.form.getlist("scopes") or ["self"],
        secret=secret,
    )
    return page, fault.status if fault else status


# --- sessions -------------------------------------------------------------------------------


@bp.post("/me/account/sessions/<int:session_id>/end")
def end_session(session_id: int) -> Any:
    actor = browser_only(current_actor())
    with transaction():
        ended = service.end_session(actor, session_id)
    if not ended:
        raise NotFound(_("この端末はもうサインアウトしています。"))
    close_sessions(ended)
    flash(_("サインアウトしました。"), "done")
    return redirect(url_for("accounts.account"))


@bp.post("/me/account/sessions/end-others")
def end_other_sessions() -> Any:
    actor = browser_only(current_actor())
    with transaction():
        ended = service.end_sessions_of(actor.staff_id, but=actor.session_id)
    close_sessions(ended)
    flash(_("ほかの端末 %(n)s 台をサインアウトしました。", n=len(ended)), "done")
    return redirect(url_for("accounts.account"))


# --- tokens ---------------------------------------------------------------------------------


@bp.post("/me/account/tokens")
def create_token() -> Any:
    actor = browser_only(current_actor())
    try:
        wish = _wish()
        with transaction():
            secret = tokens.create_own(wish, actor=actor, now=clock.now())
    except RuleBroken as fault:
        return _page(actor, fault)
    return _page(actor, secret=secret, status=201)


def _wish() -> Wish:
    body = valid_or_422(TokenBody)
    chosen = frozenset(Scope(word) for word in request.form.getlist("scopes") if word in set(Scope))
    return Wish(body.label, chosen, body.days)


@bp.post("/me/account/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> Any:
    actor = browser_only(current_actor())
    with transaction():
        ended = tokens.revoke_own(token_id, actor=actor, now=clock.now())
    close_tokens(ended)
    flash(_("トークンを取り消しました。"), "done")
    return redirect(url_for("accounts.account"))


# --- what is stored -------------------------------------------------------------------------


@bp.get("/me/data")
def own_data() -> Any:
    actor = browser_only(current_actor())
    return render_template(
        "accounts/owndata.html",
        viewer=actor,
        nav="account",
        stored=owndata.stored_about(actor.staff_id),
    )


@bp.get("/me/data.json")
def own_data_file() -> Response:
    actor = browser_only(current_actor())
    stored = {"職員番号": actor.number} | owndata.stored_about(actor.staff_id)
    response = Response(
        current_app.json.dumps(stored, indent=1) + "\n", mimetype="application/json"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="zaiseki-{actor.number}.json"'
    return response
