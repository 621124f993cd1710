"""What classes of secrets are called: tokens go by their makers' names, as these write them. Pure."""

from __future__ import annotations

from mailguard.mail.verdict import Because

_NAMES = {
    "total": ("鍵・トークン・パスワード", "secrets"),
    "private_key": ("秘密鍵", "private keys"),
    "password": ("パスワード", "passwords"),
    "url_password": ("URL中のパスワード", "passwords in web addresses"),
    "jwt": ("JWT", "JSON Web Tokens"),
    "bearer_token": ("Bearerトークン", "bearer tokens"),
    "basic_login": ("Basic認証の情報", "logins for Basic authentication"),
    "azure_sas": ("Azure SAS", "Azure SAS tokens"),
    "assigned_secret": ("設定中の秘密の値", "secrets in settings"),
}
#: Makers whose names are not written as an ordinary name is; what they give out, in Japanese.
_MAKERS = {
    "aws": "AWS", "digitalocean": "DigitalOcean", "github": "GitHub", "gitlab": "GitLab", "huggingface": "Hugging Face",
    "line": "LINE", "newrelic": "New Relic", "npm": "npm", "openai": "OpenAI", "pypi": "PyPI", "rubygems": "RubyGems",
    "sendgrid": "SendGrid",
}  # fmt: skip
_GIVEN = {"key": "キー", "token": "トークン", "secret": "シークレット", "client": "クライアント", "webhook": "Webhook"}


def secret_name(name: str) -> Because:
    """A class as people call it; tokens go by their makers."""
    if name in _NAMES:
        return Because(*_NAMES[name])
    first, *rest = name.split("_")
    maker = _MAKERS.get(first, first.capitalize())
    return Because(f"{maker}の{''.join(_GIVEN.get(one, one) for one in rest)}", f"{' '.join((maker, *rest))}s")
