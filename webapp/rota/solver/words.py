"""Codes in plain Japanese. People are named by their number; a page puts the name in its place."""

from webapp.rota.solver.clock_text import hhmm
from webapp.rota.solver.facts import Facts
from webapp.rota.solver.problem import Duty, Person

REASONS = {
    "leave": "休暇・出張・会議・研修",
    "off_site": "在宅など、その庁舎にいない",
    "reach": "電話を転送で受けられない",
    "hours": "勤務時間の外",
    "lunch": "昼休みが取れなくなる",
    "consecutive": "連続の上限を超える",
    "daily": "1日の上限を超える",
    "travel": "庁舎の間を移動する時間がない",
    "limit": "個別の設定・組み合わせ・コマの長さの決まり",
    "busy": "ほかの当番に入っている",
    "closed": "開いていない時間",
}


def reason(code: str) -> str:
    """One obstacle, for a list: 「住基の技能がない」."""
    if code.startswith("skill:"):
        return f"{code[6:]}の技能がない"
    return REASONS.get(code, code)


ALL_OF = {
    "leave": "全員休暇・出張・会議・研修",
    "off_site": "全員在宅などでその庁舎にいない",
    "reach": "全員電話を転送で受けられない",
    "hours": "全員勤務時間の外",
    "lunch": "全員昼休みが取れなくなる",
    "consecutive": "全員連続の上限に達する",
    "daily": "全員1日の上限に達する",
    "travel": "全員移動の時間がない",
    "limit": "全員個別の設定などで入れない",
    "busy": "全員ほかの当番",
}


def opening(skills: tuple[str, ...], reasons: list[str]) -> str:
    """Why a slot is open: 「住基の技能がある人が全員在宅などでその庁舎にいない」."""
    lacking = [code[6:] for code in reasons if code.startswith("skill:")]
    others = [code for code in reasons if not code.startswith("skill:")]
    if not others:
        return f"{'・'.join(lacking) or '必要'}の技能がある人がいない"
    who = f"{'・'.join(skills)}の技能がある人" if skills else "入れる人"
    if len(others) == 1:
        return f"{who}が{ALL_OF.get(others[0], others[0])}"
    return f"{who}が全員入れない（{'、'.join(map(reason, others))}）"


def closing(reasons: list[str]) -> str:
    """What would close it, by the mildest remedy named first; empty if nothing simple would."""
    remedies = {
        "off_site": "1人が在庁に変える",
        "reach": "1人が転送可の場所にいる",
        "busy": "ほかの持ち場の必要数を下げるか、その当番を替わる",
        "consecutive": "前後の当番を替わる",
        "daily": "前後の当番を替わる",
        "lunch": "休憩の時間帯を広げるか、前後の当番を替わる",
        "travel": "庁舎をまたぐ当番を分ける",
        "hours": "時差勤務で時間を広げる",
        "leave": "会議などの時間を動かす",
        "limit": "個別の設定や組み合わせを見直す",
    }
    for code in reasons:
        if code.startswith("skill:"):
            return f"{code[6:]}の技能がある人を増やす"
        if code in remedies:
            return remedies[code]
    return ""


DAY_FAULTS = {
    "block": "1回の当番が短すぎます",
    "consecutive": "連続の上限を超えています",
    "daily": "1日の上限を超えています",
    "lunch": "昼の休憩が取れません",
    "travel": "庁舎の間を移動する時間がありません",
    "closed": "開いていない時間の当番です",
}
POST_FAULTS = {
    "trained": "経験者が足りません",
    "pair": "一緒にしない組み合わせです（個別の設定）",
}


def conflict(
    facts: Facts,
    code: str,
    date: str,
    span: tuple[int, int],
    position: str,
    staff: tuple[str, ...],
) -> str:
    """「2026-11-24 08:30〜10:30 窓口1 100123: 連続の上限を超えています」."""
    what = DAY_FAULTS.get(code) or POST_FAULTS.get(code) or f"{reason(code)}ので入れません"
    if code in ("leave", "off_site", "hours", "limit"):
        what = f"{reason(code)}です"
    where = f" {name(facts, position)}" if position else ""
    return f"{date} {hhmm(span[0])}〜{hhmm(span[1])}{where} {'・'.join(staff)}: {what}"


def double(facts: Facts, duty: Duty, other: Duty, end: int) -> str:
    both = f"{name(facts, other.position)}と{name(facts, duty.position)}"
    return f"{duty.date} {hhmm(duty.start)}〜{hhmm(end)} {duty.staff}: {both}に同時に入っています"


def name(facts: Facts, position: str) -> str:
    return facts.positions[facts.position_of[position]].name or position


def ranked(person: Person, load: float, target: float, *, phone: bool) -> str:
    """Why a candidate stands where they do: 「負担 12.5 / 目標 14.0 時間」."""
    kind = "電話の負担" if phone else "負担"
    if person.group == "exempt":
        return "当番の対象外"
    gap = load - target
    side = "少ない" if gap < -0.05 else "多い" if gap > 0.05 else "ちょうど"
    much = f" {abs(gap):.1f} 時間{side}" if side != "ちょうど" else " ちょうど"
    return f"{kind} {load:.1f} / 目標 {target:.1f} 時間（{much.strip()}）"
