"""拠点 that can be chosen: those of the setting, and those with seats, which live above and are lent here."""

from collections.abc import Callable

from webapp.core import settings
from webapp.core.db import read_cache
from webapp.org.settings import SITES

_lent: list[Callable[[], list[str]]] = []


def lend(names: Callable[[], list[str]]) -> None:
    """Set by create_app: names of sites a feature above knows, in their order."""
    _lent[:] = [names]


def site_names() -> list[str]:
    """Those with seats first, then those of the setting; each once. Read once a request."""
    kept = read_cache()
    if "org.sites" not in kept:
        above = [name for names in _lent for name in names()]
        kept["org.sites"] = list(dict.fromkeys([*above, *settings.value(SITES)]))
    found: list[str] = kept["org.sites"]
    return list(found)
