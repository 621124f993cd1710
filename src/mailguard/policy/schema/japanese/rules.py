"""A policy file, lists, people, groups, the calendar, customers, and a rule."""

from __future__ import annotations

RULES: dict[str, str] = {
    # A file, lists, people, groups, the calendar, customers
    "One file under policies/.": "policies/ にあるファイルの 1 つです。",
    "of the language": "書式の版",
    "named lists of domains and addresses": "ドメインとアドレスの、名前を付けたリスト",
    "who works here": "社内の人",
    "groups of people by name": "人のグループ。名前を付けて書く",
    "office hours and days off": "勤務時間と休日",
    "whose name is whose": "どの名前がどの顧客のものか",
    "the rules of this file; their order does not matter": "このファイルのルール。順序は結果に影響しない",
    "mails that are judged by all rules of this file together":
        "このファイルのすべてのルールで判定するテスト例のメール",
    "A named list of domains and addresses, inline and from files (.txt: one a line; .csv: a column `domain` or "
    "`address`).":
        "名前を付けた、ドメインとアドレスのリストです。直接書くことも、ファイルから読み込むこともできます(.txt は 1 "
        "行に 1 つ、.csv は `domain` または `address` の列)。",
    "domains, or globs over them; `*.group.example` means subdomains":
        "ドメイン。ワイルドカードも使える。`*.group.example` はサブドメインを指す",
    "addresses, or globs over them": "アドレス。ワイルドカードも使える",
    "files of names, relative to this file": "ドメインやアドレスを書いたファイル。このファイルからの相対パスで書く",
    "The people: a list, files, or both. What several places say of one person is put together; two managers for one "
    "person are an error.":
        "社内の人を、リスト、ファイル、またはその両方で書きます。同じ人について複数の場所に書かれたことは、"
        "まとめられます。1 人に上長が 2 人いるとエラーです。",
    "people written out; `people: [...]` is the same as `people: {list: [...]}`":
        "人を直接書いたリスト。`people: [...]` は `people: {list: [...]}` と同じ",
    "CSV files with the columns address, name, manager, delegates, groups, away, aliases, members (or their Japanese "
    "names), in UTF-8 or Shift_JIS; several values in one cell separated by ; or blanks":
        "CSV ファイル。列は address、name、manager、delegates、groups、away、aliases、members(日本語の列名も可)。"
        "文字コードは UTF-8 または Shift_JIS。1 つのセルに複数の値を書くときは ; または空白で区切る",
    "One person. Manager and delegates must be people too, so that a typing error is no approval that nobody gets.":
        "1 人分の項目です。上長と代理も、この名簿にある人でなければなりません。書き間違いのせいで、"
        "誰にも届かない承認依頼ができるのを防ぎます。",
    "the person's own address": "本人のアドレス",
    "how the person is called": "本人の名前",
    "further addresses of the same person": "同じ人のほかのアドレス",
    "who approves for this person": "この人のメールを承認する上長",
    "who decides while the person is away, in this order": "本人が不在の間、代わりに決める人。この順に代わる",
    "groups that the person is in": "本人が属するグループ",
    "days of absence: a day, or first..last": "不在の日: 1 日、または 初日..最終日",
    "for a shared mailbox: who reads its mail, and may decide about what it sends":
        "共有メールボックスの場合: そのメールを読み、そこから送るメールについて決められる人",
    "for a shared mailbox: groups whose members may decide about what it sends":
        "共有メールボックスの場合: そこから送るメールについて、メンバーが決められるグループ",
    "A group of people. A group without members is an error, and so is one that contains itself. `{}` declares a "
    "group whose members name it themselves, in `people:`.":
        "人のグループです。メンバーのいないグループも、自分自身を含むグループもエラーです。`{}` は、"
        "メンバーの側で(`people:` に)属するグループとして書くグループを宣言します。",
    "addresses, or *@domain for everybody there": "アドレス。*@ドメイン は、そのドメインの全員",
    "groups whose members are members too": "そのメンバーも、このグループのメンバーになるグループ",
    "members from .txt (one a line) or .csv (a column `address`)":
        "メンバーを書いたファイル。.txt(1 行に 1 人)または .csv(`address` の列)",
    "Office hours and days off, for `time:` conditions and for approvals whose clock stops outside office hours. One "
    "for the whole company: a second one in another file is an error. Without any: 09:00-18:00 from Monday to Friday "
    "in the organization's zone, and in Asia/Tokyo the Japanese holidays.":
        "勤務時間と休日です。`time:` の条件と、勤務時間外に時計が止まる承認に使います。会社全体で 1 つだけです。"
        "別のファイルに 2 つ目を書くとエラーです。何も書かなければ、組織のタイムゾーンで月曜日から金曜日の 09:00-18:"
        "00、Asia/Tokyo では日本の祝日も休日です。",
    "office hours; several where there is a break": "勤務時間。途中に休憩があれば複数書く",
    "days of work": "勤務日",
    "public holidays of a country (ISO 3166), a part of one after a hyphen, or none; JP if left out in Asia/Tokyo, "
    "else none":
        "国の祝日(ISO 3166 のコード)。州などはハイフンの後に書く。祝日を使わなければ none。省略時は、Asia/Tokyo なら "
        "JP、それ以外は none",
    "days on which the company is closed: days, first..last, or files (.csv with the columns date and name, .txt "
    "with a day and its name in a line)":
        "会社の休業日: 日付、初日..最終日、またはファイル(.csv は date と name の列、.txt は 1 行に日付とその名前)",
    "days of work all the same, written like days_off": "休日でも勤務する日。days_off と同じように書く",
    "the organization's if left out": "タイムゾーン。省略時は組織のもの",
    "Customers by the names that texts call them, with the domains that their people write from. All policy files "
    "together make one list.":
        "顧客を、文章の中での呼び名と、その顧客の人がメールに使うドメインで書きます。"
        "すべてのポリシーファイルの分を合わせて 1 つのリストになります。",
    "a name and its domains; one customer may have several names":
        "名前と、そのドメイン。1 つの顧客に複数の名前を付けてよい",
    ".csv files with columns name and domain (several domains with ; between)":
        "name と domain の列がある .csv ファイル(複数のドメインは ; で区切る)",
    # A rule
    "A rule: when it holds and nothing in unless does, then at least this happens.":
        "ルールです。条件が成り立ち、unless のどれも成り立たないとき、少なくともこの処置が行われます。",
    "its name in letters, audit lines and figures; unique": "通知メール、監査記録、集計に出る名前。重複してはならない",
    "a note for whoever reads the file; nobody else sees it": "このファイルを読む人へのメモ。ほかの人には見えない",
    "enforce (if left out), notify or monitor; or one for each group of senders":
        "モード: enforce(適用。省略時)、notify(通知のみ)、monitor(記録のみ)。送信者のグループごとにも書ける",
    "the condition": "条件",
    "exceptions: if any of them holds, the rule does not": "例外。どれかが成り立てば、ルールは当てはまらない",
    "what it means when a part of the mail could not be read and the condition cannot be decided":
        "メールの一部を読み取れず、条件を判定できないときの扱い",
    "also for replies by machines, receipts and bounces, which are otherwise never held":
        "自動応答、開封確認、不達通知にも適用する。適用しなければ、これらは決して保留されない",
    "told first, before equally strict rules; decides nothing":
        "同じ厳しさのルールの中で、この理由を最初に伝える。判定には影響しない",
    "what happens": "処置",
    "one sentence that people read, the fact, in both languages": "人が読む理由。事実を 1 文で、両方の言語で書く",
    "mails in a few words and what must become of them by this rule alone":
        "テスト例: 短く書いたメールと、このルールだけで判定したときになるべき処置",
    "The sentence that people read: the fact, in both languages. Placeholders in braces, such as {count}, are filled "
    "in.":
        "人が読む理由の文です。事実を両方の言語で書きます。波かっこの差し込み({count} など)には、"
        "そのメールの値が入ります。",
    "in Japanese": "日本語の文",
    "in English": "英語の文",
    "How far a rule goes: counted only, told, or in force; for the senders of a group it may be another one. Of "
    "several groups that a sender is in, the strictest counts. A word alone is the mode for everybody.":
        "ルールの働き方です。記録のみ、通知のみ、適用のどれかで、送信者のグループごとに変えられます。"
        "送信者が複数のグループに属するときは、最も厳しいモードになります。語だけを書くと、全員のモードになります。",
    "for senders in none of the groups": "どのグループにも属さない送信者のモード",
    "for senders in these groups": "これらのグループの送信者のモード",
}  # fmt: skip
