"""Settings of coverage: when a shortage is announced."""

from webapp.core.settings import Kind, Setting, declare

LONG_AFTER = declare(
    Setting(
        "coverage_long_after",
        Kind.NUMBER,
        15,
        "不足が長引いているとみなすまで（分）",
        "いま不足している状態がこの分数を超えると「長引いています」と知らせます。",
        "窓口と電話",
        per_unit=True,
    )
)
SHORTEST_AHEAD = declare(
    Setting(
        "coverage_shortest_ahead",
        Kind.NUMBER,
        30,
        "予告する不足の長さ（分以上）",
        "このあと不足する時間がこの分数以上のときに予告します。短い不足は一日の帯に描くだけにします。",
        "窓口と電話",
        per_unit=True,
    )
)
ALERT_AFTER = declare(
    Setting(
        "coverage_alert_after",
        Kind.NUMBER,
        20,
        "不足を知らせるまで待つ時間（秒）",
        "状態の切り替えの間だけの不足では知らせません。在席表の表示はすぐに変わります。",
        "窓口と電話",
        per_unit=True,
    )
)
