"""Settings of presence: who reports, the grace, automatic 退席中, local labels."""

from webapp.core.settings import Kind, Setting, declare

REPORT_DUTY = declare(
    Setting(
        "report_duty",
        Kind.CHOICE,
        "telework",
        "始業・終業を報告する人",
        "「テレワークをする人」では、在庁の人はカードリーダーや庶務事務の記録か、予定のまま「在庁（予定）」と表示します。",
        "始業・終業の報告",
        choices=(
            ("telework", "テレワークをする人"),
            ("everybody", "全員"),
            ("nobody", "求めない"),
        ),
        per_unit=True,
        affects_rows=True,
    )
)
REPORT_GRACE = declare(
    Setting(
        "report_grace_minutes",
        Kind.NUMBER,
        15,
        "未報告とするまでの時間（分）",
        "自分の始業時刻からこの時間を過ぎても報告がないとき、「未報告」と表示します。",
        "始業・終業の報告",
        per_unit=True,
        maximum=240,
        affects_rows=True,
    )
)
AUTO_AWAY = declare(
    Setting(
        "auto_away_minutes",
        Kind.NUMBER,
        0,
        "自動で退席中にするまでの時間（分、0 は使わない）",
        "接続が切れてからの時間です。勤務中の様子を確かめるために使わないでください。",
        "在席状態",
        per_unit=True,
        maximum=240,
        affects_rows=True,
    )
)
STATE_LABELS = declare(
    Setting(
        "state_labels",
        Kind.WORDS,
        {},
        "在席状態の呼び方",
        "空欄は標準の呼び方です。",
        "在席状態",
        choices=(
            ("available", "連絡可能"),
            ("busy", "取り込み中"),
            ("dnd", "応答不可"),
            ("away", "退席中"),
            ("off", "勤務外"),
            ("no_report", "未報告"),
            ("absent", "不在"),
        ),
    )
)
PLACE_LABELS = declare(
    Setting(
        "place_labels",
        Kind.WORDS,
        {},
        "勤務場所の呼び方",
        "空欄は標準の呼び方です（例: 在庁を「在署」に）。",
        "勤務場所",
        choices=(
            ("office", "在庁"),
            ("home", "在宅"),
            ("satellite", "サテライト"),
            ("mobile", "モバイルワーク"),
            ("trip", "外出・出張"),
            ("leave", "休暇等"),
        ),
    )
)
REASONS = (
    ("meeting", "会議"),
    ("briefing", "打合せ"),
    ("visitor", "来客"),
    ("call", "電話"),
    ("counter", "窓口"),
    ("assembly", "議会"),
    ("break", "休憩中"),
    ("out", "中抜け"),
    ("disaster", "災害配備"),
    ("auto", "自動"),
)
REACH = (("transfer", "転送可"), ("callback", "折り返しのみ"), ("none", "不可"))
