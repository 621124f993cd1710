"""`recipients`: what a rule may ask of the recipients, one by one and together."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from mailguard.mail.saying import Sentence
from mailguard.policy.schema.base import Strict
from mailguard.policy.values import Age, Count, Many, Share, Switch, Text


class RecipientsModel(Strict):
    """Picks recipients by all keys given; holds when their number satisfies `count`."""

    external: Switch | None = Field(None, description="outside the company", examples=[True])
    internal: Switch | None = Field(None, description="of one of the company's own domains", examples=[True])
    visible: Switch | None = Field(
        None, description="stands in To or Cc, so that the others see it; also whom another part of a split mail has",
        examples=[True],
    )  # fmt: skip
    to: Switch | None = Field(None, description="stands in To", examples=[True])
    cc: Switch | None = Field(None, description="stands in Cc", examples=[True])
    bcc: Switch | None = Field(None, description="in the envelope, but neither in To nor in Cc", examples=[True])
    in_: Many[Text] | None = Field(None, alias="in", description="on one of these lists", examples=[["partners"]])
    not_in: Many[Text] | None = Field(None, description="on none of these lists", examples=[["partners"]])
    domain: Many[Text] | None = Field(None, description="of a domain that a glob covers", examples=["*.x.example"])
    address: Many[Text] | None = Field(None, description="whose address a glob covers", examples=["info@*"])
    group: Many[Text] | None = Field(
        None, description="names of groups of people, any of which the recipient is in", examples=["board"]
    )
    free_mail: Switch | None = Field(None, description="where anybody gets a mailbox", examples=[True])
    no_mx: Switch | None = Field(
        None,
        description="an outsider whose domain takes no mail: neither MX nor A nor AAAA, or a null MX (RFC 5321 section "
        "5.1, RFC 7505); cannot be decided where DNS gives no answer in time",
        examples=[True],
    )
    mailing_list: Switch | None = Field(
        None,
        description="a mailing list or a group that nobody expanded: a group of the directory, a host of lists, or a "
        "name such as all@, zenin@, sales-ml@",
        examples=[True],
    )
    first_time: Literal["sender", "company"] | None = Field(
        None,
        description="an outsider whose organization this sender, or anybody here, has never written to",
        examples=["sender"],
    )
    not_written_for: Age | None = Field(
        None,
        description="this sender wrote there before, but not for so long; who was never written to is `first_time`",
        examples=["180d"],
    )
    name_of_other: Literal[True] | None = Field(
        None,
        description="To or Cc call the address by the name, or by the address, of somebody else whom this sender wrote "
        "to or whom the directory knows; an office (info@) may bear the name of somebody of its house",
        examples=[True],
    )
    greeted: Switch | None = Field(
        None,
        description="the greeting of the mail names this recipient (false: it names others, not this one); "
        "picks nobody where it names nobody or everybody",
        examples=[False],
    )
    new_in_thread: Switch | Literal["organization"] | None = Field(
        None,
        description="took no part in the thread that this reply goes on with: neither in the mails that went through "
        "here nor in what the reply quotes; with `organization`: nor did anybody of the same organization; cannot be "
        "decided where neither says to whom the thread went",
        examples=[True, "organization"],
    )
    habit: Literal["usual", "unusual", "missing", "replaced"] | None = Field(
        None,
        description="compared with the groups that this sender wrote to at least three times: the very same (everybody "
        "is picked), one more, one less, or one exchanged for another",
        examples=["replaced"],
    )
    group_habit: Literal[True, "extra", "missing", "replaced"] | None = Field(
        None,
        description="how such a group is broken: one more (as `habit: unusual`), one less, one exchanged for another; "
        "true: in any of these ways",
        examples=[True, "extra"],
    )
    namesake: Literal[True, "company", "department", "free_mail", "surname"] | None = Field(
        None,
        description="this sender never wrote to the recipient, who bears the name (as To and Cc show it, or before the "
        "@) of somebody he did write to, or of a colleague: at another company (company), in the same organization "
        "(department), with a business address while this one is free mail (free_mail), or any of them (true); with "
        "`surname` the family name is enough; picks nobody whose namesake gets the mail too",
        examples=[True, "free_mail"],
    )
    greeting_mismatch: Literal[True] | None = Field(
        None,
        description="the greeting of the mail names people or a company, and no recipient is any of them (everybody is "
        "picked); as `message: {greeting: fits_nobody}`",
        examples=[True],
    )
    quoted: Literal["foreign", "missing"] | None = Field(
        None,
        description="what the mail quotes, if it is no forward; foreign: a conversation with other outside "
        "organizations, in which nobody of the recipient's took part, also in a mail that is no reply; missing: a "
        "reply that does not go to whoever wrote the mail on top (everybody is picked)",
        examples=["foreign"],
    )
    attachment_seen_elsewhere: Literal[True] | None = Field(
        None,
        description="gets a file that only other organizations got so far; as `attachments: {seen_elsewhere: true}`",
        examples=[True],
    )
    alarm: Literal[True] | None = Field(
        None,
        description="the model of who writes to whom finds that the mail is worth a question, at the share of mail "
        "that may be asked about (the setting of the budget), for this recipient; cannot be decided without a model",
        examples=[True],
    )
    risk: Share | None = Field(
        None,
        description="how likely the recipient is a mistake, 0 to 1, by the model of who writes to whom; cannot be "
        "decided without one; `alarm` is easier to set",
        examples=[">= 0.8"],
    )
    lookalike: Switch | Literal["domain", "mailbox", "any"] | None = Field(
        None,
        description="resembles what is known without being it; true, domain: an outsider's domain, an own or known "
        "one; mailbox: what stands before the @, one at the same domain that this sender, others here or the directory "
        "know; any: one of both",
        examples=[True, "mailbox"],
    )
    lookalike_of: Many[Text] | None = Field(
        None,
        description="an outsider whose domain resembles one on these lists (partners, say), or one that `lookalike: "
        "true` compares with; from the first day, before anybody wrote there",
        examples=[["partners"]],
    )
    count: Count | None = Field(None, description='of the recipients picked; ">= 1" if left out', examples=[">= 10"])
    domains: Count | None = Field(None, description="of the distinct domains of those picked", examples=[">= 3"])
    organizations: Count | None = Field(
        None,
        description="of the distinct organizations of those picked: registrable domains (mail.x.co.jp is of x.co.jp), "
        "each address at a provider of mailboxes for everybody, and the company itself as one",
        examples=[">= 2"],
    )
    every: Switch | None = Field(
        None,
        description="all recipients of the same side are picked, hidden ones too; with an unreadable To or Cc it "
        "cannot be decided where it depends on them",
        examples=[True],
    )

    @model_validator(mode="after")
    def _sides(self) -> RecipientsModel:
        if self.external is not None and self.internal is not None and self.external == self.internal:
            raise ValueError(
                Sentence(
                    "external と internal は両立しません。どちらか一方を書いてください。",
                    "external and internal contradict each other: give one of them",
                )
            )
        return self
