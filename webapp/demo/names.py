"""Names for invented people, with their readings; none of them is anybody's."""

from random import Random

FAMILY = """
佐藤 さとう/鈴木 すずき/高橋 たかはし/田中 たなか/伊藤 いとう/渡辺 わたなべ/山本 やまもと/中村 なかむら
小林 こばやし/加藤 かとう/吉田 よしだ/山田 やまだ/佐々木 ささき/山口 やまぐち/松本 まつもと/井上 いのうえ
木村 きむら/林 はやし/斎藤 さいとう/清水 しみず/山崎 やまざき/森 もり/池田 いけだ/橋本 はしもと
阿部 あべ/石川 いしかわ/山下 やました/中島 なかじま/石井 いしい/小川 おがわ/前田 まえだ/岡田 おかだ
長谷川 はせがわ/藤田 ふじた/後藤 ごとう/近藤 こんどう/村上 むらかみ/遠藤 えんどう/青木 あおき/坂本 さかもと
福田 ふくだ/太田 おおた/西村 にしむら/藤井 ふじい/金子 かねこ/岡本 おかもと/藤原 ふじわら/中野 なかの
三浦 みうら/原田 はらだ/中川 なかがわ/松田 まつだ/竹内 たけうち/小野 おの/田村 たむら/中山 なかやま
和田 わだ/石田 いしだ/森田 もりた/上田 うえだ/原 はら/内田 うちだ/柴田 しばた/酒井 さかい
宮崎 みやざき/横山 よこやま/高木 たかぎ/安藤 あんどう/宮本 みやもと/大野 おおの/小島 こじま/谷口 たにぐち
工藤 くどう/今井 いまい/高田 たかだ/増田 ますだ/丸山 まるやま/杉山 すぎやま/村田 むらた/大塚 おおつか
新井 あらい/小山 こやま/平野 ひらの/河野 こうの/武田 たけだ/上野 うえの/松井 まつい/千葉 ちば
岩崎 いわさき/桜井 さくらい/野口 のぐち/松尾 まつお/木下 きのした/菊地 きくち/久保 くぼ/佐野 さの
野村 のむら/北村 きたむら/古川 ふるかわ/水野 みずの/浅井 あさい/本田 ほんだ/八木 やぎ/川口 かわぐち
大西 おおにし/永井 ながい/栗原 くりはら/熊谷 くまがい/須藤 すどう/内藤 ないとう
"""
GIVEN = """
大輔 だいすけ/健太 けんた/直樹 なおき/拓也 たくや/翔太 しょうた/和也 かずや/達也 たつや/亮 りょう
哲也 てつや/剛 つよし/浩 ひろし/隆 たかし/誠 まこと/修 おさむ/聡 さとし/学 まなぶ
徹 とおる/豊 ゆたか/一郎 いちろう/健一 けんいち/悠斗 ゆうと/蓮 れん/陽介 ようすけ/雄太 ゆうた
祐介 ゆうすけ/俊介 しゅんすけ/智也 ともや/大樹 だいき/涼 りょう/航 わたる/光 ひかる/洋平 ようへい
慎一 しんいち/和彦 かずひこ/秀樹 ひでき/康夫 やすお/正人 まさと/貴之 たかゆき/伸也 しんや/圭 けい
美咲 みさき/結衣 ゆい/陽菜 ひな/葵 あおい/さくら さくら/愛 あい/彩 あや/恵 めぐみ
恵子 けいこ/由美 ゆみ/真由美 まゆみ/智子 ともこ/裕子 ゆうこ/直美 なおみ/久美子 くみこ/陽子 ようこ
美穂 みほ/里奈 りな/千尋 ちひろ/麻衣 まい/奈々 なな/沙織 さおり/香織 かおり/絵里 えり
舞 まい/瞳 ひとみ/優花 ゆうか/綾 あや/理恵 りえ/早紀 さき/琴音 ことね/菜摘 なつみ
明日香 あすか/友美 ともみ/和子 かずこ/典子 のりこ/春香 はるか/千夏 ちなつ/志保 しほ/真理 まり
"""

Name = tuple[str, str]  # 氏名 and ふりがな, each with a blank between family and given name


def _pairs(text: str) -> list[Name]:
    words = [word for line in text.split("\n") for word in line.split("/") if word]
    return [(name, kana) for name, kana in (word.split(" ") for word in words)]


def draw(random: Random, number: int, *, taken: set[str]) -> list[Name]:
    """That many different names, none of those taken; frequent family names come more often."""
    families, givens = _pairs(FAMILY), _pairs(GIVEN)
    weights = [len(families) + 30 - place for place in range(len(families))]
    found: list[Name] = []
    seen = set(taken)
    while len(found) < number:
        (family,) = random.choices(families, weights)
        given = random.choice(givens)
        name = f"{family[0]} {given[0]}"
        if name not in seen:
            seen.add(name)
            found.append((name, f"{family[1]} {given[1]}"))
    return found
