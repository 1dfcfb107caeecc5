"""A browser in plain words, from what it says of itself. Pure."""

_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "Chromebook"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def device_of(user_agent: str | None) -> str:
    """「Windows の Edge」."""
    text = user_agent or ""
    system = next((word for mark, word in _SYSTEMS if mark in text), "")
    browser = next((word for mark, word in _BROWSERS if mark in text), "")
    return " の ".join(part for part in (system, browser) if part) or "わからない端末"
