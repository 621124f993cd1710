"""`secrets`: private keys, access tokens and passwords in the mail and its files, as the readers counted them.

Where text could not be read, a count is a lower bound, and "none" is "not known". No secret itself is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mailguard.mail.verdict import Because
from mailguard.policy.conditions.tree import Signs
from mailguard.policy.result import Result, Told, Truth, bounded, decide, number, some
from mailguard.policy.values import Comparison
from mailguard.policy.view import View

TOTAL = "total"
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


def _any(view: View) -> frozenset[str] | None:
    """None, if there may be some."""
    return None if view.facts.secrets or view.unread_anywhere else frozenset()


@dataclass(frozen=True, slots=True)
class Secrets:
    """Counts of different secrets per class, or of all. All comparisons must hold."""

    asked: tuple[tuple[str, Comparison], ...]
    # Worked out once: a rule may ask for a score of classes, each by itself, of every mail.
    _none_will_do: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_none_will_do", all(comparison.holds(0) for _, comparison in self.asked))

    def shut(self, view: View) -> bool:
        """There is none at all, and all was read."""
        return not (self._none_will_do or view.facts.secrets or view.unread_anywhere)

    @property
    def signs(self) -> Signs | None:
        """Any at all."""
        return None if self._none_will_do else Signs(_any, frozenset())

    def look(self, view: View) -> Result:
        gaps = view.unread_anywhere
        counts = [(name, _count(view, name), comparison) for name, comparison in self.asked]
        truth = min(decide(comparison, count, bool(gaps)) for _, count, comparison in counts)
        unread = gaps if truth is Truth.UNKNOWN else ()
        return Result(truth, lambda: _say(counts, unread), lambda: self._tell(view), None, unread)

    def _tell(self, view: View) -> Told:
        asked = {name for name, _ in self.asked}
        found = [(name, times) for name, times in view.facts.secrets.items() if times and asked & {name, TOTAL}]
        places = [match.where for match in view.facts.matches if match.what.removeprefix("secret:") in dict(found)]
        evidence = [*(f"{name}: {times:,}" for name, times in found), *places]
        values = {"words": some(_named(name).ja for name, _ in found), "count": number(sum(n for _, n in found))}
        values["words"] = Because(values["words"].ja, some(_named(name).en for name, _ in found).en)
        return Told(bounded(evidence), values)


def _count(view: View, name: str) -> int:
    secrets = view.facts.secrets
    return sum(secrets.values()) if name == TOTAL else secrets.get(name, 0)


def _named(name: str) -> Because:
    """A class as people call it; tokens go by their makers."""
    if name in _NAMES:
        return Because(*_NAMES[name])
    first, *rest = name.split("_")
    maker = _MAKERS.get(first, first.capitalize())
    return Because(f"{maker}の{''.join(_GIVEN.get(one, one) for one in rest)}", f"{' '.join((maker, *rest))}s")


def _say(counts: list[tuple[str, int, Comparison]], unread: tuple[str, ...]) -> Because:
    ja = [f"{_named(name).ja}は{count:,}件です（条件: {asked.ja('件')}）" for name, count, asked in counts]
    en = [f"it holds {count:,} {_named(name).en} [asked: {asked.en()}]" for name, count, asked in counts]
    hidden = some(unread)
    return Because(
        "、".join(ja) + (f"。ただし「{hidden.ja}」の中は確認できません" if unread else ""),
        " and ".join(en) + (f"; but {hidden.en} could not be examined" if unread else ""),
    )
