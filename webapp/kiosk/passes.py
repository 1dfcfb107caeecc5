"""What a page of a terminal holds to act for one person for a short while: signed, never stored."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from webapp.core.refusals import NotAllowed
from webapp.kiosk.models import Kiosk
from webapp.org import queries as org

LIVES = timedelta(minutes=2)
UNDO_LIVES = timedelta(seconds=30)
OVER = "時間がたったため、受け付けませんでした。もう一度、名前にタッチしてください。"


@dataclass(frozen=True, slots=True)
class Pass:
    """One opening of one person's panel; `nonce` makes a double tap one report."""

    staff_id: int
    nonce: str
    undo: dict[str, Any] | None = None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="kiosk-pass")


def issue(kiosk: Kiosk, staff_id: int, *, now: datetime, undo: dict[str, Any] | None = None) -> str:
    # Bound to the device: renewing or unbinding the terminal ends every pass at once.
    content = [kiosk.id, kiosk.device_hash, staff_id, now.timestamp(), secrets.token_hex(8), undo]
    return str(_signer().dumps(content))


def read(kiosk: Kiosk, text: str, *, now: datetime) -> Pass:
    """Raises NotAllowed for another terminal's, a stale one, one of another day, or none at all."""
    try:
        kiosk_id, device_hash, staff_id, issued, nonce, undo = _signer().loads(text)
    except (BadSignature, ValueError, TypeError):
        raise NotAllowed(OVER) from None
    made_at = datetime.fromtimestamp(issued, now.tzinfo)
    lives = UNDO_LIVES if undo is not None else LIVES
    fresh = now - made_at <= lives and org.today(made_at) == org.today(now)
    if not fresh or (kiosk_id, device_hash) != (kiosk.id, kiosk.device_hash):
        raise NotAllowed(OVER)
    return Pass(staff_id, nonce, undo)
