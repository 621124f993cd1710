"""Conditions about who sends, who gets it, what the mail is as a whole, and when."""

from __future__ import annotations

CONDITIONS: dict[str, str] = {
    "One condition. Several keys must all hold.":
        "1 つの条件です。複数のキーを書くと、すべてが成り立つ必要があります。",
    "every one of these holds": "これらがすべて成り立つ",
    "at least one of these holds": "これらの少なくとも 1 つが成り立つ",
    "this does not hold": "これが成り立たない",
    "who gets it": "誰に送るか",
    "which files hang on it; `any`: what people call an attachment":
        "どのファイルが添付されているか。`any` は、人が添付ファイルと呼ぶもの",
    "what stands in it": "何が書かれているか",
    "whose data it carries": "誰の個人情報を含むか",
    "private keys, access tokens, passwords": "秘密鍵、アクセストークン、パスワード",
    "what the virus scanner said": "ウイルス検査の結果",
    "who sends it": "誰が送るか",
    "what it is as a whole": "全体としてどのようなメールか",
    "when the mail came in": "メールを受け付けた日時",
    # recipients
    "Picks recipients by all keys given; holds when their number satisfies `count`.":
        "書いたキーすべてに合う宛先を選び、その数が `count` を満たすと成り立ちます。",
    "outside the company": "社外の宛先",
    "of one of the company's own domains": "自社ドメインの宛先",
    "stands in To or Cc, so that the others see it; also whom another part of a split mail has":
        "To または Cc にあり、ほかの受信者から見える。分けて渡されたメールの、別の分の宛先も含む",
    "stands in To": "To にある",
    "stands in Cc": "Cc にある",
    "in the envelope, but neither in To nor in Cc": "エンベロープにあるが、To にも Cc にもない",
    "on one of these lists": "これらのリストのどれかにある",
    "on none of these lists": "これらのリストのどれにもない",
    "of a domain that a glob covers": "ドメインがワイルドカードに合う",
    "whose address a glob covers": "アドレスがワイルドカードに合う",
    "names of groups of people, any of which the recipient is in": "人のグループの名前。宛先がそのどれかに属する",
    "where anybody gets a mailbox": "誰でもメールボックスを持てるドメイン(フリーメール)",
    "an outsider whose domain takes no mail: neither MX nor A nor AAAA, or a null MX (RFC 5321 section 5.1, RFC 7505)"
    "; cannot be decided where DNS gives no answer in time":
        "社外の宛先で、ドメインがメールを受け取らない: MX も A も AAAA もない、または null MX(RFC 5321 の 5.1 節、"
        "RFC 7505)。DNS が時間内に答えないときは判定できない",
    "a mailing list or a group that nobody expanded: a group of the directory, a host of lists, or a name such as "
    "all@, zenin@, sales-ml@":
        "展開されていないメーリングリストまたはグループ: 名簿のグループ、リスト用のホスト、all@、zenin@、sales-ml@ "
        "のような名前",
    "an outsider whose organization this sender, or anybody here, has never written to":
        "社外の宛先で、その組織には、この送信者が(company では社内の誰も)一度も送ったことがない",
    "this sender wrote there before, but not for so long; who was never written to is `first_time`":
        "この送信者が以前に送ったことはあるが、この期間は送っていない。一度も送ったことのない相手は `first_time`",
    "To or Cc call the address by the name, or by the address, of somebody else whom this sender wrote to or whom "
    "the directory knows; an office (info@) may bear the name of somebody of its house":
        "To や Cc でアドレスに付いた名前(またはアドレス)が、この送信者が送ったことのある、または名簿にある、"
        "別の人のもの。部署のアドレス(info@)に、同じ組織の人の名前が付いていてもよい",
    "the greeting of the mail names this recipient (false: it names others, not this one); picks nobody where it "
    "names nobody or everybody":
        "メールの宛名がこの宛先を指している(false: ほかの人を指し、この宛先ではない)。宛名が誰も指さない、"
        "または全員を指すときは、誰も選ばない",
    "took no part in the thread that this reply goes on with: neither in the mails that went through here nor in "
    "what the reply quotes; with `organization`: nor did anybody of the same organization; cannot be decided where "
    "neither says to whom the thread went":
        "この返信が続けているスレッドに、これまで加わっていない: ここを通ったメールにも、"
        "返信が引用した部分にもいない。`organization` では、同じ組織の誰もいない。"
        "どちらからもスレッドの宛先が分からなければ判定できない",
    "compared with the groups that this sender wrote to at least three times: the very same (everybody is picked), "
    "one more, one less, or one exchanged for another":
        "この送信者が 3 回以上送った顔ぶれとの比較: まったく同じ(usual。全員を選ぶ)、1 人多い(unusual)、1 "
        "人少ない(missing)、1 人が入れ替わった(replaced)",
    "how such a group is broken: one more (as `habit: unusual`), one less, one exchanged for another; true: in any "
    "of these ways":
        "いつもの顔ぶれとの違い: 1 人多い(extra。`habit: unusual` と同じ)、1 人少ない(missing)、1 "
        "人が入れ替わった(replaced)。true: そのどれか",
    "this sender never wrote to the recipient, who bears the name (as To and Cc show it, or before the @) of "
    "somebody he did write to, or of a colleague: at another company (company), in the same organization (department)"
    ", with a business address while this one is free mail (free_mail), or any of them (true); with `surname` the "
    "family name is enough; picks nobody whose namesake gets the mail too":
        "この送信者が送ったことのない宛先で、送ったことのある相手、または同僚と、名前(To や Cc の表示名、または @ "
        "の前)が同じ: その人は、別の会社にいる(company)、同じ組織にいる(department)、業務用のアドレスを使い、"
        "この宛先はフリーメール(free_mail)、またはそのどれか(true)。`surname` では名字が同じなら足りる。"
        "同名の人にも送るメールでは選ばない",
    "the greeting of the mail names people or a company, and no recipient is any of them (everybody is picked); as "
    "`message: {greeting: fits_nobody}`":
        "メールの宛名が人や会社を指すのに、宛先の誰もそれに当たらない(全員を選ぶ)。`message: {greeting: "
        "fits_nobody}` と同じ",
    "what the mail quotes, if it is no forward; foreign: a conversation with other outside organizations, in which "
    "nobody of the recipient's took part, also in a mail that is no reply; missing: a reply that does not go to "
    "whoever wrote the mail on top (everybody is picked)":
        "メールが引用しているもの(転送を除く)。foreign: ほかの社外の組織とのやり取りで、宛先の組織の人は誰もいない。"
        "返信でないメールも含む。missing: 引用の先頭のメールを書いた人に届かない返信(全員を選ぶ)",
    "gets a file that only other organizations got so far; as `attachments: {seen_elsewhere: true}`":
        "これまでほかの組織だけに送ったファイルを受け取る。`attachments: {seen_elsewhere: true}` と同じ",
    "the model of who writes to whom finds that the mail is worth a question, at the share of mail that may be asked "
    "about (the setting of the budget), for this recipient; cannot be decided without a model":
        "宛先モデル(誰が誰に送るか)が、この宛先について、送信者に確認するだけの疑いがあるとみた。"
        "確認してよいメールの割合(設定で決めたもの)に収まるように選ばれる。モデルがなければ判定できない",
    "how likely the recipient is a mistake, 0 to 1, by the model of who writes to whom; cannot be decided without "
    "one; `alarm` is easier to set":
        "誤送信リスク: 宛先がどれくらい誤りらしいかを、宛先モデル(誰が誰に送るか)が 0 から 1 で示したもの。"
        "モデルがなければ判定できない。`alarm` のほうが設定しやすい",
    "resembles what is known without being it; true, domain: an outsider's domain, an own or known one; mailbox: "
    "what stands before the @, one at the same domain that this sender, others here or the directory know; any: one "
    "of both":
        "既知のものに似ているが、同じではない。true、domain: 社外の宛先のドメインが、"
        "自社または既知のドメインに似ている(類似ドメイン)。mailbox: @ の前が、同じドメインにある、"
        "この送信者・社内のほかの人・名簿が知っているアドレスに似ている。any: そのどちらか",
    "an outsider whose domain resembles one on these lists (partners, say), or one that `lookalike: true` compares "
    "with; from the first day, before anybody wrote there":
        "社外の宛先で、ドメインが、これらのリスト(例えば取引先)のドメイン、または `lookalike: true` "
        "が比べるドメインに似ている。まだ誰も送っていない最初の日から働く",
    'of the recipients picked; ">= 1" if left out': '選ばれた宛先の数。省略時は ">= 1"',
    "of the distinct domains of those picked": "選ばれた宛先の、重複を除いたドメインの数",
    "of the distinct organizations of those picked: registrable domains (mail.x.co.jp is of x.co.jp), each address "
    "at a provider of mailboxes for everybody, and the company itself as one":
        "選ばれた宛先の、重複を除いた組織の数: 登録可能なドメインごとに数え(mail.x.co.jp は x.co.jp のもの)、"
        "誰でもメールボックスを持てる事業者ではアドレスごとに、自社は全体で 1 つと数える",
    "all recipients of the same side are picked, hidden ones too; with an unreadable To or Cc it cannot be decided "
    "where it depends on them":
        "同じ側(社外または社内)の宛先が、見えない宛先も含めてすべて選ばれている。To や Cc を読み取れず、"
        "結果がそれによって変わるときは判定できない",
    # sender, message, time
    "The envelope's sender. What From shows anybody can write: `from_differs` and `display_name` look at it.":
        "エンベロープの送信元についての条件です。From の表示は誰でも自由に書けます。それを調べるのは `from_differs` "
        "と `display_name` です。",
    "globs": "ワイルドカード",
    "names of lists": "リストの名前",
    "names of groups of people, any of which the sender is in": "人のグループの名前。送信者がそのどれかに属する",
    "logged in": "ログインして送った",
    "From is not the envelope's sender, or not who logged in":
        "From が、エンベロープの送信元またはログインした人と違う",
    "globs over the name in From": "From の名前に合うワイルドカード",
    "The message as a whole.": "メール全体についての条件です。",
    "with all its files, as it goes over the wire": "すべてのファイルを含む、送られるときの大きさ",
    "no subject, or a blank one": "件名がない、または空白だけ",
    "the sender wrote nothing above signature and quoted text": "署名と引用の上に、送信者が何も書いていない",
    "names the mail that it goes on from, or says Re:":
        "続きであることを示している: 元のメールを指す、または Re: が付いている",
    "hands another mail on: Fwd:, 転送:, or its text says so":
        "ほかのメールを転送している: Fwd: や 転送: が付いている、または本文がそう示している",
    "neither a reply nor a forward": "返信でも転送でもない",
    "signed with S/MIME or PGP": "S/MIME または PGP で署名されている",
    "encrypted with S/MIME or PGP": "S/MIME または PGP で暗号化されている",
    "says that a machine wrote it": "機械が書いたと示している",
    "carries a calendar part with a method": "method を持つカレンダーのパートがある",
    "addresses somebody (様, 各位, Dear ...), or with `fits_nobody`: the greeting names people or a company, and no "
    "recipient is any of them; never where it names nobody or everybody":
        "宛名がある(様、各位、Dear ...)。`fits_nobody` では: 宛名が人や会社を指すのに、宛先の誰もそれに当たらない。"
        "宛名が誰も指さない、または全員を指すときは当てはまらない",
    "To and Cc show somebody whom the whole envelope (of a mail client with a login) does not name, or a Bcc field "
    "left in the mail does not name everybody who is hidden":
        "To や Cc にある人が、(ログインしたメールソフトの)エンベロープ全体のどこにもない。または、隠れた宛先の中に、"
        "メールに残った Bcc フィールドに書かれていない人がいる",
    "what it says of itself; normal if it says nothing": "メール自身が示す重要度。示していなければ normal",
    "header fields; all of them must hold": "ヘッダーフィールド。すべてが成り立つ必要がある",
    "globs over the sensitivity labels of the mail and its files (MSIP, Sensitivity), by name or id":
        "メールとそのファイルの秘密度ラベル(MSIP、Sensitivity)の名前または ID に合うワイルドカード",
    "of what the sender wrote, going by most of it": "送信者が書いた部分の言語。大半を占めるもの",
    "A header field by its name, decoded. Without `matches` and `equals`: that there is such a field.":
        "ヘッダーフィールドを名前で指定し、値はデコードして調べます。`matches` も `equals` も書かなければ、"
        "そのフィールドがあることが条件です。",
    "of the field; case does not count": "フィールドの名前。大文字と小文字は区別しない",
    "patterns (RE2), one of which the value matches": "パターン(RE2)。値がそのどれかに合う",
    "values, one of which it is": "値。そのどれかに等しい",
    "false: there is no such field, or none with such a value": "false: そのフィールドがない、またはその値のものがない",
    "When the mail came in, in the zone of the calendar. All keys must hold of that very moment: after midnight, the "
    "weekday is the new one.":
        "受け付けた日時は、カレンダーのタイムゾーンで見ます。すべてのキーが、まさにその時点で成り立つ必要があります。"
        "午前零時を過ぎれば、曜日は新しい日のものです。",
    "in any of these hours, also over midnight": "これらの時間のどれか。午前零時をまたいでもよい",
    "on any of these days": "これらの曜日のどれか",
    "on a public holiday or company day off (a weekend alone is none)":
        "祝日または会社の休業日(週末というだけでは当たらない)",
    "while people are at work": "勤務時間内",
}  # fmt: skip
