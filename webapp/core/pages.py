"""What every page has: security headers, and the few words and functions that templates use."""

from datetime import date, datetime
from pathlib import Path
from zlib import crc32

from flask import Flask, Response, current_app, request

from webapp.core import calendar, clock


def register_security_headers(app: Flask) -> None:
    ancestors = app.config["ZAISEKI"].frame_ancestors
    policy = "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "font-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            f"frame-ancestors {ancestors}",
        ]
    )

    @app.after_request
    def secure(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", policy)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        if request.endpoint != "static":
            headers.setdefault("Cache-Control", "no-store")
        return response


def register_template_words(app: Flask) -> None:
    app.add_template_filter(clock.to_tokyo, "tokyo")
    app.add_template_filter(wareki, "wareki")
    app.add_template_filter(hour_minute, "hm")
    app.add_template_filter(month_day, "md")

    release = release_of(Path(str(app.static_folder)))

    @app.context_processor
    def words() -> dict[str, object]:
        return {
            "release": release,
            "server_now": clock.to_tokyo(clock.now()),
            "wareki": wareki,
            "hm": hour_minute,
            "demonstration": current_app.config.get("DEMONSTRATION", False),
        }


def release_of(folder: Path) -> str:
    """Differs whenever a script does. Tabs of two releases are open side by side for a while, and a worker that they
    share lives on with the code of the older one: its name carries this."""
    scripts = sorted([*folder.glob("js/*.js"), *folder.glob("vendor/*.js")])
    total = 0
    for script in scripts:
        total = crc32(script.read_bytes(), total)
    return f"{total:08x}"


def wareki(day: date | datetime) -> str:
    return calendar.wareki(clock.to_tokyo(day).date() if isinstance(day, datetime) else day)


def hour_minute(instant: datetime) -> str:
    """8:05 in Asia/Tokyo."""
    local = clock.to_tokyo(instant)
    return f"{local.hour}:{local.minute:02d}"


def day_and_time(instant: datetime) -> str:
    """2026-11-24 10:20 in Asia/Tokyo, for records."""
    return f"{clock.to_tokyo(instant):%Y-%m-%d %H:%M}"


def month_day(day: date | datetime) -> str:
    """11月24日（火）."""
    local = clock.to_tokyo(day).date() if isinstance(day, datetime) else day
    return f"{local.month}月{local.day}日（{calendar.WEEKDAYS[local.weekday()]}）"
