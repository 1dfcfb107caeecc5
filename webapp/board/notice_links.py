"""Which news may still be followed to their page: asked of the features that keep their pages from strangers."""

from webapp.accounts.access import Actor
from webapp.core import clock
from webapp.core.refusals import NotFound
from webapp.requests import cases


def may_open_request(path: str, actor: Actor) -> bool:
    """/requests and its lists are everybody's; /requests/12 is for whom it concerns."""
    _, _, rest = path.partition("?")[0].partition("#")[0].strip("/").partition("/")
    number = rest.partition("/")[0]
    if not (number.isascii() and number.isdigit()):
        return True
    try:
        cases.read(int(number), actor, now=clock.now())
    except NotFound:
        return False
    return True
