"""The pages people look at all day, and the plain forms of 自分の今日 (they work without JavaScript too)."""

from datetime import datetime
from typing import Any

from flask import (
    Response,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user

from webapp.accounts import access
from webapp.accounts.access import current_actor
from webapp.attendance import service as attendance
from webapp.board import answering as _answering  # noqa: F401 its page joins the blueprint
from webapp.board import home, home_blocks, nav, queries, search
from webapp.board import week_pages as _week_pages  # noqa: F401
from webapp.board.blueprint import bp
from webapp.board.forms import PunchForm, StatusForm
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.core.sitemap import page_exists
from webapp.day import queries as day
from webapp.org import queries as org
from webapp.presence import queries as presence
from webapp.presence import service as status


@bp.app_context_processor
def frame() -> dict[str, Any]:
    """What the frame of every page needs."""
    at = nav.entry_of(request.endpoint or "", request.path)
    known = {"nav": at, "page_exists": page_exists}
    if g.get("frameless") or not current_user or not current_user.is_authenticated:
        return known | {"viewer": None, "labels": {}}
    return known | {"viewer": current_actor(), "labels": presence.labels()}


@bp.get("/")
def home_page() -> Any:
    actor = current_actor()
    if not actor.postings:
        return redirect(url_for("admin.overview"))
    with snapshot():
        now = clock.now()
        me = home.me(actor, now=now)
        return render_template("board/home.html", me=me, **home_blocks.blocks(actor, now=now))


@bp.post("/me/status")
def set_my_status() -> Any:
    actor, now = current_actor(), clock.now()
    wanted = valid_or_422(StatusForm).wanted()
    status.limit_taps(actor.staff_id, at=clock.monotonic())
    with transaction():
        status.set_status(actor.staff_id, wanted, actor=actor, now=now)
    return redirect(url_for("board.home_page"))


@bp.post("/me/punches")
def report_mine() -> Any:
    actor, now = current_actor(), clock.now()
    wanted = valid_or_422(PunchForm).wanted(now=now, planned=lambda: _planned(actor.staff_id, now))
    with transaction():
        answer = attendance.report(actor.staff_id, wanted, actor=actor, now=now, source="web")
    if answer.body.get("correction"):
        flash(_("修正の申請として受け付けました。承認されると記録されます。"), "done")
    return redirect(url_for("board.home_page"))


def _planned(staff_id: int, now: datetime) -> Any:
    person = day.days_of([staff_id], now=now).get(staff_id)
    return home.proposed_place(person.facts, now) if person else (None, None)


@bp.get("/board/")
def own_section() -> Any:
    code = current_actor().section_code
    return redirect(url_for("board.section", code=code) if code else url_for("board.city"))


@bp.get("/board/<code>")
def section(code: str) -> Any:
    with snapshot():
        unit = access.unit_or_404(code)
        actor = current_actor()
        forms = queries.forms_below(actor, unit)
        board = queries.board(unit, forms, now=clock.now(), actor=actor)
    template = "board/city.html" if board["children"] is not None else "board/section.html"
    return render_template(template, snapshot=board)


@bp.get("/city")
def city() -> Any:
    """The whole town hall as a tree of counts."""
    with snapshot():
        now = clock.now()
        tree = org.current_tree()
        roots = tree.roots()
        if not roots:
            return render_template("board/city.html", snapshot=queries.nothing_yet(now))
        unit = roots[0]
        board = queries.board(unit, {}, now=now, as_counts=True)
    return render_template("board/city.html", snapshot=board)


@bp.get("/search")
def search_page() -> Any:
    q = request.args.get("q", "").strip()[:100]
    with snapshot():
        found, more = search.people(q, now=clock.now())
    return render_template("board/search.html", q=q, people=found, more=more)


@bp.get("/about")
def about() -> Any:
    return render_template("board/about.html")


@bp.get("/sw.js")
def service_worker() -> Response:
    response = send_from_directory(str(current_app.static_folder), "js/sw.js")
    response.headers["Service-Worker-Allowed"] = "/"
    response.headers["Cache-Control"] = "no-cache"
    return response
