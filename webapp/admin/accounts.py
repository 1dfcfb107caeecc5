"""Accounts for 管理者: first codes on paper or as a file, and help for one person."""

from datetime import datetime
from typing import Any

import segno
from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.accounts import issuing, tokens
from webapp.accounts.access import Actor, unit_or_404
from webapp.accounts.blueprint import browser_only, close_sessions, close_tokens
from webapp.accounts.issuing import Holder, Slip, Standing
from webapp.accounts.settings import CODE_DAYS
from webapp.admin.blueprint import admin_only, bp, page
from webapp.core import clock, settings
from webapp.core.csvfile import to_csv
from webapp.core.db import transaction
from webapp.core.refusals import NotFound, RuleBroken
from webapp.org import queries as org
from webapp.org.settings import MUNICIPALITY

MOST_SHOWN = 100
A_PAGE = 8


def _admin() -> Actor:
    """At a browser only: a token that makes codes could become anybody."""
    return browser_only(admin_only())


@bp.get("/admin/accounts")
def accounts() -> Any:
    return _list(_admin())


def _list(actor: Actor, fault: RuleBroken | None = None) -> Any:
    now = clock.now()
    people = issuing.holders(now=now)
    text = request.args.get("q", "").strip()
    found = [who for who in people if _matches(who, text)] if text else []
    return page(
        "accounts",
        actor,
        at="accounts",
        status=fault.status if fault else 200,
        text=text,
        people=found[:MOST_SHOWN],
        more=len(found) > MOST_SHOWN,
        sums={standing.value: _count(people, standing) for standing in Standing},
        locked=[who for who in people if who.locked_until],
        total=len(people),
        units=_units(people),
        typed=request.form,
        errors=fault.fields if fault else {},
        code_days=settings.value(CODE_DAYS),
    )


def _matches(who: Holder, text: str) -> bool:
    where = f"{who.number} {who.name} {who.kana} {who.unit_name}".replace("　", " ")
    squeezed = where.replace(" ", "")
    return all(word in where or word in squeezed for word in text.replace("　", " ").split())


def _count(people: list[Holder], standing: Standing) -> int:
    return sum(who.standing is standing for who in people)


def _units(people: list[Holder]) -> list[tuple[str, str, int]]:
    """(code, indented name, people below who need a code), of units that have any."""
    tree = org.current_tree()
    needy: dict[int, int] = {}
    for who in people:
        if who.needs_code:
            for node in tree.path(who.unit_id or 0):
                needy[node.id] = needy.get(node.id, 0) + 1
    return [
        (node.code, "　" * (len(tree.path(node.id)) - 1) + node.name, needy[node.id])
        for node in tree.nodes
        if node.id in needy
    ]


# --- codes ----------------------------------------------------------------------------------


@bp.post("/admin/accounts/codes")
def issue_codes() -> Any:
    """For everybody of a unit and below (or of all) who has no password."""
    actor = _admin()
    now = clock.now()
    code = request.form.get("unit", "")
    people = issuing.holders(now=now)
    if code:
        people = issuing.below(people, unit_or_404(code).id)
    again = request.form.get("again") == "1"
    wanted = [who for who in people if who.needs_code or (again and who.standing is Standing.CODE)]
    batch = issuing.prepare(wanted, now=now)
    with transaction():
        slips, ended = issuing.put_in_force(batch, actor=actor, unit_code=code or None, now=now)
    if not slips:
        message = _("コードの要る人がいません。")
        return _list(actor, RuleBroken(message, {"unit": message}))
    close_sessions(ended)
    if request.form.get("as") == "csv":
        return _csv(slips, now)
    return _slips_page(slips, actor)


@bp.post("/admin/accounts/<number>/code")
def issue_code(number: str) -> Any:
    """A first code, or one in place of a forgotten password."""
    actor = _admin()
    now = clock.now()
    batch = issuing.prepare([_holder(number, now)], now=now)
    with transaction():
        slips, ended = issuing.put_in_force(batch, actor=actor, reset=True, now=now)
    close_sessions(ended)
    return _slips_page(slips, actor)


def _slips_page(slips: list[Slip], actor: Actor) -> Any:
    """The only moment at which codes exist in clear."""
    address = request.url_root
    qr = segno.make(address, error="m")
    return render_template(
        "accounts/slips.html",
        viewer=actor,
        nav="admin",
        sheets=[slips[n : n + A_PAGE] for n in range(0, len(slips), A_PAGE)],
        total=len(slips),
        expires_at=slips[0].expires_at,
        municipality=settings.value(MUNICIPALITY),
        address=address,
        qr_path=_outline(qr),
        qr_size=qr.symbol_size(border=0)[0],
    )


def _outline(qr: segno.QRCode) -> str:
    """The dark squares as one path; drawn once, used on every slip."""
    squares = ((x, y) for y, line in enumerate(qr.matrix) for x, dark in enumerate(line) if dark)
    return "".join(f"M{x} {y}h1v1h-1z" for x, y in squares)


def _csv(slips: list[Slip], now: datetime) -> Response:
    rows = [
        (
            slip.number,
            slip.name,
            slip.unit_name,
            slip.code,
            clock.to_tokyo(slip.expires_at).strftime("%Y-%m-%d %H:%M"),
        )
        for slip in slips
    ]
    content, _missing = to_csv(["職員番号", "氏名", "所属", "コード", "期限"], rows)
    response = Response(content, mimetype="text/csv")
    name = f"codes-{clock.to_tokyo(now):%Y%m%d-%H%M}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# --- one person -----------------------------------------------------------------------------


def _holder(number: str, now: datetime) -> Holder:
    who = issuing.holder_of(number, now=now)
    if who is None:
        raise NotFound(_("この職員は見つかりません。"))
    return who


@bp.get("/admin/accounts/<number>")
def account(number: str) -> Any:
    actor = _admin()
    now = clock.now()
    who = _holder(number, now)
    return page(
        "account",
        actor,
        at="accounts",
        person=who,
        sessions=issuing.signed_in_count(who.staff_id, now=now),
        tokens=len(tokens.own_tokens(who.staff_id, now=now)),
        code_days=settings.value(CODE_DAYS),
    )


@bp.post("/admin/accounts/<number>/unlock")
def unlock_account(number: str) -> Any:
    actor = _admin()
    now = clock.now()
    with transaction():
        issuing.unlock(_holder(number, now), actor=actor, now=now)
    flash(_("また使えるようにしました。"), "done")
    return redirect(url_for("admin.account", number=number))


@bp.post("/admin/accounts/<number>/sign-out")
def sign_out_account(number: str) -> Any:
    actor = _admin()
    now = clock.now()
    with transaction():
        who = _holder(number, now)
        sessions, revoked = issuing.sign_out_everywhere(who, actor=actor, now=now)
    close_sessions(sessions)
    close_tokens(revoked)
    words = _(
        "端末 %(n)s 台をサインアウトし、トークン %(t)s 個を取り消しました。",
        n=len(sessions),
        t=len(revoked),
    )
    flash(words, "done")
    return redirect(url_for("admin.account", number=number))
