"""Dispositions: what happens, who decides, and what is altered."""

from __future__ import annotations

THEN: dict[str, str] = {
    "A disposition, with what belongs to it.": "処置と、それに付けるキーです。",
    "nothing but what alter says: a hit that is only recorded":
        "そのまま送信。alter の変更だけを行い、該当は記録するだけ",
    "a silent undo window of this length, then it goes": "誰にも尋ねずにこの長さの取消可能時間を置き、その後に送信",
    "the sender decides": "送信者が決める",
    "others decide; nobody approves their own mail": "ほかの人が決める。自分のメールは承認できない",
    "refused with `550` and the reason, so that the mail client keeps it; the same mail (sender, recipients, subject,"
    " text, files) sent again within this time, 1m to 24h, counts as confirmed; `10m` for the bare word":
        "`550` と理由で拒否し、メールはメールソフトに残る。同じメール(送信者、宛先、件名、本文、ファイル)"
        "がこの時間(1m から 24h まで)のうちにもう一度送られれば、確認済みとみなす。語だけなら `10m`",
    "refused with `550` and the reason; the mail stays in the mail client":
        "`550` と理由で拒否。メールはメールソフトに残る",
    "whom it is about: the matching recipients only, or the whole mail; `mail` if left out":
        "処置の対象: 条件に合う宛先だけ、またはメール全体。省略時は `mail`",
    "how long a decision is waited for; `72h` if left out": "決定を待つ時間。省略時は `72h`",
    "what then happens: back to the sender, sent, or thrown away; `return` if left out":
        "その時間が過ぎたらどうするか: 送信者に戻す、送信する、破棄する。省略時は `return`",
    "`office_hours`: all times of a confirm or approve run only while people are at work":
        "`office_hours`: confirm や approve の時間は、すべて勤務時間内だけ進む",
    "colleagues get their copy at once, but those whom the condition picks":
        "社内の宛先には、条件が選んだ人を除いて、すぐに送る",
    "with approve: the sender may let it go at once with a reason, which is counted and told to the approvers; of "
    "several rules every one must allow it":
        "approve とともに: 送信者は、理由を書けば承認を待たずにすぐ送信できる。これは集計され、承認者に知らされる。"
        "複数のルールが当てはまるときは、そのすべてが許している必要がある",
    "with confirm: whether people may say of a recipient that this rule need not ask about him again; if left out, "
    "yes where the condition is about recipients as such (who they are, not how many, and nothing of what the mail "
    "holds)":
        "confirm とともに: 宛先について、このルールで「今後この宛先を確認しない」を選べるか。省略時は、"
        "条件が宛先そのもの(誰であるか。人数でもメールの内容でもない)についてのものなら選べる",
    "what the copies are changed to before they leave": "送信する前に、宛先ごとのメールに加える変更",
    "who gets a letter about the hit: sender, administrators, addresses; in mode notify the sender if left out, in "
    "mode monitor nobody":
        "該当を通知メールで知らせる相手: sender、administrators、アドレス。省略時、モードが notify なら送信者、"
        "monitor なら誰にも知らせない",
    "another next server for these copies, by its name under upstreams: in mailguard.yaml; of several rules the "
    "strictest, of equally strict ones the first by its id":
        "これらの宛先の分を送る別の中継先。mailguard.yaml の upstreams: にある名前で書く。"
        "複数のルールでは最も厳しいもの、同じ厳しさなら id の順で最初のものが効く",
    # approve
    "Who decides instead of the sender. Nobody is asked about his own mail.":
        "送信者の代わりに決める人です。自分のメールの承認を求められることはありません。",
    "manager (of the sender), addresses, {group: name}, or a list of these":
        "manager(送信者の上長)、アドレス、{group: 名前}、またはこれらのリスト",
    "groups whose members may approve as well": "メンバーも承認できるグループ",
    "how many of them must say yes": "必要な承認の数",
    "who may speak for an approver: true: his delegates in the directory; false: nobody; or addresses":
        "承認者の代理になれる人。true なら名簿にある代理、false なら誰もなれない。アドレスでも書ける",
    "when those who have not answered hear of it again": "まだ答えていない人に、もう一度知らせるまでの時間",
    "when others are asked as well: escalate_to": "ほかの人(escalate_to)にも承認を求めるまでの時間",
    "administrators (if left out), manager_of_manager, manager, addresses, {group: name}":
        "administrators(省略時)、manager_of_manager、manager、アドレス、{group: 名前}",
    "as beside approve": "approve の外に書くものと同じ",
    # alter
    "One alteration. They are done in a fixed order, whatever the order of rules; a signed or encrypted mail is not "
    "altered: what would have hidden or removed something holds it for its sender, anything else is left out.":
        "1 項目に変更を 1 つ書きます。ルールの順序にかかわらず、決まった順に行われます。"
        "署名・暗号化されたメールは変更しません。何かを隠す、または削除する変更だったときは、"
        "メールは送信者の確認を待ちます。それ以外の変更は行いません。",
    "recipients do not see each other": "宛先どうしのアドレスが見えないようにする",
    "one mail for each recipient": "宛先ごとに 1 通ずつ送信",
    "somebody more in Cc: manager, addresses, {group: name}": "Cc に追加する人: manager、アドレス、{group: 名前}",
    "somebody more who gets a copy": "ほかに同じメールを受け取る人",
    "a word in front of the subject, once": "件名の前に付ける語。1 回だけ付く",
    "a header field more": "ヘッダーフィールドを追加",
    "a text under the mail's text": "本文の末尾に付ける文",
    "attachments into an encrypted zip": "添付ファイルを暗号化 ZIP に変換",
    "attachments give way to a note": "添付ファイルを削除し、その旨の文に置き換える",
    "To and Cc become Bcc, so that recipients do not see each other. The word `to_bcc` alone hides everybody.":
        "To と Cc を Bcc に変え、宛先どうしのアドレスが見えないようにします。`to_bcc` とだけ書くと、全員を隠します。",
    "who stands in To then: the sender, or in each copy its own recipient alone":
        "そのとき To に書く人: 送信者、または宛先ごとにその宛先だけ",
    "external: colleagues stay in To and Cc for everybody to see":
        "external: 社内の宛先は To と Cc に残り、全員から見える",
    "One mail for each recipient. The word `split` alone shows him nobody but himself.":
        "宛先ごとに 1 通ずつ送信します。`split` とだけ書くと、受信者には自分のアドレスしか見えません。",
    "kept: To and Cc stay as written, only the copies travel apart":
        "kept: To と Cc は書かれたまま残り、送信だけを宛先ごとに分ける",
    "A field more. Fields that route, trace or structure a mail are not for rules.":
        "ヘッダーフィールドを追加します。メールの配送、追跡、構造に関わるフィールドは、ルールでは追加できません。",
    "of the field, ASCII letters, digits and hyphens": "フィールドの名前。ASCII の英字、数字、ハイフン",
    "what it says, one line": "フィールドの値。1 行",
    "A text under the mail's own text, in its text and its HTML; a text alone stands for both languages.":
        "本文の末尾に付ける文です。テキストにも HTML にも付きます。文だけを書くと、両方の言語に使われます。",
    "under mail in Japanese": "日本語のメールに付ける文",
    "under any other mail": "そのほかのメールに付ける文",
    "Attachments into one zip under AES-256: those that fit `files` or `types`, all of them with `zip: true`. The "
    "sender is told the password once the mail is out, nobody else is. Files that are locked already stay as they "
    "are.":
        "添付ファイルを、AES-256 で暗号化した 1 つの ZIP に変換します。対象は `files` または `types` に合うもので、"
        "`zip: true` ならすべてです。パスワードは、メールが送信された後に、送信者だけに知らせます。"
        "すでに暗号化されているファイルは、そのままです。",
    "globs over file names": "ファイル名に合うワイルドカード",
    "kinds by content": "中身による種類",
    "of the zip; by the single file if left out": "ZIP の名前。省略時、ファイルが 1 つならその名前から付ける",
    "Attachments that fit all keys give way to a note; one inside an archive takes the archive with it.":
        "すべてのキーに合う添付ファイルを削除し、その旨の文に置き換えます。アーカイブの中のファイルが合えば、"
        "アーカイブごと削除します。",
    "kind by content": "中身による種類",
    "a program, script or shortcut": "プログラム、スクリプト、ショートカット",
    "with macros": "マクロを含む",
    "a name that hides its kind": "名前で種類を隠している",
    "a picture that the text shows, a signature": "本文に表示される画像、電子署名",
}  # fmt: skip
