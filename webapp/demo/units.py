"""The units of the demonstration city 若草市, and how many people each has."""

from dataclasses import dataclass

CITY = "若草市"


@dataclass(frozen=True, slots=True)
class UnitSeed:
    code: str
    name: str
    kana: str
    kind: str
    parent: str
    order: int
    people: int  # posted in the unit itself
    topic: str  # which sentences its people write in the morning


# code, name, reading, people in the unit itself, topic. The code says the level: D部部課課係.
_UNITS = """
D00000 若草市 わかくさし 3 企画
D01000 総務部 そうむぶ 2 総務
D01010 総務課 そうむか 2 総務
D01011 庶務係 しょむがかり 6 総務
D01012 文書法制係 ぶんしょほうせいがかり 6 総務
D01020 人事課 じんじか 2 人事
D01021 人事係 じんじがかり 6 人事
D01022 給与厚生係 きゅうよこうせいがかり 5 人事
D01030 財政課 ざいせいか 9 財政
D01040 情報政策課 じょうほうせいさくか 2 情報
D01041 情報政策係 じょうほうせいさくがかり 5 情報
D01042 システム係 しすてむがかり 6 情報
D02000 企画部 きかくぶ 2 企画
D02010 企画政策課 きかくせいさくか 9 企画
D02020 秘書広報課 ひしょこうほうか 1 企画
D02021 秘書係 ひしょがかり 4 企画
D02022 広報係 こうほうがかり 5 企画
D03000 市民部 しみんぶ 2 市民
D03010 市民課 しみんか 2 市民
D03011 窓口係 まどぐちがかり 18 市民
D03012 戸籍係 こせきがかり 9 市民
D03013 管理係 かんりがかり 4 市民
D03020 保険年金課 ほけんねんきんか 2 保険
D03021 国保係 こくほがかり 11 保険
D03022 年金係 ねんきんがかり 6 保険
D03030 税務課 ぜいむか 2 税
D03031 市民税係 しみんぜいがかり 11 税
D03032 資産税係 しさんぜいがかり 10 税
D03033 収納係 しゅうのうがかり 8 税
D03040 若草駅前支所 わかくさえきまえししょ 8 市民
D04000 健康福祉部 けんこうふくしぶ 2 福祉
D04010 社会福祉課 しゃかいふくしか 2 福祉
D04011 庶務係 しょむがかり 5 総務
D04012 生活福祉係 せいかつふくしがかり 13 福祉
D04020 高齢介護課 こうれいかいごか 2 福祉
D04021 高齢福祉係 こうれいふくしがかり 8 福祉
D04022 介護保険係 かいごほけんがかり 11 保険
D04030 障がい福祉課 しょうがいふくしか 11 福祉
D04040 健康推進課 けんこうすいしんか 2 健康
D04041 保健予防係 ほけんよぼうがかり 10 健康
D04042 母子保健係 ぼしほけんがかり 9 健康
D05000 こども部 こどもぶ 2 保育
D05010 こども政策課 こどもせいさくか 8 企画
D05020 保育課 ほいくか 2 保育
D05021 入所係 にゅうしょがかり 20 保育
D05022 施設係 しせつがかり 12 保育
D05030 こども家庭課 こどもかていか 2 福祉
D05031 相談係 そうだんがかり 9 福祉
D05032 手当係 てあてがかり 7 福祉
D06000 まちづくり部 まちづくりぶ 2 建設
D06010 都市計画課 としけいかくか 11 建設
D06020 土木課 どぼくか 2 建設
D06021 管理係 かんりがかり 7 建設
D06022 維持係 いじがかり 10 建設
D06030 建築住宅課 けんちくじゅうたくか 11 建設
D06040 環境課 かんきょうか 11 環境
D06050 産業振興課 さんぎょうしんこうか 10 産業
D07000 教育委員会 きょういくいいんかい 2 教育
D07010 教育総務課 きょういくそうむか 8 教育
D07020 学校教育課 がっこうきょういくか 12 教育
D07030 生涯学習課 しょうがいがくしゅうか 9 教育
D08010 会計課 かいけいか 7 財政
D08020 議会事務局 ぎかいじむきょく 6 総務
"""

NURSERY = "D05020"  # 保育課: its people and their Tuesday are written by hand


def units() -> list[UnitSeed]:
    """In 建制順, each before those below it."""
    rows = [line.split(" ") for line in _UNITS.split("\n") if line]
    codes = {row[0] for row in rows}
    return [
        UnitSeed(
            code, name, kana, _kind(code, name), _parent(code, codes), order, int(people), topic
        )
        for order, (code, name, kana, people, topic) in enumerate(rows)
    ]


def _parent(code: str, codes: set[str]) -> str:
    if code == "D00000":
        return ""
    for kept in (5, 3):  # 係 → 課 → 部
        above = code[:kept].ljust(6, "0")
        if above != code and above in codes:
            return above
    return "D00000"


def _kind(code: str, name: str) -> str:
    if code == "D00000":
        return "市"
    for ending, kind in (("係", "係"), ("課", "課"), ("支所", "課"), ("事務局", "課")):
        if name.endswith(ending):
            return kind
    return "部"
