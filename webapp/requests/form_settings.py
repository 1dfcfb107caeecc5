"""The form 様式: its name, number and texts, and which of its fields are asked."""

from webapp.core.settings import Kind, Setting, declare

GROUP = "申請の様式"
ASKED = (("no", "聞かない"), ("may", "任意"), ("must", "必須"))


def _text(key: str, default: str, label: str, note: str = "") -> Setting:
    return declare(Setting(key, Kind.TEXT, default, label, note, GROUP))


FORM_TITLE = _text(
    "request_form_title",
    "テレワーク申出書兼報告書",
    "様式の名前",
    "在宅勤務実施申請書・実施報告書 など。",
)
FORM_NUMBER = _text(
    "request_form_number", "様式第1号", "様式の番号", "要綱の何条によるかもここに書けます。"
)
FORM_TO = _text(
    "request_form_to", "", "宛先", "空のままなら、所属の名前に「長」を付けます（市民課長）。"
)
FORM_LEAD = _text("request_form_lead", "次のとおり、テレワークの実施を申し出ます。", "申出の前文")
FORM_REPORT = _text(
    "request_form_report", "次のとおり、テレワークを実施したので報告します。", "報告の前文"
)
FORM_NOTE = _text("request_form_note", "", "様式の下に書く注意", "空のままなら何も書きません。")

FIELD_WORDS = {
    "extent": "区分",
    "hours": "勤務時間の割振り",
    "place": "勤務場所",
    "work": "業務内容（何をどこまで）",
    "contact": "連絡先",
    "device": "使用端末",
    "carries": "資料の持出し",
    "confirmer": "在席確認者",
    "travel_order": "旅行命令",
    "remote_ready": "リモート接続払出し済",
    "overtime": "時間外勤務の命令",
    "returned": "資料の返却",
}
WORDS = declare(
    Setting(
        "request_field_words",
        Kind.WORDS,
        {},
        "項目の呼び名",
        "画面と様式に出る言い方。空のままなら標準の言い方です。",
        GROUP,
        choices=tuple(FIELD_WORDS.items()),
    )
)
_DEFAULTS = {
    "hours": "may",
    "work": "must",
    "contact": "may",
    "device": "may",
    "carries": "may",
    "confirmer": "may",
    "travel_order": "no",
    "remote_ready": "no",
    "overtime": "may",
    "returned": "may",
}
FIELDS: dict[str, Setting] = {
    name: declare(
        Setting(
            f"request_field_{name}",
            Kind.CHOICE,
            default,
            f"「{FIELD_WORDS[name]}」",
            "",
            GROUP,
            choices=ASKED,
            per_unit=True,
        )
    )
    for name, default in _DEFAULTS.items()
}
OWN_FIELDS = declare(
    Setting(
        "request_own_fields",
        Kind.LINES,
        [],
        "この自治体だけの項目",
        "1行に1つ（10個まで）。申請のときに1行の入力欄になり、様式にも出ます。",
        GROUP,
        per_unit=True,
    )
)
MOST_OWN_FIELDS = 10
