"""保育課, written by hand: the section the demonstration opens with, at 10:20 on a Tuesday.

Columns: 氏名 | ふりがな | 職名 | 役割 | 勤務時間 | 着信区分 | where | what they said of themselves.
where: card (the reader at the door) · plan (counted as planned) · home · late (at home, not reported
yet) · satellite · mobile · out (中抜け) · trip · called (a trip entered by a colleague) · leave ·
morning-off · hours (a later start). said: state reason until note; - = no reason.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seat:
    unit: str
    name: str
    kana: str
    title: str
    roles: str
    pattern: str
    reach: str
    where: str
    said: str


CHIEF, LEADER, MEMBER = "高瀬 由紀子", "柏木 恵", "西尾 拓海"

_SEATS = {
    "D05020": """
高瀬 由紀子|たかせ ゆきこ|課長|所属長|標準|転送可|card|busy meeting 11:00
三宅 健吾|みやけ けんご|課長補佐|代決者 在席確認者|標準|発信のみ|card|
""",
    "D05021": """
柏木 恵|かしわぎ めぐみ|係長|係長 在席確認者|標準|転送可|card|
小笠原 真理|おがさわら まり|主査|当番調整担当|標準|発信のみ|card|
戸田 隆之|とだ たかゆき|主査|職員|標準|転送可|home|
三好 早苗|みよし さなえ|主査|職員|標準|発信のみ|card|busy counter 10:30
榎本 祥子|えのもと しょうこ|主任|職員|標準|発信のみ|card|
西尾 拓海|にしお たくみ|主任|職員|標準|転送可|late|
堀内 亮|ほりうち りょう|主任|職員|標準|発信のみ|home|
宮下 瞳|みやした ひとみ|主任|職員|標準|発信のみ|trip|dnd - 11:30 保護者説明会（公民館）
矢島 直人|やじま なおと|主任|職員|標準|発信のみ|plan|
飯塚 遥|いいづか はるか|主事|職員|標準|発信のみ|card|
荒川 大輝|あらかわ だいき|主事|職員|標準|発信のみ|card|away - 10:40
望月 里奈|もちづき りな|主事|職員|標準|転送可|home|busy call 10:45 オンライン面談
沢田 悠真|さわだ ゆうま|主事|職員|標準|発信のみ|plan|
尾崎 千晴|おざき ちはる|主事|職員|標準|発信のみ|leave|
浜田 蓮|はまだ れん|主事|職員|標準|発信のみ|card|busy visitor 10:50
根岸 美月|ねぎし みづき|主事|職員|標準|発信のみ|plan|
福島 由香|ふくしま ゆか|会計年度任用職員|職員|短時間午後|不可|hours|
大橋 久美|おおはし くみ|会計年度任用職員|職員|短時間午前|不可|plan|
岸本 幸恵|きしもと ゆきえ|会計年度任用職員|職員|標準|不可|leave|
田島 典子|たじま のりこ|会計年度任用職員|職員|標準|不可|card|
""",
    "D05022": """
奥村 慎二|おくむら しんじ|係長|係長|標準|転送可|card|
白石 香|しらいし かおり|主査|当番調整担当|標準|転送可|home|
片山 徹|かたやま とおる|主査|職員|標準|転送可|out|
平田 優子|ひらた ゆうこ|主任|職員|標準|発信のみ|card|
水谷 剛|みずたに つよし|技師|職員|標準|転送可|mobile|busy briefing 12:00 第三保育園で改修の打合せ
秋山 理沙|あきやま りさ|主任|職員|標準|発信のみ|satellite|
小松 陽介|こまつ ようすけ|主事|職員|標準|発信のみ|plan|
星野 彩花|ほしの あやか|主事|職員|遅出|発信のみ|hours|
黒田 和樹|くろだ かずき|主事|職員|標準|不可|called|busy - 17:15 県の監査立会い
松岡 直子|まつおか なおこ|主事|職員|標準|発信のみ|morning-off|
桑原 恵美|くわばら えみ|会計年度任用職員|職員|標準|不可|plan|
長尾 光代|ながお みつよ|会計年度任用職員|職員|標準|不可|leave|
""",
}


def seats() -> list[Seat]:
    return [
        Seat(unit, *line.split("|"))
        for unit, lines in _SEATS.items()
        for line in lines.split("\n")
        if line
    ]
