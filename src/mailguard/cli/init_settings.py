"""The configuration that `mailguard init` writes, with what is to be changed as comments, in both languages."""

from __future__ import annotations

from mailguard.mail.saying import Sentence

#: To be filled in with str.format.
TEMPLATE = Sentence(
    """\
# mailguard の設定です。誤りは `mailguard check --config mailguard.yaml` ですべて一度に確認できます。
# どの設定も環境変数で指定できます: MAILGUARD_UPSTREAM__URL
# パスワードは MAILGUARD_UPSTREAM__PASSWORD_FILE でも指定できます。
# パスはこのファイルからの相対パスです。

organization:
  domains: [{domain}]          # 自社のメールドメイン。{subdomains} はサブドメインも含みます
  name: {name}
  language: ja                 # 通知メールの言語: ja か en
  timezone: Asia/Tokyo

listeners:
  # このマシンのプログラムや、同じマシンの自社メールサーバーから:
  - {{address: "127.0.0.1:2525", tls: none, auth: none, trusted_networks: [127.0.0.0/8]}}
  # 社員のメールソフトから(# を外して使います。users.yaml の項目は `mailguard user hash ADDRESS` で作れます):
  # - {{address: "0.0.0.0:465", tls: implicit, certificate: tls/fullchain.pem, key: tls/key.pem, auth: required}}
  # - {{address: "0.0.0.0:587", tls: starttls, certificate: tls/fullchain.pem, key: tls/key.pem, auth: required}}
# auth: {{method: file, file: users.yaml}}

# 中継先のサーバー。中継先なしで試すときは "mailbox:var/mailbox"
upstream: {{url: "smtp://127.0.0.1:25"}}

store: {{url: {url}, bodies: {bodies}}}

# どのルールも「記録のみ」(件数を数えるだけで、保留しない)です。ルールの `mode: monitor` を消すと適用されます。
# 業種別・事故の種類別のルールは `mailguard policy library` で一覧できます。
policies: [policies/]

console:
  address: "127.0.0.1:8025"
  url: "http://127.0.0.1:8025"   # 利用者が開くアドレス。前に TLS プロキシを置いてください
  administrators: [{administrator}]

notify:
  from: {sender}
  remind_before: 8h   # 保留の期限が切れる前に、勤務時間内に1通お知らせします。0: なし
  # channels: 通知メールのほかにチャットへも通知: docs/ja/channels.md
""",
    """\
# mailguard's settings. `mailguard check --config mailguard.yaml` says what is wrong with them, all at once.
# Each can also come from the environment: MAILGUARD_UPSTREAM__URL; passwords also as MAILGUARD_UPSTREAM__PASSWORD_FILE.
# Paths are relative to this file.

organization:
  domains: [{domain}]          # your own mail domains; {subdomains} means subdomains too
  name: {name}
  language: ja                 # of letters: ja or en
  timezone: Asia/Tokyo

listeners:
  # For programs on this machine, or your own mail server beside it:
  - {{address: "127.0.0.1:2525", tls: none, auth: none, trusted_networks: [127.0.0.0/8]}}
  # For people's mail clients (take the comments away; `mailguard user hash ADDRESS` makes entries for users.yaml):
  # - {{address: "0.0.0.0:465", tls: implicit, certificate: tls/fullchain.pem, key: tls/key.pem, auth: required}}
  # - {{address: "0.0.0.0:587", tls: starttls, certificate: tls/fullchain.pem, key: tls/key.pem, auth: required}}
# auth: {{method: file, file: users.yaml}}

# The next server. To try out without one: "mailbox:var/mailbox"
upstream: {{url: "smtp://127.0.0.1:25"}}

store: {{url: {url}, bodies: {bodies}}}

# Every rule is in monitor mode: counted, nothing held. Take `mode: monitor` out of a rule to enforce it.
# `mailguard policy library` lists more: for kinds of companies, and for kinds of accidents.
policies: [policies/]

console:
  address: "127.0.0.1:8025"
  url: "http://127.0.0.1:8025"   # what people open; put a TLS proxy before it
  administrators: [{administrator}]

notify:
  from: {sender}
  remind_before: 8h   # before a hold ends undecided, one letter in office hours; 0: none
  # channels: chats beside letters: docs/channels.md
""",
)
