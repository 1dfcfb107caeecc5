"""Settings of 緊急時."""

from webapp.core.settings import Kind, Setting, declare

GROUP = "緊急時"
OFFICES = declare(
    Setting(
        "emergency_offices",
        Kind.LINES,
        [],
        "全庁の緊急時を始められる所属",
        "1行に1つの所属コード。その所属の所属長・代決者は、管理者・人事担当と同じく全庁の緊急時を始め、率いることができます"
        "（例 危機管理課）。",
        GROUP,
    )
)
NAMES = declare(
    Setting(
        "emergency_names",
        Kind.LINES,
        ["台風", "大雨", "大雪", "地震", "感染症"],
        "緊急時の名前の候補",
        "1行に1つ。始めるときに選べます。ほかの名前も入力できます。",
        GROUP,
    )
)
SITES = declare(
    Setting(
        "emergency_sites",
        Kind.LINES,
        ["災害対策本部", "避難所", "現地対応"],
        "災害配備の場所の候補",
        "1行に1つ。「本部」を含む場所は在庁、ほかは外出として表示します。",
        GROUP,
    )
)
REMIND_EVERY = declare(
    Setting(
        "emergency_remind_minutes",
        Kind.NUMBER,
        30,
        "回答のない人への催促の間隔（分）",
        "始めるときの初期値。0 は自動では催促しない。",
        GROUP,
        minimum=0,
        maximum=720,
    )
)
MOST_REMINDERS = declare(
    Setting(
        "emergency_most_reminders",
        Kind.NUMBER,
        5,
        "催促の上限（回）",
        "手動と自動をあわせて、1人に送る催促の上限。",
        GROUP,
        minimum=0,
        maximum=50,
    )
)
ANSWERS_KEPT = declare(
    Setting(
        "emergency_answers_kept_days",
        Kind.NUMBER,
        30,
        "終えた後に個人の回答を残す日数",
        "過ぎると、誰がどう答えたか、誰を配備したかを消します。人数は記録に残ります。",
        GROUP,
        minimum=0,
        maximum=1825,
    )
)
RECORDS_KEPT = declare(
    Setting(
        "emergency_records_kept_years",
        Kind.NUMBER,
        5,
        "緊急時の記録を残す年数",
        "過ぎた記録は自動で消します。",
        GROUP,
        minimum=1,
        maximum=30,
    )
)
