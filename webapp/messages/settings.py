"""Settings of 取次メモ and 質問箱."""

from webapp.core.settings import Kind, Setting, declare

GROUP = "取次・質問箱"
DEFAULT_CHIPS = [
    "折り返しお願いします",
    "またかけ直すとのこと",
    "問い合わせ",
    "来庁の約束",
    "伝言のみ",
]

CHIPS = declare(
    Setting(
        "memo_chips",
        Kind.LINES,
        DEFAULT_CHIPS,
        "取次メモの用件",
        "1行に1つ、20文字まで。最初の用件があらかじめ選ばれます。",
        GROUP,
    )
)
WAITING = declare(
    Setting(
        "memo_waiting_minutes",
        Kind.NUMBER,
        60,
        "「お待たせ」とするまでの勤務時間（分）",
        "受ける人の勤務時間だけを数えます（休憩・閉庁日は数えません）。",
        GROUP,
        per_unit=True,
        minimum=1,
        maximum=4800,
    )
)
LATE = declare(
    Setting(
        "memo_late_minutes",
        Kind.NUMBER,
        240,
        "「遅れ」とするまでの勤務時間（分）",
        "",
        GROUP,
        per_unit=True,
        minimum=1,
        maximum=9600,
    )
)
READING = declare(
    Setting(
        "memo_reading",
        Kind.CHOICE,
        "office",
        "取次メモの相手と内容を読める場所",
        "ほかの場所（在宅、外出先、勤務時間外）では、電話番号と用件だけを表示します。",
        GROUP,
        choices=(
            ("office", "在庁のとき"),
            ("sites", "在庁とサテライトのとき"),
            ("anywhere", "どこでも"),
        ),
        per_unit=True,
    )
)
GONE = declare(
    Setting(
        "memo_gone",
        Kind.CHOICE,
        "ask",
        "退勤した人に未対応の取次メモが残っているとき",
        "引き継ぐ相手は、副担、いなければ同じ係の人のうち連絡可能な人です。",
        GROUP,
        choices=(
            ("ask", "引き継げる人に知らせる"),
            ("move", "引き継げる人に移す"),
            ("keep", "そのままにする"),
        ),
        per_unit=True,
    )
)
KEPT_DAYS = declare(
    Setting(
        "memo_kept_days",
        Kind.NUMBER,
        30,
        "取次メモの内容を消すまでの日数（完了から）",
        "相手・電話番号・内容を消し、件数だけを残します。",
        GROUP,
        minimum=1,
        maximum=365,
    )
)
SAY_PLACE = declare(
    Setting(
        "call_says_place",
        Kind.SWITCH,
        True,
        "電話の相手に在宅・サテライトであることを伝える文にする",
        "「いいえ」では「席を離れて勤務しており」とします。",
        GROUP,
    )
)
QUESTION_WAIT = declare(
    Setting(
        "question_wait_minutes",
        Kind.NUMBER,
        15,
        "質問を全員に知らせるまでの時間（分）",
        "はじめは連絡可能な人だけに知らせ、答えがないときにほかの人にも知らせます。",
        GROUP,
        per_unit=True,
        minimum=1,
        maximum=480,
    )
)
QUESTION_KEPT_DAYS = declare(
    Setting(
        "question_kept_days",
        Kind.NUMBER,
        90,
        "解決した質問を消すまでの日数",
        "",
        GROUP,
        minimum=1,
        maximum=1825,
    )
)
