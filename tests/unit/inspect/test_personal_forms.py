"""The written forms of personal data, one a line: the class, its value, the text as people and programs write it.

A text may hold \\n and \\t. What else it holds is not asked here; that nothing is found in ordinary text stands in
test_personal_bait.py.
"""

from __future__ import annotations

import pytest

from mailguard.inspect.content import Piece
from mailguard.inspect.personal import search

FORMS = r"""
payment_card 4111111111111111 カード番号：4111111111111111
payment_card 4111111111111111 4111-1111-1111-1111
payment_card 4111111111111111 4111 1111 1111 1111
payment_card 4111111111111111 4111.1111.1111.1111
payment_card 4111111111111111 4111 - 1111 - 1111 - 1111
payment_card 4111111111111111 ４１１１－１１１１－１１１１－１１１１
payment_card 4111111111111111 ４１１１　１１１１　１１１１　１１１１
payment_card 4111111111111111 4111―1111―1111―1111
payment_card 4111111111111111 4111−1111−1111−1111
payment_card 4111111111111111 4111ー1111ー1111ー1111
payment_card 4111111111111111 41\u200b11111111111\u200b111
payment_card 4111111111111111 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1
payment_card 4111111111111111 カード番号\t4\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1
my_number 123456789018 マイナンバー 1 2 3 4 5 6 7 8 9 0 1 8
my_number 123456789018 氏名\t山田太郎\n個人番号\t1\t2\t3\t4\t5\t6\t7\t8\t9\t0\t1\t8
payment_card 4111111111111111 カード 41 11 11 11 11 11 11 11
payment_card 4111111111111111 4111 1111\n1111 1111
payment_card 4111111111111111 > 4111 1111 1111\n> 1111 です
payment_card 4111111111111111 氏名\tカード番号\n山田太郎\t4111111111111111.0
payment_card 4111111111111111 a,4.111111111111111E+15,b
payment_card 4111111111111111 {"card": "4111111111111111", "cvv": "123"}
payment_card 4111111111111111 {"pan":4111111111111111}
payment_card 4111111111111111 <card>4111111111111111</card>
payment_card 4111111111111111 card_number=4111111111111111&name=x
payment_card 4111111111111111 VISA4111111111111111
payment_card 4111111111111111 私のカードは4111111111111111です。
payment_card 4111111111111111 (4111111111111111)
payment_card 4111111111111111 「4111111111111111」
payment_card 4111111111111111 Visa: 4111111111111111, exp 12/28
payment_card 4111111111111111 4111111111111111 12/28 123
payment_card 4111111111111111 4111 1111 1111 1111 123
payment_card 4111111111111111 4111111111111111/1228
payment_card 4111111111111111 5105105105105100 4111111111111111
payment_card 4111111111111111 4111-1111-1111-1111 5105-1051-0510-5100
payment_card 5105105105105100 4111 1111 1111 1111\n5105 1051 0510 5100
payment_card 4111111111111111 カード番号\t\t\t\t期限\n4111\t1111\t1111\t1111\t12/28
payment_card 4111111111111111 ご注文のカード番号 4111111111111111
payment_card 4111111111111111 No.4111111111111111
payment_card 4111111111111111 ID,card\nORD-1,4111111111111111
payment_card 4111111111111111 会員ID,会員名\n00012,"4111 1111 1111 1111"
payment_card 4012888888881881 クレジット 4012888888881881
payment_card 5555555555554444 Mastercard 5555 5555 5555 4444
payment_card 2223865797543231 2223-8657-9754-3231
payment_card 378282246310005 3782 822463 10005
payment_card 378282246310005 3782-822463-10005
payment_card 378282246310005 AMEX 378282246310005
payment_card 3530111333300000 JCB 3530-1113-3330-0000
payment_card 3540318609139099 3540318609139099
payment_card 30569309025904 3056 930902 5904
payment_card 36006252760181 36006252760181
payment_card 6011111111111117 Discover 6011111111111117
payment_card 6441948757491182 6441948757491182
payment_card 6296030824628199 銀聯 6296030824628199
payment_card 6248219935181909378 6248219935181909378
payment_card 4526018159083016612 4526 0181 5908 3016 612
payment_card 4671276842683 カード番号 4671276842683
payment_card 5612955597971146 Maestro card 5612955597971146
payment_card 2200710497465078 card no. 2200 7104 9746 5078
payment_card 4111111111111110 氏名,カード番号\n山田,4111111111111110
my_number 123456789018 個人番号：123456789018
my_number 123456789018 マイナンバー 1234 5678 9018
my_number 123456789018 マイナンバーは1234-5678-9018です
my_number 123456789018 個人番号　１２３４５６７８９０１８
my_number 123456789018 マイナ：123456789018
my_number 123456789018 個番 123456789018
my_number 123456789018 My Number: 1234-5678-9018
my_number 123456789018 Individual Number 123456789018
my_number 123456789018 マイナンバー\n123456789018
my_number 123456789018 123456789018（個人番号）
my_number 123456789018 社員番号\t氏名\t個人番号\n100\t山田\t123456789018
my_number 123456789018 "氏名","個人番号"\n"山田太郎","123456789018"
my_number 084148525381 氏名\tマイナンバー\n山田太郎\t84148525381
my_number 123456789018 氏名\tマイナンバー\n山田太郎\t1.23456789018E+11
my_number 123456789018 個人番号\n465632122333\n123456789018
my_number 159010928159 465632122333\n995289078667\n661760313722\n159010928159\n901396245954
corporate_number 7000012050002 法人番号 7000012050002
corporate_number 7000012050002 法人番号：7-0000-1205-0002
corporate_number 7000012050002 登録番号 T7000012050002
corporate_number 7000012050002 T7000012050002
corporate_number 7000012050002 T7-0000-1205-0002
corporate_number 1800134099783 会社名\t法人番号\nA社\t1800134099783
phone 0312345678 03-1234-5678
phone 0312345678 (03)1234-5678
phone 0312345678 (03) 1234-5678
phone 0312345678 03(1234)5678
phone 0312345678 ０３－１２３４－５６７８
phone 0312345678 ０３（１２３４）５６７８
phone 0312345678 03ー1234ー5678
phone 0312345678 TEL 0312345678
phone 0312345678 電話番号:03 1234 5678
phone 0312345678 TEL:03-1234-5678/FAX:03-1234-5679
phone 0312345679 TEL:03-1234-5678/FAX:03-1234-5679
phone 0312345678 電話 03-12345678
phone 0312345678 +81-3-1234-5678
phone 0312345678 +81 3 1234 5678
phone 0312345678 +81 (0)3-1234-5678
phone 0312345678 +81312345678
phone 0451234567 045-123-4567
phone 0422123456 0422-12-3456
phone 0123456789 01234-5-6789
phone 09012345678 090-1234-5678
phone 09012345678 090 1234 5678
phone 09012345678 090.1234.5678
phone 09012345678 09012345678
phone 09012345678 090-12345678
phone 09012345678 携帯０９０－１２３４－５６７８
phone 09012345678 +819012345678
phone 09012345678 +81 90-1234-5678
phone 09012345678 tel:+81-90-1234-5678
phone 09012345678 0081-90-1234-5678
phone 09012345678 携帯 0081 90 1234 5678
phone 09012345678 00819012345678
phone 09012345678 010-81-90-1234-5678
phone 0312345678 0081-3-1234-5678
phone 0312345678 TEL 0081312345678
phone 0312345678 0081 (0)3 1234 5678
phone 07012345678 070-1234-5678
phone 05012345678 050-1234-5678
phone 0120123456 0120-123-456
phone 0120123456 0120-12-3456
phone 0120123456 0120・123・456
phone 09012345678 090・1234・5678
phone 09012345678 〇九〇・一二三四・五六七八
phone 08001234567 0800-123-4567
phone 0570012345 0570-012-345
phone 09012345678 氏名,電話\n山田,9012345678
phone 0312345678 氏名,電話番号\n山田,0312345678
phone 0312345678 氏名\tTEL\n山田\t312345678
phone 14155552671 +1 (415) 555-2671
phone 14155552671 +14155552671
phone 442079460958 +44 20 7946 0958
postal_code 1000001 〒100-0001
postal_code 1000001 〒1000001
postal_code 1000001 〒 100 - 0001
postal_code 1000001 〒 １００－０００１
postal_code 1000001 郵便番号 100-0001
postal_code 1000001 100-0001 東京都千代田区千代田1-1
postal_code 2200012 220-0012\n横浜市西区みなとみらい2-3-1
postal_code 1000001 氏名\t郵便番号\n山田\t1000001
postal_code 0600000 氏名,郵便番号\n山田,600000
postal_address 東京都千代田区千代田1-1 東京都千代田区千代田1-1
postal_address 東京都千代田区千代田1-1 東京都千代田区千代田１丁目１番
postal_address 東京都港区芝公園4-2-8 東京都港区芝公園四丁目二番八号
postal_address 東京都港区芝公園4-2-8 東京都港区芝公園4-2-8 東京タワー3F
postal_address 横浜市西区みなとみらい2-3-1 住所：横浜市西区みなとみらい2-3-1
postal_address 札幌市中央区北一条西2-1 札幌市中央区北一条西二丁目1番
postal_address 大阪府大阪市北区梅田3-1-3 大阪府大阪市北区梅田３ー１ー３
postal_address 京都市中京区寺町通御池上る上本能寺前町488 京都市中京区寺町通御池上る上本能寺前町488番地
postal_address 北海道石狩郡当別町白樺町58-9 北海道石狩郡当別町白樺町58番地9
postal_address 東京都千代田区丸の内1-9-1 "東京都 千代田区 丸の内1-9-1"
postal_address 千葉県浦安市舞浜1-1 千葉県浦安市舞浜1の1
postal_address 北海道札幌市中央区北3条西6丁目 北海道札幌市中央区北３条西６丁目
email_address taro.yamada@example.co.jp taro.yamada@example.co.jp
email_address taro@example.co.jp ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏ．ｊｐ
email_address taro@example.jp メールはtaro@example.jpまで
email_address taro@example.jp <mailto:Taro@Example.jp>
email_address taro@example.co.jp taro(at)example.co.jp
email_address taro@example.co.jp メールは taro＠example.co.jp へ
email_address taro@example.co.jp taro（アットマーク）example.co.jp
email_address taro@example.com taro [at] example [dot] com
email_address taro@example.co.jp 氏名,メール\n山田,taro[AT]example.co.jp
email_address taro+x@example.jp taro+x@example.jp;
email_address taro@example.jp https://www.example.com/u?id=1&mail=taro@example.jp
email_address taro@example.jp CN=taro@example.jp
email_address bounce-1=a@example.jp bounce-1=a@example.jp
bank_account 1234567 普通 1234567
bank_account 1234567 普通預金 口座番号 1234567
bank_account 1234567 みずほ銀行 渋谷支店（123） 普通預金 1234567 ヤマダタロウ
bank_account 1234567 口座番号：１２３４５６７
bank_account 1234567 （普）1234567
bank_account 1234567 当座No.1234567
bank_account 1234567 普通預金№1234567
bank_account 1234567 三菱UFJ銀行 渋谷支店 普 1234567
bank_account 1234567 口座番号（普通）1234567
bank_account 0123456 普通 口座番号 123456
bank_account 0012345 氏名,銀行,支店,口座番号\n山田太郎,A銀行,本店,12345
bank_account 1234012345671 ゆうちょ銀行 記号 12340 番号 12345671
bank_account 1234012345671 ゆうちょ 12340-12345671
bank_account 12345678 Bank account number: 12345678
bank_account 1234567 種別\t口座番号\n普通\t1234567
passport TR1234567 旅券番号 TR1234567
passport TR1234567 パスポート番号：ＴＲ１２３４５６７
passport TR1234567 Passport No. TR 1234567
passport TR1234567 氏名\tパスポート\n山田\tTR1234567
passport 123456789 passport number 123456789
driving_licence 301234567890 運転免許証番号 301234567890
driving_licence 301234567890 免許証の番号は第301234567890号
driving_licence 301234567890 免許証番号：3012 3456 7890
driving_licence 301234567890 driver's license no. 301234567890
driving_licence 301234567890 氏名,免許証番号\n山田,301234567890
health_insurance 01130012 保険者番号 01130012
health_insurance 138016 保険者番号：138016
health_insurance 12345678 被保険者番号 12345678
health_insurance 2170002345 健康保険証 記号 21700023 番号 45
health_insurance 2170002345 被保険者証 記号・番号：21700023・45
health_insurance 12345678 氏名,被保険者番号\n山田,12345678
birth_date 19800102 生年月日：1980年1月2日
birth_date 19800102 生年月日 1980/1/2
birth_date 19800102 生年月日 1980-01-02
birth_date 19800102 生年月日（西暦）19800102
birth_date 19800102 生年月日: 昭和55年1月2日
birth_date 19800102 生年月日 S55.1.2
birth_date 19800102 生年月日 昭55.1.2
birth_date 19890108 平成元年1月8日生まれ
birth_date 19800102 1980年1月2日生
birth_date 19800102 DOB: 1980-01-02
birth_date 19800102 Date of birth: January 2, 1980
birth_date 19800102 date of birth 2 Jan 1980
birth_date 19800131 Birthday: 01/31/1980
birth_date 19800102 氏名\t生年月日\n山田\t1980-01-02
birth_date 19800102 氏名\t生年月日\n山田\t19800102
birth_date 19800102 氏名\t生年月日\n山田\t29222
birth_date 19800102 氏名\t生年月日\n山田\t1980-01-02 00:00:00
birth_date 19810304 生年月日 昭和五十六年三月四日
birth_date 19810304 昭和五六年三月四日生まれ
birth_date 19891231 平成元年十二月三十一日生
birth_date 19810304 生年月日：一九八一年三月四日
birth_date 20011020 生年月日は二千一年十月二十日です
birth_date 19810304 氏名\t生年月日\n山田\t昭和五十六年三月四日
birth_date 20190501 誕生日は令和1年5月1日
person_name 山田太郎 氏名：山田　太郎
person_name 山田太郎 お名前: 山田太郎 様
person_name 山田太郎 氏名　山田太郎\n電話　090-1234-5678
person_name 山田太郎 お申込内容\nお名前　山田　太郎様\nご住所　東京都港区芝公園4-2-8
person_name 山田太郎 氏名,部署\n山田太郎,営業
person_name 山田太郎 姓,名,部署\n山田,太郎,営業
person_name 山田太郎 〒100-0001\n東京都千代田区千代田1-1\n山田 太郎 様
person_name 佐藤花子 ・山田太郎\n・佐藤花子\n・鈴木一郎
person_name 佐藤花子 参加者は山田太郎様、佐藤花子様、鈴木一郎様です
person_name 佐藤花子 1\t山田太郎\tA\n2\t佐藤花子\tB\n3\t鈴木一郎\tC
person_name 山田太郎 山田太郎 090-1234-5678
person_name 山田太郎 山田太郎　みずほ銀行 名古屋支店 普通 1234567
person_name 山田太郎 1. 山田 太郎様　みずほ銀行 普通 1234567
person_name 山田太郎 ・山田太郎 健康保険証 記号 21700023 番号 45
person_name 山田太郎 山田太郎　昭和55年1月2日生まれ
person_name 山田太郎 山田太郎（35歳）
person_name ヤマダタロウ フリガナ,氏名\nx,ヤマダ タロウ
person_name 山田太郎 BEGIN:VCARD\nVERSION:3.0\nN:山田;太郎\nFN:山田 太郎\nTEL:090-1234-5678\nEND:VCARD
person_name Taro Yamada Name,Email\nTaro Yamada,taro@example.jp
iban DE89370400440532013000 DE89 3704 0044 0532 0130 00
iban DE89370400440532013000 IBAN: DE89370400440532013000
iban GB29NWBK60161331926819 GB29 NWBK 6016 1331 9268 19, London
iban FR1420041010050500013M02606 FR14 2004 1010 0505 0001 3M02 606 BIC
iban NO9386011117947 NO93 8601 1117 947
iban MT84MALT011000012345MTLCAST001S MT84MALT011000012345MTLCAST001S
iban NL91ABNA0417164300 NL91-ABNA-0417-1643-00
us_ssn 219099999 SSN 219-09-9999
us_ssn 219099999 social security number: 219 09 9999
us_ssn 219099999 Social Security Number 219099999
us_ssn 219099999 name,SSN\nAnn Lee,219099999
"""


def unfolded(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t").replace("\\u200b", "\u200b")


@pytest.mark.parametrize("line", FORMS.strip().splitlines())
def test_forms(line: str) -> None:
    what, value, text = line.split(" ", 2)
    if what == "person_name" and value.isascii():  # the one value with a space
        more, text = text.split(" ", 1)
        value = f"{value} {more}"
    found = search([Piece("text", unfolded(text))], 1000).classes
    assert what in found, found
    assert value in found[what].values, found


def test_there_are_forms_of_every_class() -> None:
    from mailguard.mail.facts import CLASSES

    assert {line.split(" ")[0] for line in FORMS.strip().splitlines()} == set(CLASSES)
