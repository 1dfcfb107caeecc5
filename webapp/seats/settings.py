"""Rules of seats and loans that differ between municipalities."""

from webapp.core.settings import Kind, Setting, declare

AHEAD = declare(
    Setting(
        "seats.ahead_days",
        Kind.NUMBER,
        60,
        "席と貸出物品を何日先まで予約できるか",
        "きょうから数えた日数です。",
        "席・貸出",
        minimum=1,
        maximum=366,
    )
)
NO_SHOW = declare(
    Setting(
        "seats.no_show_minutes",
        Kind.NUMBER,
        30,
        "始業の報告がないとき、何分後に席を空けるか",
        "予約の始まりから数えます。0 にすると空けません。始業の報告をしない人の席も空けません。",
        "席・貸出",
        maximum=480,
    )
)
KEPT = declare(
    Setting(
        "seats.kept_days",
        Kind.NUMBER,
        90,
        "席と貸出の予約を残す日数",
        "利用日から数えます。過ぎた予約は消します。返却されていない貸出は残します。",
        "席・貸出",
        minimum=1,
        maximum=3660,
    )
)
