"""Two versions side by side, in words: what somebody else saved, and what was typed."""

from webapp.core.hours import clock_of
from webapp.org import queries as org
from webapp.positions import queries
from webapp.positions.rules import GROUP_WORDS, KIND_WORDS, STAFFED_WORDS
from webapp.positions.stored import Stored
from webapp.positions.wanted import (
    BandWanted,
    LockWanted,
    OpeningWanted,
    PositionWanted,
    ProfileWanted,
    span_words,
    weekday_words,
)

Difference = tuple[str, str, str]  # field, what is stored now, what was typed


def differences(stored: Stored, typed: Stored) -> list[Difference]:
    now, then = words_of(stored), words_of(typed)
    return [(name, now[name], then[name]) for name in now if now[name] != then[name]]


def words_of(wanted: Stored) -> dict[str, str]:
    match wanted:
        case PositionWanted():
            return _position(wanted)
        case BandWanted():
            return _band(wanted)
        case OpeningWanted():
            return _opening(wanted)
        case LockWanted():
            return {
                "名前": wanted.name,
                "期間": f"{wanted.starts_on}〜{wanted.ends_on}",
            }
        case ProfileWanted():
            return _profile(wanted)


def _position(wanted: PositionWanted) -> dict[str, str]:
    tree = org.current_tree()
    units = [unit.name for unit_id in wanted.feeds if (unit := tree.by_id(unit_id)) is not None]
    return {
        "名前": wanted.name,
        "種類": KIND_WORDS[wanted.kind],
        "配置": STAFFED_WORDS[wanted.staffed],
        "拠点": wanted.site or "この所属の庁舎",
        "必要技能": "、".join(sorted(wanted.skills)) or "なし",
        "負担": f"{wanted.burden:g}",
        "委託": "はい" if wanted.contractor else "いいえ",
        "応援元": "、".join(units) or "なし",
    }


def _when(wanted: BandWanted | OpeningWanted) -> str:
    return wanted.day.isoformat() if wanted.day else weekday_words(wanted.weekdays)


def _band(wanted: BandWanted) -> dict[str, str]:
    return {
        "日": _when(wanted),
        "時間": span_words((wanted.start, wanted.end)),
        "必要": f"{wanted.need}人",
        "望ましい": f"{wanted.ideal}人",
        "経験者": f"{wanted.experienced}人",
        "負担の重み": f"{wanted.burden:g}",
    }


def _opening(wanted: OpeningWanted) -> dict[str, str]:
    closed = wanted.start is None or wanted.end is None
    return {
        "日": _when(wanted),
        "時間": "閉庁" if closed else f"{clock_of(wanted.start or 0)}〜{clock_of(wanted.end or 0)}",
        "拠点": wanted.site or "この所属の庁舎",
        "備考": wanted.note,
    }


def _profile(wanted: ProfileWanted) -> dict[str, str]:
    posts = queries.posts_by_id([*wanted.forbidden, *wanted.preferences])
    names = org.names_of(wanted.pairs)
    wishes = [
        f"{posts[key].name} {weight:+d}"
        for key, weight in wanted.preferences.items()
        if key in posts
    ]
    return {
        "技能": "、".join(sorted(wanted.skills)) or "なし",
        "経験区分": {True: "経験者", False: "見習い", None: "決めていない"}[wanted.experienced],
        "連続の上限": f"{wanted.max_consecutive_minutes or '―'}",
        "1日の上限": f"{wanted.max_daily_minutes or '―'}",
        "公平の群": GROUP_WORDS[wanted.group],
        "置かない持ち場": "、".join(
            posts[key].name for key in sorted(wanted.forbidden) if key in posts
        )
        or "なし",
        "希望": "、".join(wishes) or "なし",
        "一緒にしない人": "、".join(sorted(names.values())) or "なし",
    }
