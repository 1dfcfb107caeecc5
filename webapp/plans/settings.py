"""Settings of the plan of a day: words of calendar titles, calendars on the local network, how long plans are kept."""

from webapp.core.settings import Kind, Setting, declare

_GROUP = "予定とカレンダー"

LEAVE_WORDS = declare(
    Setting(
        "calendar_leave_words",
        Kind.LINES,
        ["年休", "有休", "休暇", "代休", "振休", "振替休日", "時間休", "半休", "育休", "欠勤", "休み"],
        "件名で休暇等とみなす言葉",
        "カレンダー（iCal）を取り込むとき、件名にこの言葉を含む予定を「休暇等」にします。1行に1つ。件名は保存しません。",
        _GROUP,
    )
)  # fmt: skip
TRIP_WORDS = declare(
    Setting(
        "calendar_trip_words",
        Kind.LINES,
        ["出張", "外出", "現地", "現場", "視察", "訪問", "立会"],
        "件名で外出・出張とみなす言葉",
        "1行に1つ。休暇等の言葉もあるときは休暇等にします。",
        _GROUP,
    )
)
MEETING_WORDS = declare(
    Setting(
        "calendar_meeting_words",
        Kind.LINES,
        [
            "会議", "打合せ", "打ち合わせ", "協議", "ミーティング", "委員会", "説明会", "面談",
            "ヒアリング", "研修", "朝会", "夕会",
        ],
        "件名で会議とみなす言葉",
        "1行に1つ。どの言葉もない予定は、下の設定に従います。",
        _GROUP,
    )
)  # fmt: skip
OTHER_TITLES = declare(
    Setting(
        "calendar_other_titles",
        Kind.CHOICE,
        "skip",
        "どの言葉もない予定",
        "終日の予定は、言葉がなければいつも取り込みません。",
        _GROUP,
        choices=(("skip", "取り込まない"), ("meeting", "会議として取り込む")),
    )
)
CALENDAR_ADDRESSES = declare(
    Setting(
        "calendar_addresses",
        Kind.SWITCH,
        False,
        "庁内のカレンダーのアドレスを読む",
        "職員が自分のカレンダー（iCal）のアドレスを登録できます。下に書いたホストだけを、このサーバーから読みに行きます。",
        _GROUP,
    )
)
CALENDAR_HOSTS = declare(
    Setting(
        "calendar_hosts",
        Kind.LINES,
        [],
        "カレンダーを読みに行ってよいホスト",
        "1行に1つ（例 groupware.city.local、*.city.local、10.1.0.0/16、groupware:8443）。空ならどこにも行きません。",
        _GROUP,
    )
)
PLANS_KEPT = declare(
    Setting(
        "plans_kept_months",
        Kind.NUMBER,
        24,
        "過ぎた予定を残す月数",
        "過ぎた日の予定（勤務場所・休暇等・会議）と、終わった週の型を、この月数のあと消します。",
        _GROUP,
        minimum=1,
        maximum=120,
    )
)
