"""Settings of 朝会・夕会."""

from webapp.core.settings import Kind, Setting, declare

GROUP = "朝会・夕会"

REQUIRED = declare(
    Setting(
        "standup_required",
        Kind.CHOICE,
        "optional",
        "朝の予定と夕の実績を書く人",
        "「任意」では、書いていない人を表示しません。",
        GROUP,
        choices=(
            ("optional", "任意"),
            ("telework", "テレワークをする日だけ必要"),
            ("everybody", "全員が必要"),
        ),
        per_unit=True,
    )
)
HOST = declare(
    Setting(
        "standup_host",
        Kind.SWITCH,
        False,
        "司会当番を表示する",
        "在席表の順に、業務日ごとに交代します。休みの人は飛ばします。",
        GROUP,
        per_unit=True,
    )
)
DAYS_BACK = declare(
    Setting(
        "standup_days_back",
        Kind.NUMBER,
        7,
        "さかのぼって書ける日数",
        "0 は当日だけです。",
        GROUP,
        maximum=31,
    )
)
DAYS_AHEAD = declare(
    Setting(
        "standup_days_ahead",
        Kind.NUMBER,
        7,
        "先に書ける日数",
        "休みや出張の前に、戻る日の予定を書いておけます。",
        GROUP,
        maximum=31,
    )
)
