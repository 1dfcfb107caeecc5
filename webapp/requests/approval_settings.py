"""Settings of the approval: who decides in the last resort, when a 代決者 may, how long a way takes."""

from webapp.core.settings import Kind, Setting, declare

GROUP = "申請の承認"
FINAL_APPROVERS = declare(
    Setting(
        "request_final_approvers",
        Kind.LINES,
        [],
        "最終承認者（職員番号）",
        "上位の所属に所属長がいない人（市長部局の部長など）の申請を承認する人。1行に1人。本人の申請はほかの人が承認します。",
        GROUP,
    )
)
DEPUTY_AFTER = declare(
    Setting(
        "request_deputy_after_hours",
        Kind.NUMBER,
        4,
        "代決できるまでの時間",
        "申請から所属長の勤務時間でこの時間がたつと、代決者も承認できます。0 では時間による代決をしません。"
        "所属長が1日休暇・出張・議会のときは、待たずに代決できます。",
        GROUP,
        per_unit=True,
        minimum=0,
        maximum=80,
    )
)
TRAVEL = declare(
    Setting(
        "request_travel_minutes",
        Kind.NUMBER,
        30,
        "庁舎と在宅の間の移動（分）",
        "「あとから在宅にする」を提案するときに、移動に見込む時間。",
        GROUP,
        per_unit=True,
        minimum=0,
        maximum=180,
    )
)
