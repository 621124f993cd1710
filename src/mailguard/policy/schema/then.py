"""`then`: what happens to a mail for which a rule holds, and on which terms."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from mailguard.mail.saying import Sentence, listed
from mailguard.policy.schema.alter import AlterModel
from mailguard.policy.schema.approve import ApproveModel, Told
from mailguard.policy.schema.base import Strict
from mailguard.policy.suggest import did_you_mean
from mailguard.policy.values import Duration, Many, Switch

WORDS = ("deliver", "delay", "confirm", "approve", "challenge", "reject")
#: Dispositions that are the word, or the key with nothing behind it.
_PLAIN = ("deliver", "confirm", "reject")
#: Dispositions that wait for people.
_ASKING = ("confirm", "approve")
#: The name of a next server.
ROUTE = "^[a-z0-9][a-z0-9_.-]{0,62}$"
_TERMS = ("expire_after", "expire_action", "clock")
_DEFAULT_END = timedelta(hours=72)
_WINDOW = "10m"


def _window(window: timedelta) -> timedelta:
    if not timedelta(minutes=1) <= window <= timedelta(hours=24):
        raise ValueError(
            Sentence(
                "再送までの時間は 1m から 24h までです。", "the time to send the mail again lies between 1m and 24h"
            )
        )
    return window


Window = Annotated[Duration, AfterValidator(_window)]


class ThenModel(Strict):
    """A disposition, with what belongs to it."""

    deliver: Literal[True] | None = Field(
        None, description="nothing but what alter says: a hit that is only recorded", examples=[True]
    )
    delay: Duration | None = Field(
        None, description="a silent undo window of this length, then it goes", examples=["60s"]
    )
    confirm: Literal[True] | None = Field(None, description="the sender decides", examples=[True])
    approve: ApproveModel | None = Field(
        None,
        description="others decide; nobody approves their own mail",
        examples=[{"by": ["boss@corp.example"], "quorum": 1}, {"by": "manager"}],
    )
    challenge: Window | None = Field(
        None,
        description="refused with `550` and the reason, so that the mail client keeps it; the same mail (sender, "
        "recipients, subject, text, files) sent again within this time, 1m to 24h, counts as confirmed; `10m` for the "
        "bare word",
        examples=["10m"],
    )
    reject: Literal[True] | None = Field(
        None, description="refused with `550` and the reason; the mail stays in the mail client", examples=[True]
    )
    scope: Literal["recipients", "mail"] | None = Field(
        None,
        description="whom it is about: the matching recipients only, or the whole mail; `mail` if left out",
        examples=["recipients", "mail"],
    )
    expire_after: Duration | None = Field(
        None, description="how long a decision is waited for; `72h` if left out", examples=["24h"]
    )
    expire_action: Literal["return", "release", "discard"] | None = Field(
        None,
        description="what then happens: back to the sender, sent, or thrown away; `return` if left out",
        examples=["return", "discard"],
    )
    clock: Literal["always", "office_hours"] | None = Field(
        None,
        description="`office_hours`: all times of a confirm or approve run only while people are at work",
        examples=["office_hours"],
    )
    internal_first: Switch = Field(
        False, description="colleagues get their copy at once, but those whom the condition picks", examples=[True]
    )
    urgent: Switch = Field(
        False,
        description="with approve: the sender may let it go at once with a reason, which is counted and told to the "
        "approvers; of several rules every one must allow it",
        examples=[True],
    )
    trust: Switch | None = Field(
        None,
        description="with confirm: whether people may say of a recipient that this rule need not ask about him again; "
        "if left out, yes where the condition is about recipients as such (who they are, not how many, and nothing of "
        "what the mail holds)",
        examples=[False],
    )
    alter: Many[AlterModel] | None = Field(
        None,
        description="what the copies are changed to before they leave",
        examples=[["to_bcc", {"tag_subject": "[社外]"}]],
    )
    notify: Many[Told] | None = Field(
        None,
        description="who gets a letter about the hit: sender, administrators, addresses; in mode notify the sender if "
        "left out, in mode monitor nobody",
        examples=[["sender", "dpo@corp.example"]],
    )

    route: Annotated[str, Field(pattern=ROUTE)] | None = Field(
        None,
        description="another next server for these copies, by its name under upstreams: in mailguard.yaml; of several "
        "rules the strictest, of equally strict ones the first by its id",
        examples=["branch"],
    )

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        if isinstance(value, str):
            return cls._from_word(value)
        if isinstance(value, dict):  # `confirm:` with nothing behind it is the word with further keys beside it
            bare = {**dict.fromkeys(_PLAIN, True), "challenge": _WINDOW}
            return {k: bare[k] if k in bare and v in (None, {}) else v for k, v in value.items()}
        return value

    @staticmethod
    def _from_word(word: str) -> dict[str, Any]:
        if word in _PLAIN:
            return {word: True}
        if word == "delay":
            return {"delay": "60s"}
        if word == "challenge":
            return {"challenge": _WINDOW}
        if word == "approve":
            raise ValueError(
                Sentence(
                    "approve には承認者が必要です: approve: {by: [boss@corp.example]} または {by: manager}",
                    "approve needs approvers: approve: {by: [boss@corp.example]} or {by: manager}",
                )
            )
        raise ValueError(
            Sentence(
                "{word!r}という処置はありません。{hint}",
                "unknown disposition {word!r}{hint}",
                word=word[:40],
                hint=did_you_mean(word, WORDS),
            )
        )

    @property
    def word(self) -> str:
        """The disposition's word."""
        return next(word for word in WORDS if getattr(self, word) is not None)

    @model_validator(mode="after")
    def _one(self) -> ThenModel:
        given = [word for word in WORDS if getattr(self, word) is not None]
        if len(given) != 1:
            also = Sentence("(今は {given})", ", not {given}", given=given) if given else ""
            raise ValueError(
                Sentence(
                    "{words} のうち1つだけを書いてください{also}。",
                    "give exactly one of {words}{also}",
                    words=", ".join(WORDS),
                    also=also,
                )
            )
        if given[0] == "reject" and self.alter is not None:
            raise ValueError(
                Sentence(
                    "拒否するメールは変更しません。alter は reject 以外の処置で使います。",
                    "a refused mail is not altered: alter belongs to every disposition but reject",
                )
            )
        if given[0] == "reject" and self.route is not None:
            raise ValueError(
                Sentence(
                    "拒否するメールはどこにも送りません。route は reject 以外の処置で使います。",
                    "a refused mail goes nowhere: route belongs to every disposition but reject",
                )
            )
        if given[0] not in _ASKING and any(getattr(self, name) for name in _TERMS):
            raise ValueError(
                Sentence(
                    "{some}、{last} は confirm と approve で使います。",
                    "{some} and {last} belong to confirm and approve",
                    some=listed(_TERMS[:-1]),
                    last=_TERMS[-1],
                )
            )
        if self.internal_first and (self.scope == "recipients" or given[0] not in ("delay", *_ASKING)):
            raise ValueError(
                Sentence(
                    "internal_first は、メール全体を delay、confirm、approve するときに使います。",
                    "internal_first belongs to delay, confirm and approve of a whole mail",
                )
            )
        if self.trust is not None and given[0] != "confirm":
            raise ValueError(
                Sentence(
                    "trust は confirm で使います。それより厳しい処置は、宛先を信頼していても省きません。",
                    "trust belongs to confirm: nothing stricter is left out because a recipient is trusted",
                )
            )
        if self.urgent and given[0] != "approve":
            raise ValueError(
                Sentence(
                    "urgent は approve で使います。送信者だけが確認するものは、いつでも自分で送信できます。",
                    "urgent belongs to approve: what only the sender confirms he can release anyway",
                )
            )
        return self

    @model_validator(mode="after")
    def _times(self) -> ThenModel:
        """Each time said once, and in an order in which it can come."""
        inner = self.approve
        if inner is None:
            return self
        for name in ("expire_after", "clock"):
            if getattr(self, name) is not None and getattr(inner, name) is not None:
                raise ValueError(
                    Sentence(
                        "{name} が approve の中と外の両方にあります。どちらか一方に書いてください。",
                        "{name} stands inside approve and beside it: write it once",
                        name=name,
                    )
                )
        end = self.expire_after or inner.expire_after or _DEFAULT_END
        for name in ("remind_after", "escalate_after"):
            span = getattr(inner, name)
            if span is not None and span >= end:
                raise ValueError(
                    Sentence(
                        "{name} の時は来ません。その前に expire_after で保留が終わります。",
                        "{name} would never come: the hold ends before it, by expire_after",
                        name=name,
                    )
                )
        return self
