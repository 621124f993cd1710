"""Conditions about what a mail holds: files, text, personal data."""

from __future__ import annotations

CONTENTS: dict[str, str] = {
    # attachments
    "Picks attachments, also those inside archives, by all keys given; holds when their number satisfies `count`. "
    "`attachments: any` leaves out signatures and pictures that the text shows.":
        "書いたキーすべてに合う添付ファイルを、アーカイブの中のものも含めて選び、その数が `count` "
        "を満たすと成り立ちます。`attachments: any` は、電子署名と、本文に表示される画像を除きます。",
    "globs over the file name": "ファイル名に合うワイルドカード",
    "kind by content, not by name: `docx`, `xlsx`, `pdf`, `zip`, `exe` and so on":
        "名前ではなく中身による種類: `docx`、`xlsx`、`pdf`、`zip`、`exe` など",
    "needs a password": "パスワードが必要",
    "encrypted, and its password stands in the same mail (PPAP)":
        "暗号化されていて、パスワードが同じメールに書かれている(PPAP)",
    "VBA, Excel 4 macros, DDE, JavaScript in a PDF": "マクロを含む: VBA、Excel 4 マクロ、DDE、PDF の JavaScript",
    "a program, script or shortcut, by content or by name":
        "実行できる: プログラム、スクリプト、ショートカット。中身または名前で判断",
    "the content is not what the name says": "中身が、名前の示す種類と違う",
    "a name that hides its kind: a second ending, or letters turned round":
        "名前で種類を隠している: 2 つ目の拡張子、または文字の並びの反転",
    "whether its content could be read": "中身を確認できたか",
    "part of the letter: a picture that its text shows, a signature, an invitation once more":
        "メールの一部: 本文に表示される画像、電子署名、重ねて付けられた招待状",
    "how many archives or mails are around it; 0 hangs on the mail itself":
        "いくつのアーカイブやメールの中にあるか。0 はメールに直接付いたもの",
    "globs over its sensitivity label, by name or id": "秘密度ラベルの名前または ID に合うワイルドカード",
    "files of known content": "中身が既知のファイル(ハッシュ値で指定)",
    "files with one such digest a line": "そのハッシュ値を 1 行に 1 つ書いたファイル",
    "the same content went to other organisations before, to fewer than three, and never to this one":
        "同じ中身を、以前にほかの組織(3 つ未満)に送り、この組織には一度も送っていない",
    "its name or text names a customer other than those the mail goes to":
        "名前または中の文章に、送り先ではない顧客の名前がある",
    "of the file": "ファイルの大きさ",
    'of the files picked; ">= 1" if left out': '選ばれたファイルの数。省略時は ">= 1"',
    "of the files picked together": "選ばれたファイルの合計の大きさ",
    "the text speaks of an attachment and there is none; stands alone":
        "本文が添付ファイルに触れているのに、添付ファイルがない。ほかのキーとは一緒に書けない",
    "The text speaks of an attachment, and there is none. `forgotten: true` looks for the usual words of Japanese, "
    "English and other languages; more of them, and words that make a sentence harmless, can be added.":
        "本文が添付ファイルに触れているのに、添付ファイルがない場合です。`forgotten: true` は、日本語、"
        "英語などでよく使われる語を探します。探す語と、その文を対象外にする語を追加できます。",
    "further words for an attachment": "添付ファイルを指す語の追加",
    "files of such words": "そのような語のファイル",
    "words that keep a sentence from being about an attachment": "その文を、添付ファイルについての文とみなさない語",
    # text
    "Words (anywhere), patterns (RE2) or both, also words from files. Full and half width are the same, case does "
    "not count, and a word that was wrapped is whole. Quoted history, signature and text that is not displayed "
    "belong to the body unless they are left out.":
        "語(位置は問いません)、パターン(RE2)、またはその両方を探します。ファイルに書いた語も使えます。全角と半角、"
        "大文字と小文字は区別せず、改行で分かれた語もつなげて探します。引用、署名、表示されない文章は、"
        "除かない限り本文に含みます。",
    "words, or words with weights": "語、または重みを付けた語",
    "patterns": "パターン",
    "files of words: .txt with one a line, .csv with a second column for weights":
        "語のファイル: .txt は 1 行に 1 つ、.csv は 2 列目に重み",
    "where to look; everywhere if left out": "探す場所。省略時はすべて",
    'of all occurrences; ">= 1" if neither count nor score is given':
        '見つかった回数の合計。count も score も書かなければ ">= 1"',
    "of the weights of what was found, each word and each pattern once":
        "見つかったものの重みの合計。どの語もパターンも 1 回だけ数える",
    "quoted text of the mail that is answered or forwarded; include if left out":
        "返信元・転送元のメールの引用。省略時は include",
    "the sender's signature; include if left out": "送信者の署名。省略時は include",
    "text of the body that is not displayed; include if left out": "本文の、表示されない文章。省略時は include",
    "names a customer (see customers) other than those the mail goes to":
        "送り先ではない顧客(customers を参照)の名前がある",
    "A pattern (RE2: linear time, no look-around). On its own, or with what it weighs and how often it must occur.":
        "パターンです(RE2: 線形時間で動き、先読み・後読みは使えません)。そのまま書くか、重みと、"
        "必要な回数を添えて書きます。",
    "case and width do not count": "パターン。大文字と小文字、全角と半角は区別しない",
    "below this number its occurrences do not count at all": "見つかった回数がこれに満たなければ、まったく数えない",
    "what it adds to the score": "score に加える重み",
    # personal_data
    "Compares the number of persons, or of distinct values of a class, with a number. All keys must hold.":
        "人数、または種類ごとの(重複を除いた)件数を比べます。すべてのキーが成り立つ必要があります。",
    "persons whose data is there": "情報が含まれる人の数",
    "payment card numbers": "クレジットカード番号",
    "My Numbers (個人番号)": "マイナンバー(個人番号)",
    "corporate numbers (法人番号)": "法人番号",
    "telephone numbers": "電話番号",
    "postal addresses": "住所",
    "postal codes": "郵便番号",
    "e-mail addresses": "メールアドレス",
    "bank accounts": "口座番号",
    "passport numbers": "旅券番号",
    "driving licence numbers": "運転免許証番号",
    "health insurance numbers": "健康保険の番号",
    "birth dates": "生年月日",
    "names of persons": "氏名",
    "IBANs": "IBAN(国際銀行口座番号)",
    "US social security numbers": "米国の社会保障番号",
}  # fmt: skip
