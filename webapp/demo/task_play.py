"""担当業務の見える化シート of 市民課 and 保育課, as their people would have filled it in.

Columns: 業務名 | 処理の内容 | 処理の時期 | テレワーク 可 一部可 不可 | 個 = 個人情報, and on the next line
説明 | 主担 | 副担.
"""

from datetime import datetime

from webapp.accounts.access import Actor
from webapp.org import queries as org
from webapp.org.rules import Role
from webapp.tasks import queries, service
from webapp.tasks.people import Book, book_of
from webapp.tasks.rules import Telework
from webapp.tasks.service import Wanted

_SHEETS = {
    "D03010": """
証明書の交付（窓口）|住民票・印鑑登録証明・戸籍の謄抄本の受付、本人確認、交付|毎日|不可|個
 窓口での対面と原本の受け渡しが必要|加藤 麻衣、小川 里奈|山本 悠斗
住民異動の届出|転入・転出・転居の受付、住民記録への入力と確認|毎日（3月・4月が多い）|不可|個
 住民記録システムは庁舎の端末だけで使える|栗原 健一|中山 真理、新井 直樹
証明書の郵送請求|封書の開封、内容の確認、証明書の作成と発送|毎日|不可|個
 小為替と原本を扱う|村上 直樹|金子 健太
マイナンバーカードの交付予約|予約の受付と調整、はがきの発送、枠の設定|毎日、枠は毎月20日|一部可|
 予約枠の設定と問合せの回答は離れた場所でできる。交付は窓口だけ|宮崎 一郎|林 さくら
マイナンバーカードの電子証明書更新|暗証番号の再設定、更新の受付|毎日|不可|個
 統合端末を使う|林 さくら|宮崎 一郎
手数料の日計・月計|レジと調定の突合、収納の報告|毎日17時、月計は3日まで|不可|
 現金を扱う|中山 香織|内藤 絵里
手数料の統計と公表資料|種類別の件数の集計、ホームページ用の表の作成|毎月10日まで|可|
 集計表は共有フォルダーにある|中山 香織|村田 航
繁忙期の応援計画|3月・4月の窓口の応援者と時間割の案、各課との調整|12月〜2月|可|
 案の作成と照会は場所を選ばない|林 翔太|中山 真理
窓口の当番表|1週間の当番の調整と確定、急な休みの組み替え|毎週木曜|可|
 在席の画面ですべてできる|中山 真理|佐野 裕子
戸籍の届出審査|出生・婚姻・離婚・死亡などの届書の審査、戸籍の記載|毎日|不可|個
 戸籍システムは専用の端末だけで使える|石川 恵子、佐野 裕子|木村 慎一
戸籍の附票・他市町村との照会|通知の受領と入力、照会への回答|毎日|不可|個
 |清水 大輔|小林 瞳
火葬・埋葬の許可|許可証の交付、斎場の予約の確認|毎日|不可|個
 休日は日直から引き継ぐ|木村 慎一|
人口動態調査|調査票の作成、保健所への送付|毎月15日まで|不可|個
 |小林 一郎|岡本 伸也
人口・世帯数の公表|町丁別の集計、ホームページと広報の原稿|毎月1日|可|
 個人が分からない集計だけを扱う|岡本 伸也|小林 一郎
例規・様式の改正|規則と様式の改正の起案、法制担当との調整|随時|可|
 |林 翔太|
契約と予算|レジ・封筒・委託の契約、予算要求、支払|10月〜11月、毎月|可|
 財務会計は庁内端末の遠隔操作で使える|青木 真理|坂本 隆
統計調査（国勢・経済）の準備|調査員の募集と説明会、調査区の確認|年度により|一部可|
 名簿の作業は庁舎で行う|坂本 隆|森田 陽菜
市民相談の受付と案内|相談の受付、専門相談の予約、記録|毎日|一部可|個
 予約の調整と統計は離れた場所でできる|森田 陽菜|
電話での問合せ|必要書類、手数料、受付時間などの案内|毎日|可|
 転送を受けられる電話があればできる|斎藤 洋平、新井 直樹|坂本 沙織
""",
    "D05020": """
入所の申込みと選考|申込みの受付、点数表の入力と確認、選考会議の資料、結果の通知|10月〜2月、随時|不可|個
 世帯の書類を扱う|榎本 祥子、西尾 拓海|荒川 大輝
入所の相談|窓口と電話での相談、園の見学の案内|毎日|一部可|個
 制度の説明は離れた場所でもできる。世帯の書類を見る相談は庁舎で行う|三好 早苗|榎本 祥子
継続の申請と就労証明|届いた証明の点検、不備の連絡、認定の更新|11月〜1月|不可|個
 |堀内 亮|飯塚 遥
保育料の算定と口座振替|税額による算定、振替データの作成、収納の確認|毎月20日まで、9月に切替え|不可|個
 税の情報を扱う|戸田 隆之|望月 里奈
保育料の滞納整理|督促・催告、納付の相談、分納の管理|毎月|不可|個
 |戸田 隆之|
転園・退園・広域入所|他市町村との協議、通知|随時|不可|個
 |矢島 直人|沢田 悠真
一時預かり・延長保育の利用実績|園からの報告の点検、集計|毎月10日まで|可|
 園からの集計表だけを扱う|飯塚 遥|浜田 蓮
入園案内の改訂|案内とホームページの原稿、印刷の発注|7月〜9月|可|
 原稿は共有フォルダーにある|西尾 拓海|宮下 瞳
子ども・子育て会議の資料|議題の調整、資料と議事録の作成|年4回|可|
 |小笠原 真理|柏木 恵
県の指導監査への対応|自己点検表のとりまとめ、指摘事項の回答案|10月〜12月|一部可|
 園での立会いのほかは離れた場所でできる|黒田 和樹|奥村 慎二
公立園の改修と修繕|見積り、設計の打合せ、工事の立会い、支払|随時|一部可|
 図面の確認と書類は離れた場所でできる|水谷 剛|片山 徹
給付費・委託費の支払|請求の点検、加算の認定、支払の起案|毎月25日まで|可|
 財務会計は庁内端末の遠隔操作で使える|白石 香|平田 優子
処遇改善等加算の実績|計画書・実績報告の点検、県への報告|4月〜7月|可|
 |白石 香|
園長会・主任会|日程の調整、資料の印刷と発送、記録|毎月第2火曜|可|
 |秋山 理沙|小松 陽介
給食とアレルギー対応|献立の確認、除去食の届出の管理|毎月|不可|個
 子どもの健康の記録を扱う|松岡 直子|
会計年度任用職員の任用と勤務|募集、面接、勤務表と報酬の確認|毎月、1月〜3月|一部可|個
 勤務表の集計は離れた場所でできる|片山 徹|星野 彩花
電話での問合せ|空き状況、必要書類、園の開所時間などの案内|毎日|可|
 転送を受けられる電話があればできる|田島 典子|大橋 久美、福島 由香
""",
}
_TELEWORK = {"可": Telework.YES, "一部可": Telework.PARTLY, "不可": Telework.NO}


def build(*, now: datetime) -> None:
    """Once, with the city itself; units that are not there are left out. In a transaction."""
    for code, text in _SHEETS.items():
        unit = org.current_tree().by_code(code)
        chief = _chief(unit.id, now) if unit else None
        if unit is None or chief is None or queries.tasks_of_unit(unit.id):
            continue
        book = book_of(unit.id, [], now=now)
        lines = [_wanted(line, book) for line in text.strip().replace("\n ", "|").split("\n")]
        service.write_all(unit.id, [(None, line) for line in lines], [], actor=chief, now=now)


def _chief(unit_id: int, now: datetime) -> Actor | None:
    postings = org.postings_in([unit_id], org.today(now), known_at=now)
    chief = next((p for p in postings if Role.CHIEF in p.roles), None)
    return Actor(chief.staff_id, chief.number, chief.name, postings=(chief,)) if chief else None


def _wanted(line: str, book: Book) -> Wanted:
    name, process, timing, telework, secret, remark, mains, subs = line.split("|")
    return Wanted(
        name,
        process,
        timing,
        _TELEWORK[telework],
        remark,
        bool(secret),
        tuple(book.find(mains)[0]),
        tuple(book.find(subs)[0]),
    )
