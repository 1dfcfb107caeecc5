"""What an emergency keeps of a person, for their own page."""

from typing import Any

from sqlalchemy import select

from webapp.accounts import owndata
from webapp.core.db import db
from webapp.core.pages import day_and_time
from webapp.emergency.models import Emergency, EmergencyAnswer
from webapp.emergency.rules import Answer, answer_words

_CHANNELS = {"self": "本人", "phone": "電話（代行入力）", "kiosk": "共有端末"}


def answers(staff_id: int) -> list[dict[str, Any] | str]:
    query = (
        select(EmergencyAnswer, Emergency.name)
        .join(Emergency, Emergency.id == EmergencyAnswer.emergency_id)
        .where(EmergencyAnswer.staff_id == staff_id)
        .order_by(EmergencyAnswer.at.desc())
    )
    return [
        {
            "日時": day_and_time(row.at),
            "緊急時": name,
            "回答": answer_words(Answer(row.answer), row.minutes),
            "方法": _CHANNELS.get(row.channel, row.channel),
        }
        for row, name in db.session.execute(query)
    ]


owndata.register("緊急時の回答", answers)
