"""Settings of the organisation and the calendar."""

from webapp.core.settings import Kind, Setting, declare
from webapp.org.rules import DEFAULT_RANK

MUNICIPALITY = declare(
    Setting(
        "municipality_name", Kind.TEXT, "", "自治体名", "画面の見出しと印刷に使います。", "基本"
    )
)
DAY_STARTS = declare(
    Setting(
        "day_starts",
        Kind.CLOCK,
        "00:00",
        "日替わり時刻",
        "この時刻から次の業務日になります。日をまたぐ勤務がある場合に変えます。",
        "基本",
        affects_rows=True,
    )
)
RANK = declare(
    Setting(
        "rank",
        Kind.LINES,
        list(DEFAULT_RANK),
        "席次（職名の順）",
        "在席表で並べる順です。1行に1つ。ここにない職名は最後になります。",
        "基本",
        affects_rows=True,
    )
)
SITES = declare(
    Setting(
        "sites",
        Kind.LINES,
        [],
        "サテライトの名前",
        "始業の報告で選べる拠点です。1行に1つ。",
        "勤務場所",
    )
)
