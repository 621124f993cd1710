"""The shapes of the secrets of common providers: one table, each row a class, the substrings without which there is
none, and the pattern.

Shapes are what the providers document or issue. Every pattern begins where no letter of its own alphabet stands, and
is bounded, so that a hostile text costs no more than its length. The secret is group 1 where there is a group.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Shape(NamedTuple):
    """name: of the class; gates: one of these must occur; pattern: the secret."""

    name: str
    gates: tuple[str, ...]
    pattern: re.Pattern[str]


def _shape(name: str, gates: str, pattern: str, flags: int = 0) -> Shape:
    return Shape(name, tuple(gates.split("\x20")), re.compile(pattern, flags | re.ASCII))


_FIRST = re.compile(r"(?:[A-Za-z0-9_]+|\[[A-Za-z]+\])(?![{*+?])")


def _token(name: str, gates: str, pattern: str) -> Shape:
    """A token on its own: no letter, digit or "_" before it, and no end within a longer word.

    What stands before it is asked behind its first letters: a pattern that begins with letters is found fast.
    """
    first = _FIRST.match(pattern)
    begin = first.group() if first else ""
    return _shape(name, gates, rf"{begin}(?<![A-Za-z0-9_-]{begin}){pattern[len(begin) :]}(?![A-Za-z0-9_-])")


_JWT = r"eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}"

SHAPES: tuple[Shape, ...] = (
    # The body follows, so that two keys are two; a header at the end of a line will do where the text was cut off.
    _shape(
        "private_key",
        "PRIVATE",
        r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?=[\s>]|\\[nr]|[A-Za-z0-9+/=]|\Z)"
        r"(?:(?!-----)[A-Za-z0-9+/=\s>:,.\\-]){0,600}",
    ),
    _shape(
        "private_key", "SSH2", r"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----(?:(?!----)[A-Za-z0-9+/=\s>:,.-]){0,600}"
    ),
    _shape("private_key", "PuTTY-User-Key-File", r"PuTTY-User-Key-File-[23]: ?[\w-]{3,40}[\w\s:+/=>.@-]{0,600}"),
    _token("private_key", "AGE-SECRET-KEY-", r"AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{50,80}"),
    _shape("private_key", '"kty"', r'"d"\s{0,5}:\s{0,5}"([A-Za-z0-9_-]{20,1000})"'),  # JSON Web Key, RFC 7517
    _token("aws_key", "AKIA ASIA", r"(?:AKIA|ASIA)[A-Z2-7]{16}"),
    _shape(
        "aws_secret",
        "ecret ECRET",
        r"(?i:secret[ _]?access[ _]?key|aws[ _]secret(?:[ _]key)?)[\"']?[ \t]{0,4}[=:\t,][ \t\"']{0,4}"
        r"([A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])",
    ),
    _token("github_token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{36,251}"),
    _token("github_token", "github_pat_", r"github_pat_[A-Za-z0-9_]{60,251}"),
    _token(
        "gitlab_token",
        "glpat- gldt- glrt- glcbt- glptt- glft- glsoat- glagent- glimt- gloas- glffct-",
        r"gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt|oas|ffct)-[A-Za-z0-9_.-]{20,250}",
    ),
    _token(
        "slack_token",
        "xox xapp-",
        r"(?:xox[abeoprscd](?:\.xox[bp])?-[A-Za-z0-9-]{10,250}|xapp-\d-[A-Z0-9]{8,14}-\d{8,14}-[a-f0-9]{40,80})",
    ),
    _shape(
        "slack_webhook",
        "hooks.slack",
        r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[A-Z0-9]{6,14}/[A-Za-z0-9/]{10,120}",
    ),
    _token("google_key", "AIza", r"AIza[A-Za-z0-9_-]{35}"),
    _token("google_key", "GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{28}"),
    _token("google_key", "ya29.", r"ya29\.[A-Za-z0-9_-]{40,400}"),
    _shape(
        "azure_key", "AccountKey= SharedAccessKey=", r"(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{40,100}={0,2})"
    ),
    _shape("azure_sas", "sig=", r"[?&]sig=([A-Za-z0-9%+/]{40,110}(?:%3[dD]|=))(?![A-Za-z0-9%])"),
    _shape(
        "azure_client_secret",
        "Q~",
        r"(?<![A-Za-z0-9_~.-])([A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34})(?![A-Za-z0-9_~-])",
    ),
    _token("stripe_key", "k_live_ k_test_", r"[sr]k_(?:live|test)_[A-Za-z0-9]{20,250}"),
    _token("stripe_key", "whsec_", r"whsec_[A-Za-z0-9+/=]{32,80}"),
    _token("sendgrid_key", "SG.", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),
    _token("twilio_key", "SK", r"SK[0-9a-f]{32}"),
    _shape(
        "twilio_key",
        "AC",
        r"(?<![A-Za-z0-9])AC[0-9a-f]{32}[^A-Za-z0-9]{1,20}(?:[A-Za-z_ ]{0,20}[\"':= ]{1,5})?([0-9a-f]{32})(?![0-9a-f])",
    ),
    _token("npm_token", "npm_", r"npm_[A-Za-z0-9]{36}"),
    _token("pypi_token", "pypi-", r"pypi-AgE[A-Za-z0-9_-]{50,500}"),
    _token("docker_token", "dckr_", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,60}"),
    _token("huggingface_token", "hf_", r"hf_[A-Za-z0-9]{30,50}"),
    _token("anthropic_key", "sk-ant-", r"sk-ant-[a-z0-9]{2,12}-[A-Za-z0-9_-]{20,200}"),
    _token("openai_key", "sk-", r"sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,250}"),
    _token("openai_key", "sk-", r"sk-(?=[A-Za-z]{0,60}\d)(?=[a-z0-9]{0,60}[A-Z])[A-Za-z0-9]{32,64}"),
    _token("digitalocean_token", "_v1_", r"do[por]_v1_[a-f0-9]{64}"),
    _token("heroku_key", "HRKU-", r"HRKU-[A-Za-z0-9_-]{36,80}"),
    _shape(
        "heroku_key",
        "HEROKU heroku",
        r"(?i:heroku[\w ]{0,20}key)[\"'=:\s]{1,6}([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
    ),
    _token("shopify_token", "shpat_ shpca_ shppa_ shpss_ shptka_", r"shp(?:at|ca|pa|ss|tka)_[A-Fa-f0-9]{32}"),
    _token("square_token", "sq0atp- sq0csp- sq0idb-", r"sq0(?:atp|csp|idb)-[A-Za-z0-9_-]{22,50}"),
    _token("square_token", "EAAA", r"EAAA[El][A-Za-z0-9_-]{59}"),
    _token("mailgun_key", "key-", r"key-[0-9a-f]{32}"),
    _token("mailchimp_key", "-us", r"[0-9a-f]{32}-us\d{1,2}"),
    _token("telegram_token", ":AA", r"\d{8,10}:AA[A-Za-z0-9_-]{32,34}"),
    _token("discord_token", ".", r"[MNO][A-Za-z\d_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}"),
    _shape("discord_webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d{15,21}/[A-Za-z0-9_-]{50,90}"),
    _shape(
        "teams_webhook",
        "webhook.office.com/",
        r"webhook\.office\.com/webhookb2/[0-9a-fA-F@/-]{60,160}/[A-Za-z0-9/_-]{30,150}",
    ),
    _token("dropbox_token", "sl.", r"sl\.(?:u\.)?[A-Za-z0-9_-]{100,2000}"),
    _token("atlassian_token", "ATATT ATCTT", r"AT[AC]TT3[A-Za-z0-9_=-]{50,400}"),
    _token("databricks_token", "dapi", r"dapi[a-f0-9]{32}(?:-\d)?"),
    _token("vault_token", "hvs. hvb. hvr.", r"hv[sbr]\.[A-Za-z0-9_-]{24,300}"),
    _token("linear_key", "lin_", r"lin_(?:api|oauth)_[A-Za-z0-9]{40,64}"),
    _token("notion_token", "ntn_", r"ntn_[A-Za-z0-9]{40,60}"),
    _token("notion_token", "secret_", r"secret_[A-Za-z0-9]{43}"),
    _token("figma_token", "figd_", r"figd_[A-Za-z0-9_-]{40,60}"),
    _token("grafana_token", "glsa_ glc_", r"gl(?:sa_[A-Za-z0-9]{32}_[a-f0-9]{8}|c_[A-Za-z0-9+/=]{32,400})"),
    _token("newrelic_key", "NRAK-", r"NRAK-[A-Z0-9]{27}"),
    _token("rubygems_key", "rubygems_", r"rubygems_[a-f0-9]{48}"),
    _token("terraform_token", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,80}"),
    _shape(
        "line_token",
        "hannel HANNEL チャネル",
        r"(?i:channel|チャネル)[ _-]?(?i:access|アクセス)?[ _-]?(?i:token|secret|トークン|シークレット)"
        r"[\"']?[ \t]{0,4}[=:：][ \t\"']{0,4}"
        r"([A-Za-z0-9+/]{100,250}={0,2}|[0-9a-f]{32})(?![A-Za-z0-9+/])",
    ),
    _shape("jwt", "eyJ", rf"(?<![A-Za-z0-9_-]){_JWT}"),
    _shape(
        "url_password",
        "://",
        r"://(?<=[A-Za-z0-9+.-]{2}://)[^\s/:@\"'<>?#]{0,80}:([^\s/@\"'<>?#]{1,120})@[A-Za-z0-9\[][A-Za-z0-9.:\[\]_-]{1,200}",
    ),
    _shape("bearer_token", "earer EARER", r"(?i:\bbearer)[ \t]{1,4}([A-Za-z0-9_.~+/=-]{20,4000})"),
    _shape(
        "basic_login",
        "asic ASIC",
        r"(?i:authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?basic)[ \t]{1,4}([A-Za-z0-9+/]{8,400}={0,2})",
    ),
    # What it is assigned to stands before it: ASSIGNED is looked for there, since names are many and values few.
    _shape(
        "assigned_secret", "= : ：", r"[=:：](?:(?<==)>|(?<=:)=)?[ \t]{0,4}[\"'`]?([A-Za-z0-9_.~+/=!@#%^&*$-]{12,500})"
    ),
)
#: What stands where it matches and a value is assigned, in any case.
ASSIGNED_WORDS = (r"(?:secret|token|key|キー|credentials?)(?:_?(?:key|value|base|base64))?[\"']?[ \t]*[=:：]",)
ASSIGNED = re.compile(
    r"(?:secret|token|api[_ -]?key|APIキー|access[_-]?key|private[_-]?key|encryption[_-]?key|signing[_-]?key"
    r"|master[_-]?key|credentials?)(?:_?(?:key|value|base|base64))?[\"']?[ \t]{0,4}$",
    re.IGNORECASE,
)
