"""Settings of sign-in and of what others may see."""

from webapp.core.settings import Kind, Setting, declare

OWN_UNIT = declare(
    Setting(
        "own_unit_shown_in_full",
        Kind.CHOICE,
        "unit",
        "詳しい在席を見られる範囲",
        "自分の所属とその下は場所や予定まで、ほかの所属は連絡先と連絡できるかどうかだけが見えます。"
        "所属長・係長・代決者・当番調整担当は、担当する所属の下まで詳しく見られます。",
        "見える範囲",
        choices=(("unit", "自分の所属（係）とその下"), ("section", "自分の課の全体")),
        affects_rows=True,
    )
)
SESSION_HOURS = declare(
    Setting(
        "session_hours",
        Kind.NUMBER,
        12,
        "サインインの有効時間（時間）",
        "「この端末を記憶する」を選ばないときの長さです。",
        "サインイン",
        minimum=1,
        maximum=72,
    )
)
REMEMBER_DAYS = declare(
    Setting(
        "remember_days",
        Kind.NUMBER,
        30,
        "端末を記憶する日数",
        "",
        "サインイン",
        minimum=0,
        maximum=180,
    )
)
PASSWORD_LENGTH = declare(
    Setting(
        "password_length",
        Kind.NUMBER,
        8,
        "パスワードの最短文字数",
        "",
        "サインイン",
        minimum=8,
        maximum=64,
    )
)
CODE_DAYS = declare(
    Setting(
        "code_days",
        Kind.NUMBER,
        14,
        "初回コードの有効日数",
        "",
        "サインイン",
        minimum=1,
        maximum=90,
    )
)
