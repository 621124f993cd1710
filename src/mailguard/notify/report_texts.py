"""The sentences of delivery reports: not delivered, not delivered yet, passed on. Japanese beside English.

Plain words, the fact first, then what the reader has to do, which is mostly nothing. Values come already on one line.
"""

from __future__ import annotations

from mailguard.notify.phrases import Both

BOUNCED_UNKNOWN = Both("宛先のメールアドレスが存在しません。", "There is no such mail address.")
BOUNCED_DOMAIN = Both(
    "宛先のドメインが見つからないか、メールを受け取りません。", "The domain does not exist, or takes no mail."
)
BOUNCED_CLOSED = Both("宛先のメールボックスは使われていません。", "The mailbox is not in use.")
BOUNCED_FULL = Both("宛先のメールボックスがいっぱいです。", "The mailbox is full.")
BOUNCED_LARGE = Both("メールが大きすぎて、受け取られませんでした。", "The mail is too large for it.")
BOUNCED_LATE = Both("期限までに届きませんでした。", "It was not delivered in time.")
BOUNCED_REFUSED = Both("相手側のサーバーが受け取りを拒否しました。", "The server refused to take it.")
BOUNCED_OTHER = Both("相手側のサーバーが受け取りませんでした。", "The server did not take it.")
BOUNCED_LATE_LEAD = Both(
    "期限まで送信を続けましたが、相手側へ渡せませんでした。",
    "We tried until the time limit, and it could not be passed on.",
)
BOUNCED_OUR_LEAD = Both("理由は次のとおりです。", "This is the reason.")
#: Nobody answered: what is quoted are our own words.
WE_SAW = Both("状況: {reply}", "What happened: {reply}")
SERVER_SAID = Both("サーバーの応答: {reply}", "The server said: {reply}")
BOUNCED_OTHERS = Both(
    "ほかの宛先があれば、そちらへの送信には影響しません。", "Other recipients, if any, are not affected."
)
BOUNCED_AGAIN = Both(
    "宛先を確かめて、必要ならもう一度送信してください。", "Please check the addresses and send again if need be."
)
BOUNCED_LATE_AGAIN = Both(
    "必要なら、もう一度送信するか、別の方法でご連絡ください。", "Please send it again if need be, or use another way."
)

DELAYED_HEAD = Both("メールがまだ届いていません", "The mail has not been delivered yet")
DELAYED_LEAD = Both(
    "相手側のサーバーにまだ渡せていません。送信は自動的に続けます。もう一度送信する必要はありません。",
    "The next server has not taken it yet. We keep trying by ourselves: you need not send it again.",
)
DELAYED_UNTIL = Both("再送の期限", "We try until")
DELAYED_THEN = Both(
    "期限までに届かなければ、あらためてお知らせします。急ぐ場合は、別の方法でご連絡ください。",
    "If it is not delivered by then, you will hear from us. If it is urgent, please use another way.",
)
DELAYED_LATER = Both(
    "相手側のサーバーが、あとで受け取ると答えています。", "The server says that it will take it later."
)
DELAYED_AWAY = Both("相手側のサーバーに接続できていません。", "The server cannot be reached.")

RELAYED_HEAD = Both("メールを次のサーバーに渡しました", "The mail was passed on to the next server")
RELAYED_LEAD = Both(
    "次の宛先のメールは、配信の確認を送らないサーバーに渡しました。この先の確認は届きません。",
    "For the recipients below it was passed on to a server that sends no confirmations. You will get no further one.",
)
RELAYED_TAKEN = Both("サーバーが受け取りました。", "The server took it.")
RELAYED_ASKED = Both(
    "この確認は、送信時に配信の確認が求められたため送っています。",
    "You get this because a confirmation of delivery was asked for when the mail was sent.",
)

TOO_LARGE = Both(
    "メールの全文の返送が求められましたが、大きすぎるため、ヘッダーだけを付けています。",
    "The whole mail was asked to be returned, but it is too large: only its header is attached.",
)
