"""Secrets: the shapes that providers issue, and bait that only looks like them.

The tokens are put together here, so that no scanner of repositories takes them for real ones.
"""

from __future__ import annotations

import pytest

from mailguard.inspect.content import Piece
from mailguard.inspect.secrets.tokens import find_secrets

HEX = "0123456789abcdef"
MIX = "aB3dE5gH7jK9mN1pQrStUvWxYz0246813579LkJhGfDsApOiUyTrEwQzXcVbNm"
BODY = "MIIEpAIBAAKCAQEA" + MIX
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"

SECRETS = (
    ("private_key", "-----BEGIN RSA PRIVATE" + " KEY-----\n" + BODY),
    ("private_key", "-----BEGIN OPENSSH PRIVATE" + " KEY-----\n" + BODY),
    ("private_key", "-----BEGIN ENCRYPTED PRIVATE" + " KEY-----\n" + BODY),
    ("private_key", "-----BEGIN PGP PRIVATE" + " KEY BLOCK-----\n\n" + BODY),
    ("private_key", "> -----BEGIN EC PRIVATE" + " KEY-----\n> " + BODY),
    ("private_key", '"private_key": "-----BEGIN PRIVATE' + " KEY-----\\nMIIE" + MIX + '"'),
    ("private_key", "---- BEGIN SSH2 ENCRYPTED PRIVATE" + " KEY ----\nComment: x\n" + BODY),
    ("private_key", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n"),
    ("private_key", '{"kty":"EC","crv":"P-256","x":"a","d":"' + MIX[:43] + '"}'),
    ("private_key", '{"d":"' + MIX[:43] + '","kty":"OKP"}'),
    ("private_key", "AGE-SECRET" + "-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" * 2),
    ("aws_key", "AKIA" + "IOSFODNN7EXAMPLE"),
    ("aws_key", "key: ASIA" + "QWERTYUIOPASDFGH"),
    ("aws_secret", "aws_secret_access_key = " + AWS_SECRET),
    ("github_token", "ghp_" + MIX[:36]),
    ("github_token", "gho_" + MIX[:36]),
    ("github_token", "github_pat_" + MIX[:22] + "_" + MIX[:59]),
    ("gitlab_token", "glpat-" + MIX[:20]),
    ("slack_token", "xoxb-" + "123456789012-123456789012-" + MIX[:24]),
    ("slack_token", "xapp-" + "1-A0123456789-1234567890123-" + HEX * 4),
    ("slack_webhook", "https://hooks" + ".slack.com/services/" + "T00000000/B00000000/" + MIX[:24]),
    ("google_key", "AIza" + MIX[:35]),
    ("google_key", "GOCSPX-" + MIX[:28]),
    ("azure_key", "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=" + MIX + MIX[:24] + "==;"),
    ("azure_sas", "https://x.example/c?sv=2022&se=2026&sig=" + MIX[:43] + "%3D"),
    ("azure_client_secret", "abc8Q~" + MIX[:34]),
    ("stripe_key", "sk_live_" + MIX[:24]),
    ("sendgrid_key", "SG." + MIX[:22] + "." + MIX[:43]),
    ("twilio_key", "SK" + HEX * 2),
    ("npm_token", "npm_" + MIX[:36]),
    ("pypi_token", "pypi-AgEIcHlwaS5vcmc" + MIX),
    ("docker_token", "dckr_pat_" + MIX[:27]),
    ("huggingface_token", "hf_" + MIX[:34]),
    ("openai_key", "sk-" + MIX[:48]),
    ("openai_key", "sk-proj-" + MIX),
    ("anthropic_key", "sk-ant-api03-" + MIX),
    ("digitalocean_token", "dop_v1_" + HEX * 4),
    ("heroku_key", "HEROKU_API_KEY=01234567-89ab-cdef-0123-456789abcdef"),
    ("shopify_token", "shpat_" + HEX * 2),
    ("square_token", "sq0atp-" + MIX[:22]),
    ("mailgun_key", "key-" + HEX * 2),
    ("mailchimp_key", HEX * 2 + "-us12"),
    ("telegram_token", "123456789:AA" + MIX[:33]),
    ("discord_token", "M" + MIX[:23] + "." + MIX[:6] + "." + MIX[:30]),
    ("discord_webhook", "https://discord" + ".com/api/webhooks/123456789012345678/" + MIX),
    ("dropbox_token", "sl." + MIX + MIX[:60]),
    ("atlassian_token", "ATATT3" + MIX + "=AB12"),
    ("databricks_token", "dapi" + HEX * 2),
    ("vault_token", "hvs." + MIX[:30]),
    ("linear_key", "lin_api_" + MIX[:40]),
    ("notion_token", "ntn_" + MIX[:46]),
    ("notion_token", "secret_" + MIX[:43]),
    ("line_token", "LINE_CHANNEL_SECRET=" + HEX * 2),
    ("line_token", "チャネルアクセストークン：" + MIX + MIX + MIX[:20]),
    ("jwt", "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + MIX[:43]),
    ("url_password", "postgres://user:s3cr3t@db.example:5432/x"),
    ("url_password", "https://bob:hunter22@intra.example/"),
    ("url_password", "redis://:p4ss@cache.example:6379"),
    ("bearer_token", "Authorization: Bearer " + MIX[:40]),
    ("basic_login", "Authorization: Basic dXNlcjpwYXNz"),
    ("assigned_secret", "API_KEY=" + MIX[:24]),
    ("assigned_secret", "client_secret: " + MIX[:30]),
    ("assigned_secret", '"token": "' + MIX[:24] + '"'),
    ("assigned_secret", "APIキー：" + MIX[:20]),
    ("password", "パスワード：Abc123!"),
)
BAIT = (
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "md5 d41d8cd98f00b204e9800998ecf8427e",
    "d41d8cd98f00b204e9800998ecf8427e  file.zip",
    "550e8400-e29b-41d4-a716-446655440000",
    "Message-ID: <550e8400-e29b-41d4-a716-446655440000@x.example>",
    "-----BEGIN PUBLIC KEY-----\n" + BODY,
    "-----BEGIN CERTIFICATE-----\nMIIC" + MIX,
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" + BODY,
    "-----BEGIN PGP SIGNATURE-----\n\n" + BODY,
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ" + MIX + " ann@pc",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + MIX[:40],
    '{"kty":"EC","crv":"P-256","x":"' + MIX[:43] + '","y":"' + MIX[:43] + '"}',
    '{"d": "' + MIX[:43] + '"}',
    "The file begins with -----BEGIN RSA PRIVATE KEY-----, as usual.",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAA",
    "ghp_" + "x" * 36,
    "ghp_YOUR_TOKEN_HERE",
    "sk-" + "x" * 48,
    "sk-learn, task-force and risk-management",
    "risk-abcdefghijklmnopqrstuvwxyzabcdefghijklmnop",
    "desk-" + MIX[:40],
    "pypi-server is a package index",
    "npm_config_registry=https://registry.example/",
    "hf_transfer is a library",
    "xoxo-hugs",
    "AKIAK is a word",
    "BAKIA" + "IOSFODNN7EXAMPLE",
    "AKIA" + "IOSFODNN7EXAMPLE0Z",
    "SKU1234567890123456789012345678901",
    "glpat is a prefix",
    "key-value stores",
    "monkey-0123456789",
    "key-performance-indicators-2026",
    "secret_santa_2026_participants_list",
    "eyJ is how a JWT starts",
    "eyJhbGciOiJIUzI1NiJ9",
    "https://x.example/unsubscribe?token=" + MIX[:30],
    "https://x.example/confirm?uid=1&token=" + MIX[:30],
    "https://x.example/reset/token=" + MIX[:30],
    "https://user@x.example/path",
    "https://x.example:8080/a@b",
    "https://x.example/@user:name",
    "mailto:ann@corp.example",
    "postgres://user:${DB_PASSWORD}@db.example/x",
    "postgres://user:<password>@db.example/x",
    "postgres://user:********@db.example/x",
    "API_KEY=your_api_key_here_123",
    "API_KEY=${API_KEY_FROM_VAULT_1}",
    "API_KEY=<insert-your-key-1>",
    "token: process.env.ACCESS_TOKEN_1",
    "api_key = os.environ['API_KEY_1']",
    "SECRET_KEY=changeme123456",
    "token = tokenizer.encode(text1)",
    "The secret: patience and practice",
    "secret: confidential-information",
    "Bearer of bad news, bearer bonds",
    "Authorization: Bearer <token>",
    "Authorization: Bearer xxxxxxxxxxxxxxxxxxxxxxxxx",
    "Bearer authentication-is-required-here",
    "Basic English, basic cable12345",
    "トークン：別途お送りします",
    "sig=abc&v=1",
    "1234567890:AAA",
    "2026-11-25T10:00:00.000Z",
    "version 1.2.3.4 build 20261125",
    "口座番号 1234567",
    "パスワードは別メールでお送りします",
    "hooks" + ".slack.com is the host",
    "dapi stands for data API",
    "sl.no 1, sl.no 2",
    "EAAA" + "F" * 60,
)


def secrets(text: str) -> dict[str, int]:
    return find_secrets([Piece("1", text)])[0]


@pytest.mark.parametrize(("name", "text"), SECRETS)
def test_secrets(name: str, text: str) -> None:
    counts, matches = find_secrets([Piece("1.2", f"see {text}\n")])
    assert counts == {name: 1}
    assert [(one.what, one.where) for one in matches] == [(f"secret:{name}", "1.2")]
    assert matches[0].masked == matches[0].value
    assert matches[0].value.endswith("***")
    assert len(matches[0].value) <= 7


@pytest.mark.parametrize("text", BAIT)
def test_bait(text: str) -> None:
    assert secrets(f"see {text}\n") == {}


def test_distinct_ones_are_counted() -> None:
    one, two = "ghp_" + MIX[:36], "ghp_" + MIX[1:37]
    counts, matches = find_secrets([Piece("1", f"{one} {one}\n{two}"), Piece("2", one)])
    assert counts == {"github_token": 2}
    assert len(matches) == 2


def test_two_private_keys_are_two() -> None:
    head = "-----BEGIN OPENSSH PRIVATE" + " KEY-----\n"
    assert secrets(f"{head}{BODY}\n-----END\n{head}{BODY[::-1]}\n{head}{BODY}") == {"private_key": 2}


def test_the_secret_beside_an_aws_key() -> None:
    counts, matches = find_secrets([Piece("1", f"AKIA{'IOSFODNN7EXAMPLE'},{AWS_SECRET}")])
    assert counts == {"aws_key": 1, "aws_secret": 1}
    around = " ".join(one.before + one.value + one.after for one in matches)
    assert AWS_SECRET[:16] not in around
    assert "IOSFODNN7" not in around


def test_a_value_named_by_its_provider_counts_once() -> None:
    assert secrets("GITHUB_TOKEN=ghp_" + MIX[:36]) == {"github_token": 1}
    assert secrets("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + MIX[:43]) == {"jwt": 1}


def test_at_most_twenty_places_of_a_class() -> None:
    text = "\n".join(f"パスワード：Abc{number:04}" for number in range(50))
    counts, matches = find_secrets([Piece("1", text)])
    assert counts == {"password": 50}
    assert len(matches) == 20


@pytest.mark.parametrize(
    "head", ["-----BEGIN PRIVATE" + " KEY-----\n", "eyJ.", "://a:", '"d":"' + "a" * 24 + '""kty"', "bearer "]
)
def test_hostile_texts_are_searched(head: str) -> None:
    assert all(count <= 10_000 for count in secrets(head * 20_000).values())
