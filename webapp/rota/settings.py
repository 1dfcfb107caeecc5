"""Settings of the duty rota: what weighs, over how many days fairness is counted, when a swap needs a yes."""

from collections.abc import Sequence

from webapp.core import settings
from webapp.core.settings import Kind, Setting, declare
from webapp.rota.day_weights import DayWeights

GROUP = "当番表"
BURDEN_DAYS = declare(
    Setting(
        "rota_burden_days",
        Kind.NUMBER,
        28,
        "公平さを数える日数",
        "当番を割り当てるとき、その前の何日分の負担を数えるか。1〜90日。",
        GROUP,
        per_unit=True,
        minimum=1,
        maximum=90,
    )
)
WEIGHT_AFTER_CLOSED = declare(
    Setting(
        "rota_weight_after_closed",
        Kind.NUMBER,
        120,
        "月曜・休み明けの負担（％）",
        "ふつうの日を100としたときの、閉庁日の次の開庁日の当番の重さ。",
        GROUP,
        per_unit=True,
        minimum=50,
        maximum=300,
    )
)
WEIGHT_MONTH_END = declare(
    Setting(
        "rota_weight_month_end",
        Kind.NUMBER,
        120,
        "月末の負担（％）",
        "ふつうの日を100としたときの、その月の最後の開庁日の当番の重さ。",
        GROUP,
        per_unit=True,
        minimum=50,
        maximum=300,
    )
)
SWAP_APPROVAL = declare(
    Setting(
        "rota_swap_approval",
        Kind.CHOICE,
        "automatic",
        "当番の交代の承認",
        "「不足がなければ自動」では、交代の前後で窓口・電話の不足が増えないときに、引き受けた時点で成立します。",
        GROUP,
        choices=(("automatic", "不足がなければ自動"), ("always", "いつも承認する")),
        per_unit=True,
    )
)


def day_weights(path: Sequence[str]) -> DayWeights:
    """path: codes of the unit from the top down."""
    return DayWeights(
        settings.value(WEIGHT_AFTER_CLOSED, path) / 100,
        settings.value(WEIGHT_MONTH_END, path) / 100,
    )
