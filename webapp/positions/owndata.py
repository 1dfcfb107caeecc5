"""What is kept of a person's part in the rota, for their own page. There are no reasons to show: none are stored."""

from typing import Any

from webapp.accounts import owndata
from webapp.positions import queries, stored
from webapp.positions.rules import GROUP_WORDS

_SAID = {True: "経験者", False: "見習い", None: "決めていない"}


def settings_of(staff_id: int) -> list[dict[str, Any] | str]:
    said = stored.profiles([staff_id])[staff_id]
    if not said.skills and said.experienced is None and not said.is_limited:
        return []
    posts = queries.posts_by_id([*said.forbidden, *said.preferences])
    return [
        {
            "技能": "、".join(sorted(said.skills)),
            "経験区分": _SAID[said.experienced],
            "連続の上限（分）": said.max_consecutive_minutes,
            "1日の上限（分）": said.max_daily_minutes,
            "公平の群": GROUP_WORDS[said.group],
            "入らない持ち場": "、".join(
                post.name for key, post in posts.items() if key in said.forbidden
            ),
            "持ち場の希望": "、".join(
                f"{posts[key].name} {weight:+d}"
                for key, weight in said.preferences.items()
                if key in posts
            ),
            "一緒にしない組": f"{len(said.pairs)}組" if said.pairs else "",
        }
    ]


owndata.register("当番の設定", settings_of)
