"""Settings of the reports of start and end."""

from webapp.core.settings import Kind, Setting, declare

OLDEST_HOURS = declare(
    Setting(
        "oldest_report_hours",
        Kind.NUMBER,
        72,
        "あとから届いた報告をそのまま受ける時間（時間）",
        "圏外などで送れなかった報告が届いたとき、これより古いものは修正の申請になります。",
        "始業・終業の報告",
        minimum=1,
        maximum=168,
    )
)
CLOSED_THROUGH = declare(
    Setting(
        "closed_through",
        Kind.TEXT,
        "",
        "締めた月（例 2026-10）",
        "この月までの記録は、修正の申請と承認でだけ変わります。",
        "始業・終業の報告",
    )
)
