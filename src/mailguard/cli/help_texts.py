"""What `--help` says, in Japanese, by the English that stands at each verb and option. Pure.

A test holds it against all verbs: none is missing here, and nothing stands here that no verb says.
"""

from __future__ import annotations

HELP: dict[str, str] = {
    "mailguard: an SMTP relay that keeps a company's mail from going to the wrong person.":
        "mailguard: 会社のメールの誤送信を防ぐ SMTP 中継サーバー。",
    "Show the version and exit.": "バージョンを表示して終了します。",
    "Show this message and exit.": "このヘルプを表示して終了します。",
    # The list of verbs
    "Run the relay; SIGTERM drains and stops, SIGHUP reloads.":
        "中継サーバーを起動します。SIGTERM で処理を終えて停止、SIGHUP で再読み込み。",
    "Write mailguard.yaml and policies/ into a folder, in monitor mode.":
        "mailguard.yaml と policies/ を「記録のみ」でフォルダーに書き出します。",
    "Check configuration and policies; print every error with its place.":
        "設定とポリシーを確認し、誤りをすべて場所とともに表示します。",
    "Look for what keeps mail from flowing, or soon will, and say what to do.":
        "メールの流れを妨げているもの、まもなく妨げるものを調べ、対処を示します。",
    "Print what is read in mail files.": "メールファイルから読み取った内容を表示します。",
    "Print the verdict on a mail file or a held id, rule by rule, and why.":
        "メールファイルまたは保留中のメールの判定と理由を、ルールごとに表示します。",
    "Test policies; try new ones on recorded mail; print their JSON Schema.":
        "ポリシーをテストし、新しいポリシーを記録済みのメールで試し、JSON Schema を表示します。",
    "List, show and decide held and queued mail.": "保留中・送信待ちのメールを一覧・表示し、扱いを決めます。",
    "Print what was stopped and held in a month; send the letter about it.":
        "1か月に止めたもの・保留したものを表示し、レポートを送信します。",
    "List, export and verify the audit log.": "監査ログを一覧・書き出し・検証します。",
    "Copy the whole store into a file, also while the server runs.":
        "保管データ全体をファイルにコピーします(稼働中も可)。",
    "Put a backup back; what was not sent then is held.":
        "バックアップを復元します。その時点で未送信のメールは保留されます。",
    "Take a ledger back to an older version; change the key of bodies.":
        "台帳を古いバージョンに戻し、本文の鍵を変更します。",
    "Who writes to whom: replay mail, import archives; show, forget people.":
        "誰が誰に送るか: メールの再現、アーカイブの取り込み、人の表示と消去。",
    "Contain a mail that went to the wrong person; the register.": "誤送信したメールに対処し、記録します。",
    "Try the chat channels.": "チャット通知を試します。",
    "Make bearer tokens for the API.": "API 用の Bearer トークンを作ります。",
    "Make entries for the file of logins; reset a second factor.":
        "ログイン用ファイルの項目を作り、二段階認証を解除します。",
    "List and end open sessions of the console.": "画面にログイン中の端末を一覧し、終了します。",
    "Send a first mail that will be held to a running mailguard.":
        "稼働中の mailguard に、保留される最初のメールを送ります。",
    # Options of several verbs
    "The configuration; without it, mailguard.yaml in this folder, else the built-in try-out settings.":
        "設定ファイル。省略時はこのフォルダーの mailguard.yaml、なければ組み込みの試用設定。",
    "One JSON object.": "1つの JSON オブジェクトで表示します。",
    "JSON instead of text.": "文章ではなく JSON で表示します。",
    # serve, init, check, doctor
    "Run mailguard. Without a configuration, the built-in try-out settings are used (loopback only).":
        "mailguard を起動します。設定ファイルがなければ、組み込みの試用設定(ループバックのみ)を使います。",
    "Processes at the SMTP ports.": "SMTP ポートを受け持つプロセスの数。",
    "Default: text on a terminal.": "既定値: 端末では text。",
    "Say where it listens as one JSON object.": "待ち受けている場所を1つの JSON オブジェクトで表示します。",
    "Write mailguard.yaml and policies/ into FOLDER: everything is counted, nothing is held.":
        "mailguard.yaml と policies/ を FOLDER に書き出します。件数だけを数え、何も保留しません。",
    "Your mail domain.": "自社のメールドメイン。",
    "Where ledger and bodies will lie; relative to FOLDER.": "台帳と本文を置く場所。FOLDER からの相対パス。",
    "Also a file of the library (`mailguard policy library`).":
        "ライブラリーのファイルも加えます(`mailguard policy library`)。",
    "Check configuration and policies. Prints all that is wrong as file:line:column: message; status 1 if there is an"
    " error. A warning is what is legal but surely not meant, an info what is worth a look.":
        "設定とポリシーを確認します。誤りをすべて「ファイル:行:桁: 内容」で表示し、エラーがあれば終了コード 1。"
        "警告は書けても意図したものとは思えないもの、info は見ておく価値のあるものです。",
    "Do not ask the directory server: take the people that were kept.":
        "ディレクトリーサーバーに問い合わせず、保存済みの名簿を使います。",
    "Warnings fail as well.": "警告も失敗とみなします。",
    "Look at configuration, ports, certificates, upstream, disk, ledger and readers. Status 1 if something fails.":
        "設定、ポート、証明書、中継先、ディスク、台帳、読み取りプロセスを調べます。異常があれば終了コード 1。",
    # inspect, explain
    "Print what can be read in mails: headers, text, attachments, personal data, findings. A folder stands for all"
    " files in it, by name, those of its folders included; - for one mail on stdin.":
        "メールから読み取れるもの(ヘッダー、本文、添付ファイル、個人情報、検出事項)を表示します。"
        "フォルダーを指定すると、その下のすべてのファイルを名前順に読みます。- は標準入力の1通です。",
    "Print the facts of mail files.": "メールファイルから読み取った内容を表示します。",
    "One JSON object a line, in the order of the files.": "ファイルの順に、1行に1つの JSON オブジェクトで表示します。",
    "Print personal data in full (default: masked).": "個人情報を伏せ字にせず表示します(既定値: 伏せ字)。",
    "Leave the texts out.": "本文を表示しません。",
    "Print the verdict on the mail in FILE (- is stdin), or on the held or past mail of that ID, with every rule, hit"
    " or miss, and why.":
        "FILE のメール(- は標準入力)、またはその番号の保留中・過去のメールの判定を、"
        "当てはまらないものも含めたすべてのルールと理由とともに表示します。",
    "The envelope's sender; <> is the null path.": "エンベロープの送信元。<> は空の逆経路。",
    "A recipient of the envelope; may be given several times.": "エンベロープの宛先。複数回指定できます。",
    "The login at the door; the sender's, if left out.": "受付時のログイン。省略時は送信元と同じ。",
    "A domain or address written to before; the ledger is not asked then.":
        "送信したことのあるドメインまたはアドレス。指定すると台帳には問い合わせません。",
    "When it comes in, by the calendar's clock, such as 2026-12-31 23:30; now, if left out.":
        "受付日時。2026-12-31 23:30 のように、カレンダーの時計で指定します。省略時は現在。",
    # policy
    "Test policies, try new ones on recorded mail, choose from the library, print the JSON Schema.":
        "ポリシーをテストし、新しいポリシーを記録済みのメールで試し、ライブラリーから選び、JSON Schema を表示します。",
    "Policies to choose from. Without NAME: the list. With it: print the file, or copy it with --into policies/."
    " Every rule in them starts in monitor mode and only counts.":
        "選べるポリシー。NAME を省くと一覧、指定するとそのファイルを表示し、--into policies/ でコピーします。"
        "どのルールも「記録のみ」で始まり、件数だけを数えます。",
    "Copy them into this folder.": "このフォルダーにコピーします。",
    "Print the JSON Schema of a policy file, for editors. It explains keys in the language of the terminal.":
        "ポリシーファイルの JSON Schema を、エディター用に表示します。キーの説明は端末の言語になります。",
    "The same, in English on every terminal.": "同じですが、どの端末でも英語です。",
    "Print what a policy (PATHS, the same as --policy) would have done with recorded mail, beside what the configured"
    " one does; without a new one, what the configured one does.":
        "ポリシー(PATHS、--policy と同じ)が記録済みのメールをどう扱ったはずかを、"
        "設定中のポリシーの結果と並べて表示します。新しいものを指定しなければ、設定中のポリシーの結果を表示します。",
    "The new policy, a file or folder; may be given several times.":
        "新しいポリシーのファイルまたはフォルダー。複数回指定できます。",
    "The configured policies, with NEW read in place of FILE (or besides them, where FILE does not exist).":
        "設定中のポリシーで、FILE の代わりに NEW を読みます(FILE がなければ追加で読みます)。",
    "The rule ID in this mode: monitor|notify|enforce.": "ルール ID のモード: monitor|notify|enforce。",
    "30d, 12h, 4w or 2026-11-23.": "30d、12h、4w、2026-11-23 など。",
    "As --since; now, if left out.": "--since と同じ形式。省略時は現在。",
    "Name only changes that this rule is about.": "このルールによる変化だけを示します。",
    "Changed mails to name.": "判定が変わるメールを示す数。",
    "Read mails again whose text a rule needs; slower.":
        "ルールが本文を必要とするメールを読み直します(時間がかかります)。",
    "Mails to judge instead of recorded ones: .eml, mbox, or JSON lines; may be given several times.":
        "記録済みのメールの代わりに判定するメール: .eml、mbox、JSON Lines。複数回指定できます。",
    "Processes; one for each processor, if left out.": "プロセスの数。省略時はプロセッサーごとに1つ。",
    "Status 1 if more than N mails a day would wait for people.":
        "人の判断を待つメールが1日 N 通を超える場合、終了コード 1。",
    "Say on stderr how far it is: a line `part mails`.": "進み具合を標準エラー出力に表示します: `割合 件数` の行。",
    "Stand back for mail: one process, low priority, bounded memory.":
        "メールの処理を優先します: 1プロセス、低い優先度、限られたメモリー。",
    "Run the examples in PATHS (files or folders), or in the configured policies. Status 1 if one fails.":
        "PATHS(ファイルまたはフォルダー)または設定中のポリシーのテスト例を実行します。失敗があれば終了コード 1。",
    "Write the results as JUnit XML, for the CI of your own repository.":
        "結果を JUnit XML で書き出します(自社リポジトリーの CI 用)。",
    # queue
    "Withdraw held or queued mail; the sender gets it back.":
        "保留中・送信待ちのメールの送信を取り消します。送信者に戻ります。",
    "As in the console's search box: state:held from: to: rule: older:3d -to: ... or key=value; may be repeated.":
        "画面の検索欄と同じ書き方: state:held from: to: rule: older:3d -to: ... または key=value。複数回指定できます。",
    "Only these recipients of one ID.": "1つの番号のうち、この宛先だけ。",
    "Kept in the history and told to the sender.": "経過に残り、送信者に届きます。",
    "Say what would be done, change nothing.": "何が行われるかを表示するだけで、変更しません。",
    "Do not ask on a terminal before acting on a filter.": "条件に当てはまるメールを操作する前に、端末で確認しません。",
    "Write a note on a mail; its sender is told.": "メールにコメントを書きます。送信者に届きます。",
    "Ask a colleague to look at a held mail and decide.": "保留中のメールの判断を同僚に依頼します。",
    "Kept in the history.": "経過に残ります。",
    "Move recipients of a held mail from To and Cc to Bcc.": "保留中のメールの宛先を To・Cc から Bcc に移します。",
    "Stop the clock of held mail, or take queued mail back.":
        "保留中のメールの期限を一時停止するか、送信待ちのメールを保留に戻します。",
    "Held and queued mail, newest first; any other state with --filter state:...":
        "保留中・送信待ちのメールを新しい順に一覧します。ほかの状態は --filter state:... で指定します。",
    "It changes nothing anyway.": "もともと何も変更しません。",
    "Say no to mail that waits for approval.": "承認待ちのメールを却下します。",
    "Let held mail go; it is sent at once.": "保留中のメールをすぐに送信します。",
    "Without approval, where the rules allow it; counted, and told to the approvers. Needs --comment.":
        "ルールが許す場合に、承認を待たずに送信します。集計され、承認者に届きます。--comment が必要です。",
    "Take attachments out of a held mail, by name or by the number that `queue show` gives.":
        "保留中のメールから添付ファイルを外します。名前か、`queue show` の番号で指定します。",
    "Take recipients off held or queued mails; with a filter, off each that has them. They leave To and Cc of the"
    " others' copies, too, where the mail may be altered.":
        "保留中・送信待ちのメールから宛先を外します。条件を指定すると、その宛先を含むすべてのメールから外します。"
        "変更してよいメールでは、ほかの宛先に届く To と Cc からも消えます。",
    "The same as ADDRESS.": "ADDRESS と同じです。",
    "Put whoever was probably meant (`queue show` names him) in the place of the wrong recipient ADDRESS. The mail is"
    " judged anew, and goes if nothing else holds it.":
        "誤った宛先 ADDRESS を、正しいと思われる宛先(`queue show` に表示)に置き換えます。"
        "メールを判定し直し、ほかに保留の理由がなければ送信します。",
    "Say who would get it instead, change nothing.": "代わりに誰に届くかを表示するだけで、変更しません。",
    "Let a stopped clock go on with the time that was left.": "一時停止した期限を、残り時間から再開します。",
    "A mail with its recipients, findings and history; of a filter the newest 50, after their count.":
        "メールの宛先、理由、経過を表示します。条件を指定すると、件数に続けて新しい順に50通。",
    # figures, audit
    "Print what was stopped, held and delayed in a month.":
        "1か月に止めたもの、保留したもの、一時保留したものを表示します。",
    "The month; last month, if left out.": "月。省略時は先月。",
    "Send the letter to notify.monthly.to; once a month.": "notify.monthly.to にレポートを送信します(月に1回)。",
    "With --send: also if it was sent before.": "--send とともに: 送信済みでも送ります。",
    "Lines with their hashes, oldest first. Keep a copy elsewhere: it proves the log against its keeper.":
        "監査ログの行をハッシュとともに古い順に書き出します。"
        "控えを別の場所に保管すると、"
        "管理者による改変も見つけられます。",
    "Only lines about this mail.": "このメールについての行だけ。",
    "Who acted, or is among the recipients.": "操作した人、または宛先。",
    "release, cancel, read, login ...": "release、cancel、read、login など。",
    "console, letter, reply, api, cli, clock or smtp.": "console、letter、reply、api、cli、clock、smtp のいずれか。",
    "From 2026-11-23 or 2026-11-23T10:00 on.": "2026-11-23 や 2026-11-23T10:00 以降。",
    "Before this day or moment.": "この日または時刻より前。",
    "From this line on.": "この行から。",
    "Up to this line.": "この行まで。",
    "JSON lines, as --format jsonl.": "JSON Lines(--format jsonl と同じ)。",
    "The newest lines that match, newest last.": "該当する最新の行を、新しいものを最後に一覧します。",
    "Check the chain of hashes. Status 1, and the number of the first broken line, if it was altered.":
        "ハッシュの連鎖を検証します。改変されていれば終了コード 1 と、最初に壊れた行の番号。",
    "An exported copy; no ledger.": "書き出した控えを調べます(台帳は使いません)。",
    "The ledger, and whether it still says what the copy says.": "台帳を、控えと一致するかも含めて調べます。",
    # backup, restore, store
    "Write ledger, bodies, key and settings into FILE (a tar archive; .gz packs it), also while the server runs. The"
    " key of encrypted bodies (store.encryption_key_file) is never in it: keep that elsewhere.":
        "台帳、本文、鍵、設定を FILE に書き出します(tar アーカイブ、.gz なら圧縮)。サーバーの稼働中も可。"
        "本文を暗号化した鍵(store.encryption_key_file)は含まれません。別の場所に保管してください。",
    "Leave out the house's key and the settings, which hold secrets.":
        "秘密情報を含む、mailguard の鍵と設定を除きます。",
    "Put a backup back; the server must be stopped. Mail that was not sent then is held: it may have been sent since."
    " Look through `mailguard queue list`, then `queue release` or `queue resume` what is still to go.":
        "バックアップを復元します(サーバーは停止しておきます)。その時点で未送信のメールは保留されます"
        "(その後に送信済みの可能性があるため)。"
        "`mailguard queue list` で確認し、まだ送るものを `queue release` または `queue resume` してください。",
    "Into this folder, not where it belongs.": "本来の場所ではなく、このフォルダーに復元します。",
    "Move what is there aside, into a folder before-restore-...":
        "今あるものを before-restore-... フォルダーに移します。",
    "Let queued mail go at once, though it may have been sent since.":
        "その後に送信済みの可能性があっても、送信待ちのメールをすぐに送ります。",
    "Write only the configuration and policies into DIR, and restore nothing.":
        "設定とポリシーだけを DIR に書き出し、何も復元しません。",
    "Take the ledger's shape back, so that an older mailguard can open it. Stop the server and make a backup first.":
        "古い mailguard で開けるように、台帳の形式を戻します。先にサーバーを停止し、バックアップを取ってください。",
    "The version the older program knows.": "古いプログラムが扱えるバージョン。",
    "Do not ask on a terminal before something is lost.": "何かが失われる前に、端末で確認しません。",
    "Put a new key on top of store.encryption_key_file (made if there is none). Then `mailguard store rotate`.":
        "store.encryption_key_file の先頭に新しい鍵を加えます(なければ作ります)。"
        "続けて `mailguard store rotate` を実行してください。",
    "Wrap the keys of all bodies with the current key, and encrypt those from before. Also while the server runs.":
        "すべての本文の鍵を現在の鍵で包み直し、以前の本文を暗号化します。サーバーの稼働中も可。",
    "Take the encryption away; the server must be stopped.":
        "暗号化を解除します(サーバーは停止しておきます)。",
    # history
    "Who writes to whom: replay mail, import archives, show and forget people, carry it to another node.":
        "誰が誰に送るか: メールの再現、アーカイブの取り込み、人の表示と消去、別の拠点への移行。",
    'Judge recorded mail: JSON lines in time order on stdin, an answer to each score on stdout, at once.'
    ' {"op":"learn","message":M} teaches; {"op":"score","id":X,"message":M} answers {"id","alarm","risk","risks",'
    ' "reason"} and teaches nothing. M is {"id","date","from","to":[],"cc":[],"bcc":[],"subject","body"}, and may have'
    ' "from_name" and "direction" ("in" teaches nothing, "out"). The model is in memory; no store is read or written.'
    ' Status 2 at the first line that is not understood; 1 with --keep-going, at the end, if there was one.':
        '記録済みのメールを判定します。標準入力に時刻順の JSON Lines を渡すと、score ごとに標準出力にすぐ答えます。'
        ' {"op":"learn","message":M} で学習し、{"op":"score","id":X,"message":M} には'
        ' {"id","alarm","risk","risks","reason"} で答えて学習はしません。M は'
        ' {"id","date","from","to":[],"cc":[],"bcc":[],"subject","body"} で、"from_name" と "direction"'
        '("in" は学習しません、"out")も書けます。モデルはメモリー上にあり、保管データは読み書きしません。'
        ' 読めない行があるとそこで終了コード 2、--keep-going では最後に終了コード 1。',
    "Of the reasons.": "理由の言語。",
    "The part of right mails that may raise an alarm.": "正しいメールのうち、警告してよい割合。",
    "A domain of the organization; may be given several times.": "自社のドメイン。複数回指定できます。",
    "Leave a line that is not understood out, and go on.": "読めない行を飛ばして続けます。",
    "The same: the answers are JSON lines.": "同じです(答えは JSON Lines です)。",
    "Learn who writes to whom from archives of sent mail, also while the server runs. PATH is an mbox, a Maildir, a"
    " mail, JSON lines (the form of `history replay`), a Postfix log, or a folder of these; packed ones (.gz, .bz2,"
    " .xz) too. Only mail from your own domains (organization.domains) teaches. The same mail is learned once, however"
    " often it is imported. Name folders of sent mail: whoever may write into an archive can teach.":
        "送信済みメールのアーカイブから、誰が誰に送るかを学習します。サーバーの稼働中も可。"
        "PATH は mbox、Maildir、メール、JSON Lines(`history replay` の形式)、Postfix のログ、またはそのフォルダーです"
        "(.gz、.bz2、.xz で圧縮したものも可)。自社ドメイン(organization.domains)からのメールだけを学習します。"
        "同じメールは何度取り込んでも1回だけ学習します。送信済みのフォルダーを指定してください。"
        "アーカイブに書き込める人は学習内容を変えられるためです。",
    "Read and count, and learn nothing.": "読んで数えるだけで、学習しません。",
    "Teach the model what was imported before, too: its file was lost.":
        "以前に取り込んだものも学習させます(モデルのファイルを失ったとき)。",
    "Processes that read mail.": "メールを読むプロセスの数。",
    "How much is known of a person, and since when: counts, no text, and nobody else's name. Status 1: nothing is.":
        "ある人について何件、いつから記録があるかを表示します。件数だけで、本文もほかの人の名前も出しません。"
        "何もなければ終了コード 1。",
    "Erase what is known of a person as a sender and as a recipient. Mails, the audit log and backups stay.":
        "ある人について、送信者・宛先として記録されたものを消去します。メール、監査ログ、バックアップは残ります。",
    "Write what was learned into FILE, for `history merge` on another node. Keep it as you keep the ledger.":
        "学習内容を FILE に書き出します(別の拠点の `history merge` 用)。台帳と同じように保管してください。",
    "Take in what another node learned, also while the server runs. FILE is one of `history export`. The same file is"
    " taken in once; a newer one of that node, or one of a node that took this one in, is refused.":
        "別の拠点の学習内容を取り込みます。サーバーの稼働中も可。FILE は `history export` のものです。"
        "同じファイルは1回だけ取り込み、その拠点の新しいファイルや、この拠点を取り込んだ拠点のファイルは断ります。",
    "Also what is known here: it counts twice.": "ここにあるものも取り込みます(二重に数えます)。",
    # incident, notify
    "Contain a mail that went to the wrong person; the register of all that happened.":
        "誤送信したメールに対処します。起きたことすべての記録。",
    "End an incident.": "誤送信への対応を終了します。",
    "Answer what the law asks: is a report due, and until when? Answers that are not given stay as they were.":
        "報告の要否と期限を知るための6つの質問に答えます。指定しない回答は、そのまま残ります。",
    "It held data about people.": "個人データが含まれていたか。",
    "Illness, creed, crime and the like.": "要配慮個人情報(病歴、信条、犯罪の経歴など)が含まれていたか。",
    "It could be used to take somebody's money.": "不正に使われると財産的被害のおそれがあるか。",
    "Somebody means harm.": "不正の目的によるおそれがあるか。",
    "How many people it concerns.": "本人の数。",
    "It is certain that nobody saw it.": "誰にも見られていないことが確実か。",
    "Who made sure that nobody saw it, when, and how.": "見られていないことを、誰が、いつ、どのように確認したか。",
    "When the company learned of it: 2026-11-28T09:30.": "会社が知った日時(2026-11-28T09:30)。",
    "Why that is changed.": "日時を変える理由。",
    "What is known, whether a report is due, until when, and a draft of it.":
        "分かっていること、報告の要否と期限の目安、報告書の下書きを表示します。",
    "Whose report is drafted: Japan's (appi) or the GDPR's.": "どちらの報告の下書きか。日本(appi)または GDPR(gdpr)。",
    "Who was told, whether it was deleted unread, what was learned.":
        "誰に知らせたか、開封前に削除されたか、何を学んだか。",
    "The newest first.": "新しい順に一覧します。",
    "Stop what of the mail has not left, and enter it.": "まだ送信されていない分を止め、記録します。",
    "What happened.": "何が起きたか。",
    "One incident with what became of each copy.": "誤送信の記録1件と、宛先ごとの結果を表示します。",
    "Try the chat channels of notify.channels.": "notify.channels のチャット通知を試します。",
    "Send a test message to each channel, and say of each whether it was taken, or why not. Status 1 if one failed.":
        "各チャネルにテストメッセージを送り、受け取られたか、なぜ失敗したかを表示します。失敗があれば終了コード 1。",
    "Only this channel.": "このチャネルだけ。",
    "For channels that write to persons: to whom. [default: the first administrator]":
        "個人宛てのチャネルの場合の相手。 [既定値: 最初の管理者]",
    # token, user, session, try
    "Make, list and revoke bearer tokens for the API.": "API 用の Bearer トークンを作成・一覧・無効化します。",
    "Print a new bearer token. It is shown this once.": "新しい Bearer トークンを表示します。表示は一度だけです。",
    "Whose mail it is about; needed for sender and approver.":
        "誰のメールを扱うか。sender と approver では必須。",
    "What it is for.": "用途。",
    "How long it is good.": "有効期間。",
    "All tokens, without their secrets.": "すべてのトークンを、秘密の部分を除いて一覧します。",
    "End a token at once.": "トークンをすぐに無効にします。",
    "Make entries for the file of logins (auth: {method: file}); reset somebody's second factor.":
        "ログイン用ファイルの項目(auth: {method: file})を作り、二段階認証を解除します。",
    "Ask for a password (or read it from stdin) and print the entry for ADDRESS in users.yaml.":
        "パスワードを尋ね(または標準入力から読み)、users.yaml の ADDRESS の項目を表示します。",
    "JSON instead of YAML.": "YAML ではなく JSON で表示します。",
    "Take the second factor of ADDRESS away (device and recovery codes lost). Its sessions end; the log has a line.":
        "ADDRESS の二段階認証を解除します(端末と回復用コードを失ったとき)。ログインは終了し、ログに残ります。",
    "End the session of this id, or all of this address, at once.":
        "この ID の、またはこのアドレスのすべてのログインをすぐに終了します。",
    "Open sessions of ADDRESS, or of everybody.": "ADDRESS の、または全員のログイン中の端末を一覧します。",
    "Send a sample mail with an attachment to an outside address and print the reply.":
        "添付ファイル付きの見本メールを社外のアドレスに送り、応答を表示します。",
    "host:port of mailguard. [default: 127.0.0.1 and PORT_SMTP, else 2525]":
        "mailguard の host:port。 [既定値: 127.0.0.1 と PORT_SMTP、なければ 2525]",
}  # fmt: skip
