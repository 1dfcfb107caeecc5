"""Where a notice leads, for who may still go there: a transfer may lie between the telling and the reading."""

from collections.abc import Callable

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.core.sitemap import page_exists
from webapp.org import queries as org

MayOpen = Callable[[str, Actor], bool]


def _rota(path: str, actor: Actor) -> bool:
    tree = org.current_tree()
    _, _, rest = path.partition("?")[0].strip("/").partition("/")
    unit = tree.by_code(rest.partition("/")[0])
    return unit is not None and access.reads_duties(actor, unit.id, tree)


_CHECKS: dict[str, MayOpen] = {"rota": _rota}


def lend(feature: str, may_open: MayOpen) -> None:
    """feature: the first part of the path, 「requests」 of /requests/12. Said once, in register.py."""
    _CHECKS[feature] = may_open


def link_for(path: str, actor: Actor) -> str:
    """The path as it is, or nothing where the person would be refused."""
    if not path or path.startswith(("//", "/\\")) or not page_exists(path):
        return ""
    check = _CHECKS.get(path.strip("/").partition("/")[0].partition("?")[0])
    return path if check is None or check(path, actor) else ""
