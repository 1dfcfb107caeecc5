"""Which entry of the menu a page belongs to."""

_OF_PAGE = {
    "board.home_page": "me",
    "board.section": "board",
    "board.own_section": "board",
    "board.city": "city",
    "board.search_page": "search",
    "board.about": "about",
}
_OF_FEATURE = {
    "standup": "standup",
    "rota": "rota",
    "positions": "rota",
    "reports": "day",
    "admin": "admin",
    "accounts": "account",
    "notices": "account",
    "requests": "requests",
    "messages": "messages",
    "seats": "seats",
    "tasks": "tasks",
    "plans": "plan",
    "emergency": "emergency",
    "kiosk": "kiosks",
}
_OF_PATH = {"plan": "plan", "questions": "questions"}  # pages within another feature's blueprint


def entry_of(endpoint: str, path: str) -> str:
    first = path.strip("/").partition("/")[0]
    feature = endpoint.partition(".")[0]
    return _OF_PAGE.get(endpoint) or _OF_PATH.get(first) or _OF_FEATURE.get(feature, "")
