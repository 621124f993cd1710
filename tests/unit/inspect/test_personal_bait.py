"""Ordinary business text full of numbers, none of which is anybody's card, My Number, licence, passport or account."""

from __future__ import annotations

import pytest

from mailguard.inspect.content import Piece
from mailguard.inspect.personal import search

BAIT = r"""
注文番号: 4012888888881881 を承りました。
ご注文番号 4111111111111111（お問い合わせ用）
受注No. 4111-1111-1111-1111
Order #4111111111111111 has shipped.
Your order 4111 1111 1111 1111 is ready
Order ID: 5105105105105100
Customer no. 4539 1488 0343 6467
Booking reference 4539148803436467, membership number 4012888888881881
PO 4012888888881881 / line 12
伝票番号：123456789018
お問い合わせ伝票番号 1234-5678-9018（ヤマト運輸）
ヤマト 追跡番号 123456789018
佐川急便 お問い合せ送り状No. 123456789018
日本郵便 追跡番号 1234-5678-9018
ゆうパック 123456789018 で発送しました
荷物番号 465632122333 を本日発送いたしました。
UPS 1Z999AA10123456784
UPS 1Z999AA10123456784
UPS tracking 1Z 999 AA1 01 2345 6784
FedEx 123456789012
FedEx tracking number: 6296030824628199
DHL 1234567890
DHL waybill 4111111111111111
JP Post EMS EJ123456789JP
配送状況: 西濃 12345678901
2026-11-25 10:15:30.123456 INFO 4111 rows in 1111 ms
2026-11-25T10:15:30.123456789+09:00 job done
timestamp=20261125101530123 ok
20261125101530
20261125101530123456
1767225600123456
1767225600123456789
[1767225600.123456] kernel: usb 1-1: new device
d41d8cd98f00b204e9800998ecf8427e
sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
commit 4012888888881881aabbccddeeff00112233445566
550e8400-e29b-41d4-a716-446655440000
4111111111111111-abcd-1234
iVBORw0KGgoAAAANSUhEUgAA4111111111111111AAABCAYAAAAfFcSJAAAADUlEQVR42mNk
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKB
https://shop.example/item/4111111111111111
https://shop.example/?order=4111111111111111&x=1
https://example.com/track?no=123456789018
詳細は https://example.com/a/4012888888881881/b をご覧ください
<https://example.com/4111111111111111>
file:///data/4111111111111111.log
/var/log/4111111111111111/app.log
C:\data\4111111111111111\x.csv
Message-ID: <4111111111111111.20261125@mail.example.com>
References: <20261125.4012888888881881@example.com>
In-Reply-To: <CAF4111111111111111@mail.example.com>
Content-ID: <image001.png@01DC4111.11111110>
boundary="----=_NextPart_4111111111111111"
X-Request-Id: 4111111111111111
trace_id=4111111111111111 span=5105105105105100
session 4012888888881881 closed
uid=4012888888881881 gid=100
at com.example.App.main(App.java:4111) [11111111111:1111]
  File "/srv/app.py", line 411, in run
0x4111111111111111
java.lang.NumberFormatException: For input string: "transaction 4111111111111111"
Exception: key (id)=(4012888888881881) already exists
ISBN 978-4-87311-778-2
ISBN978-4-06-519981-7
ISBN: 9784873117782
JAN 4901234567894
JANコード：4512345678906
JANコード 4671276842683
商品コード 4901234567894 × 12
EAN 4006381333931
GTIN 04901234567894
IMEI 353011133330000
IMEI: 378282246310005
シリアル番号 4111111111111111
S/N: 4111-1111-1111-1111
シリアルNo. 5105-1051-0510-5100
製造番号 4012888888881881
型番 AB1234567
部品番号 TR1234567
図番 TK1234567-A
ロット TK1234567
品番：MZ7654321
型式 TZ1234567 を3台
SKU: 4012888888881881
ライセンスキー 4111-1111-1111-1111-5105
License key: ABCD-4111-1111-1111-1111
version 4.111.1111.11111111
v1.2.3-4111111111111111
バージョン 10.0.19045.4111
北緯35.6585805 東経139.7454329
35.658580512345, 139.745432912345
緯度 35.65858051234567 経度 139.74543291234567
GPS 3.14159265358979 2.71828182845904
π=3.14159265358979323846
金額 4,111,111,111,111,111 円
合計 1,234,567円（税込）
¥12,345,678
売上 4111111111111111 円
見積番号 2026-1125-0001
見積書番号 4111-1111-1111-1111
請求書番号 INV-4111111111111111
請求番号 4012888888881881
契約番号 123456789018
証券番号 465632122333
会員番号 4111111111111111
お客様番号 4111-1111-1111-1111
顧客コード 123456789018
管理番号 123456789018
受付番号 995289078667
予約番号 661760313722
整理番号 159010928159
案件番号 20261125-0001
稟議番号 4111111111111111
JR予約 12345678
普通郵便 1234567
普通車 1234567
普通紙 7654321 枚
当座の間 1234567
口座振替のお知らせ 2026年11月25日
口座開設 20261125
口座の件、1234567円でお願いします
普通預金 1234567円
運転免許の更新は 2026-11-25 までです
免許皆伝の 123 名
運転免許センター 03-1234-5678
ライセンス license 2026
パスポートサイズ 35x45
Passport photo 600dpi
パスポートの申請は 11/25
健康保険組合 2026年度
社内普及 1234567 台
3・4・5 月 0・123・456
保険者の負担は 123,456 円
社会保険料 123,456円
電話 03-1234-5678 内線 4111
TEL 03-1234-5678 FAX 03-1234-5679
03-1234-5678 03-1234-5679 03-1234-5670
192.168.100.200
2001:db8:4111:1111:1111:1111::1
AA:BB:CC:41:11:11
2026/11/25 2026/11/26 2026/11/27 2026/11/28
10:00-11:00 12:00-13:00 14:00-15:00
1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
4500 4600 4700 4800 4900 5000
2023 2024 2025 2026 2027
4500\t4600\t4700\t4800\n4501\t4601\t4701\t4801
4111,1111,1111,1111
0000000000000000
1111111111111111
1234567890123456
9999-9999-9999-9999
注文番号,商品,金額\n4111111111111111,りんご,100\n5105105105105100,みかん,200
伝票番号\t届け先\n123456789018\t大阪\n465632122333\t東京
追跡番号\n123456789018\n465632122333\n995289078667\n661760313722\n159010928159
order_id,qty\n4012888888881881,1
商品コード|在庫\n4901234567894|3
シリアル番号  数量\n4111111111111111  2
On Wed, Nov 25, 2026 at 10:15 AM Ann <ann@example.com> wrote:
2026年11月25日(水) 10:15 山田 太郎 <taro@example.jp>:
-----Original Message-----\nFrom: Ann <ann@example.com>\nSent: Wednesday, November 25, 2026 10:15 AM
--\n株式会社サンプル 営業部\n山田 太郎\n〒100-0001 東京都千代田区千代田1-1\nTEL 03-1234-5678
GB29 version 12, SE45 build 2026
AB12 3456 7890 1234 5678
DE88 3704 0044 0532 0130 00
Zoom ミーティングID: 411 1111 1111 パスコード: 123456
Meeting ID: 812 3456 7890
Teams 会議 ID: 411 111 111 111
PIN 4111 を入力
郵便振替 手数料 123円
記号 A 番号 12
振込手数料 220 円、振込日 2026-11-30
個数 12,345,678,901
電話会議 PIN 123456789018#
MAC 00-1B-44-11-3A-B7
RFC 5321 4.5.3.1
CVE-2026-41111111
KB4111111
請求書 T1234567890123
バーコード 4912345678904 をスキャン
UUID 41111111-1111-1111-1111-111111111111
base64,NDExMTExMTExMTExMTExMQ==
$4111111111111111.50
"""
CHECKED = (
    "payment_card", "my_number", "driving_licence", "passport", "bank_account", "iban", "us_ssn", "health_insurance",
    "corporate_number",
)  # fmt: skip


def unfolded(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t")


@pytest.mark.parametrize("line", BAIT.strip("\n").splitlines())
def test_bait_is_nobodys(line: str) -> None:
    found = search([Piece("text", unfolded(line))], 1000).classes
    assert {what: found[what].values for what in CHECKED if what in found} == {}


@pytest.mark.parametrize(
    "text",
    [
        "氏名 の記入をお願いします\n担当者名 未定\n品名 ケーブル\n会社名 株式会社山田",
        "name: BodyFormats.ps",
        "Name: /usr/share/doc",
        "担当: 営業3課\n期限: 11/25",
        "お振込先 みずほ銀行 名古屋支店 普通 1234567",
        "高橋建設 普通 1234567",
        "山田太郎記念館 普通 1234567",
        "当社の小林誠が生産 12日生産",
        "名前: report_2026.xlsx",
    ],
)
def test_no_names_of_things(text: str) -> None:
    assert "person_name" not in search([Piece("text", text)], 1000).classes


@pytest.mark.parametrize(
    "text",
    [
        "契約日は平成三十年四月一日、期間は三年一月です",
        "昭和五十六年三月四日に設立",
        "Let us meet (at) noon, or [at] two. See Fig(at) 3.x",
        "図13(at)参照.xlsx",
        "option (a) example.com",
    ],
)
def test_dates_and_words_of_nobody(text: str) -> None:
    found = search([Piece("text", text)], 1000).classes
    assert "birth_date" not in found
    assert "email_address" not in found


def test_bait_all_together_is_nobodys() -> None:
    found = search([Piece("text", unfolded(BAIT))], 1000).classes
    assert {what: found[what].values for what in CHECKED if what in found} == {}
