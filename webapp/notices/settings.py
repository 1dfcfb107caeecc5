"""Settings of what leaves the house."""

from webapp.core.settings import Kind, Setting, declare

GROUP = "お知らせと Webhook"
ALLOWED_HOSTS = declare(
    Setting(
        "webhook_allowed_hosts",
        Kind.LINES,
        [],
        "Webhook を送ってよい相手",
        "1行に1つ、名前かアドレス（例 chat.example.lg.jp、*.example.lg.jp、10.1.2.3）。"
        "空欄は、このサーバー自身とリンクローカルを除くすべて。",
        GROUP,
    )
)
UNIT_WEBHOOKS = declare(
    Setting(
        "webhook_by_units",
        Kind.SWITCH,
        True,
        "所属長も自分の所属の Webhook を登録できる",
        "いいえにすると、管理者だけが登録します。",
        GROUP,
    )
)
