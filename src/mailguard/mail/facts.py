"""What was read in a message: plain values, JSON both ways, the only thing that the judge knows of a body.

`to_json` gives the shape of contract section 4; the keys that only the judge needs (`kind`, ...) are added beside it.
A part that could not be read is a `Finding` here, never an exception and never silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Any, Literal

from mailguard.mail.values import value

#: Kinds of mail that are never held by default (product section 3); "ordinary" is everything else.
Kind = Literal["ordinary", "auto_reply", "read_receipt", "delivery_report", "calendar_reply", "letter"]

#: What a virus scanner said of the mail: "" if none is set up, "not_scanned" if it could not look at all of it.
Scan = Literal["", "clean", "infected", "not_scanned"]

#: Classes of personal data (contract section 4), in the order in which they are shown.
CLASSES = (
    "payment_card", "my_number", "corporate_number", "phone", "postal_address", "postal_code", "email_address",
    "bank_account", "passport", "driving_licence", "health_insurance", "birth_date", "person_name", "iban", "us_ssn",
)  # fmt: skip

#: Classes of secrets, in the order in which they are shown.
SECRET_CLASSES = (
    "private_key", "password", "url_password", "aws_key", "aws_secret", "azure_key", "azure_sas", "azure_client_secret",
    "google_key", "github_token", "gitlab_token", "atlassian_token", "slack_token", "slack_webhook", "teams_webhook",
    "line_token", "discord_token", "discord_webhook", "telegram_token", "stripe_key", "square_token", "shopify_token",
    "sendgrid_key", "mailgun_key", "mailchimp_key", "twilio_key", "npm_token", "pypi_token", "rubygems_key",
    "docker_token", "huggingface_token", "openai_key", "anthropic_key", "digitalocean_token", "heroku_key",
    "databricks_token", "dropbox_token", "figma_token", "grafana_token", "linear_key", "newrelic_key", "notion_token",
    "terraform_token", "vault_token", "jwt", "bearer_token", "basic_login", "assigned_secret",
)  # fmt: skip

#: Short types of files that a computer runs, by content.
EXECUTABLE = frozenset({
    "exe", "elf", "macho", "lnk", "script", "msi", "jar", "apk", "msix", "chm", "deb", "rpm"
})  # fmt: skip

#: What a mail says of its own importance; "" is a mail that says nothing, which is "normal" (RFC 2156 5.3.4).
Importance = Literal["", "high", "normal", "low"]

FINDING_CODES = (
    "unreadable", "ambiguous_mime", "malformed_header", "unparseable_attachment", "ambiguous_archive", "bomb",
    "nested_too_deep", "too_many_parts", "limit_reached", "encrypted", "not_inspectable", "macro", "type_mismatch",
    "double_extension", "bidi_filename", "external_body", "partial", "bcc_header", "header_envelope_mismatch",
    "executable", "hidden_text", "password_in_mail", "gps_position", "infected", "not_scanned",
)  # fmt: skip


@value(frozen=True, slots=True)
class Finding:
    """Something a reader must know about the reading. code: one of FINDING_CODES; where: part or member."""

    code: str
    where: str
    detail: str


@value(frozen=True, slots=True)
class HeaderAddress:
    """An address as a header shows it: display name decoded, address as written (maybe not a valid one)."""

    address: str
    name: str = ""


@value(frozen=True, slots=True)
class Label:
    """A sensitivity label that a program put on the mail or on a file. name: as people read it, "" if only its id is
    there; identity: its id (a GUID in lower case), "" if there is none.
    """

    name: str
    identity: str = ""


@value(frozen=True, slots=True)
class Headers:
    """The fields people see, decoded. `raw_message_id` etc. keep their angle brackets, for threading.

    fields: every field with its name in lower case and its value decoded, once for each reading; None where nobody
    kept them (facts read back from the ledger), which is not the same as a mail without fields. fields_cut: there are
    more of them.
    """

    sender: tuple[HeaderAddress, ...] = ()  # From
    to: tuple[HeaderAddress, ...] = ()
    cc: tuple[HeaderAddress, ...] = ()
    bcc: tuple[HeaderAddress, ...] = ()
    reply_to: tuple[HeaderAddress, ...] = ()
    subject: str | None = None  # None: no such field; "": empty
    message_id: str = ""  # with angle brackets
    date: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] | None = None
    fields_cut: bool = False


@value(frozen=True, slots=True)
class Attachment:
    """A file in the mail, or a member of an archive in it. size in octets; text: what a reader could see in it.

    inline: no file to people but part of the letter: a picture that the HTML shows in its text, a signature, or the
    invitation that the mail is, once more.
    """

    filename: str
    declared_type: str
    detected_type: str  # media type by content
    short_type: str  # docx xlsx pdf zip exe ... by content; "" if unknown
    size: int
    sha256: str
    encrypted: bool = False
    inspected: bool = False
    text: str = ""
    members: tuple[Attachment, ...] = ()
    inline: bool = False
    labels: tuple[Label, ...] = ()


@value(frozen=True, slots=True)
class ClassCount:
    """How often a class of personal data occurs: distinct values, digits only (never logged, never stored).

    counted: the number of distinct values where the values themselves are not here (facts read back from the ledger).
    """

    values: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()  # a few examples
    counted: int = 0

    @property
    def distinct(self) -> int:
        return max(self.counted, len(self.values))


@value(frozen=True, slots=True)
class Match:
    """Where something was found: for people to look at, never stored and never logged.

    what: a class of personal data or of secrets; where: the part or file; before, value, after: the line around it,
    folded as it was searched; masked: what may be shown in place of the value.
    """

    what: str
    where: str
    before: str
    value: str
    after: str
    masked: str


@value(frozen=True, slots=True)
class Addressee:
    """Somebody whom the salutation addresses. name: of a person; company: with its legal form; title: as written.

    Any of them may be empty: "株式会社B 御中" has no name, "各位" has neither.
    """

    name: str = ""
    company: str = ""
    title: str = ""


@value(frozen=True, slots=True)
class Facts:
    """All that was read. Every text is NFC and without NUL.

    quoted, signature: the stretches of `text` that somebody else wrote before, and that sign it; own: what is left of
    what is shown, only where there are such stretches (see `written`). scanned: what the virus scanner said; "" if
    there is none. viruses: names of what it found. labels: those of the mail itself, not of its files.
    """

    headers: Headers = field(default_factory=Headers)
    text: str = ""  # the mail's own text parts, HTML as text; then what is not shown: see `shown`
    shown: int = 0  # so many characters of `text` are what the recipient sees; the rest is hidden, or another reading
    html: str = ""  # the first HTML part decoded, for the sandbox on the console; bounded
    attachments: tuple[Attachment, ...] = ()
    personal_data: dict[str, ClassCount] = field(default_factory=dict)
    persons: int = 0
    secrets: dict[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    kind: Kind = "ordinary"
    auto_generated: bool = False
    calendar: str = ""  # METHOD of a calendar part, upper case; "" if none
    signed: bool = False  # S/MIME or PGP
    encrypted: bool = False  # S/MIME or PGP
    is_reply: bool = False
    received_count: int = 0
    own_marks: tuple[str, ...] = ()  # values of X-Mailguard-Processed, unchecked
    is_forward: bool = False
    importance: Importance = ""
    labels: tuple[Label, ...] = ()
    quoted: str = ""
    signature: str = ""
    own: str = ""
    greeting: tuple[Addressee, ...] = ()
    matches: tuple[Match, ...] = ()
    scanned: Scan = ""
    viruses: tuple[str, ...] = ()

    @property
    def written(self) -> str:
        """The sender's own words: what is shown without quoted history and signature."""
        return self.own if self.quoted or self.signature else self.text[: self.shown]

    @property
    def hidden(self) -> str:
        """What is not shown, and what only another reader of the same mail would show."""
        return self.text[self.shown :]

    def to_json(self, *, unmasked: bool = False, text: bool = True) -> dict[str, Any]:
        """The object of contract section 4 plus `kind`, `signed`, ... Implemented in full by `facts_json`."""
        from mailguard.mail.facts_json import facts_to_json

        return facts_to_json(self, unmasked=unmasked, text=text)


def unreadable(detail: str, findings: Iterable[Finding] = (), headers: Headers | None = None) -> Facts:
    """The facts of a mail that could not be read, by whoever finds it so: the reader, or the process that lost it."""
    return Facts(headers=headers or Headers(), findings=(Finding("unreadable", "mail", detail), *findings))
