"""What shared terminals keep of a person, for their own page."""

from typing import Any

from webapp.accounts import owndata
from webapp.core.db import db
from webapp.core.pages import day_and_time
from webapp.kiosk.models import KioskPin


def pin(staff_id: int) -> list[dict[str, Any] | str]:
    row = db.session.get(KioskPin, staff_id)
    return [{"決めた日時": day_and_time(row.changed_at)}] if row else []


owndata.register("共有端末の暗証番号（番号そのものは読み取れない形で保存）", pin)
