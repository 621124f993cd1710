"""`secrets`: private keys, access tokens, passwords."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from mailguard.mail.facts import SECRET_CLASSES
from mailguard.mail.saying import Sentence
from mailguard.policy.schema.base import Strict
from mailguard.policy.values import Comparison, Count


class SecretsModel(Strict):
    """Compares the number of different secrets, of all classes or of one, with a number; `true` means at least one of
    any class. All keys must hold.
    """

    total: Count | None = Field(None, description="of all classes together", examples=[">= 1"])
    private_key: Count | None = Field(
        None, description="private keys: PEM, OpenSSH, PuTTY, PGP, age, JSON Web Key", examples=[">= 1"]
    )
    password: Count | None = Field(None, description="passwords said in words", examples=[">= 1"])
    url_password: Count | None = Field(None, description="logins in web addresses", examples=[">= 1"])
    aws_key: Count | None = Field(None, description="AWS keys", examples=[">= 1"])
    aws_secret: Count | None = Field(None, description="the secret half of an AWS key", examples=[">= 1"])
    azure_key: Count | None = Field(None, description="Azure keys", examples=[">= 1"])
    azure_sas: Count | None = Field(None, description="Azure SAS tokens", examples=[">= 1"])
    azure_client_secret: Count | None = Field(None, description="Azure client secrets", examples=[">= 1"])
    google_key: Count | None = Field(None, description="Google keys", examples=[">= 1"])
    github_token: Count | None = Field(None, description="GitHub tokens", examples=[">= 1"])
    gitlab_token: Count | None = Field(None, description="GitLab tokens", examples=[">= 1"])
    atlassian_token: Count | None = Field(None, description="Atlassian tokens", examples=[">= 1"])
    slack_token: Count | None = Field(None, description="Slack tokens", examples=[">= 1"])
    slack_webhook: Count | None = Field(None, description="Slack webhooks", examples=[">= 1"])
    teams_webhook: Count | None = Field(None, description="Teams webhooks", examples=[">= 1"])
    line_token: Count | None = Field(None, description="LINE tokens", examples=[">= 1"])
    discord_token: Count | None = Field(None, description="Discord tokens", examples=[">= 1"])
    discord_webhook: Count | None = Field(None, description="Discord webhooks", examples=[">= 1"])
    telegram_token: Count | None = Field(None, description="Telegram tokens", examples=[">= 1"])
    stripe_key: Count | None = Field(None, description="Stripe keys", examples=[">= 1"])
    square_token: Count | None = Field(None, description="Square tokens", examples=[">= 1"])
    shopify_token: Count | None = Field(None, description="Shopify tokens", examples=[">= 1"])
    sendgrid_key: Count | None = Field(None, description="SendGrid keys", examples=[">= 1"])
    mailgun_key: Count | None = Field(None, description="Mailgun keys", examples=[">= 1"])
    mailchimp_key: Count | None = Field(None, description="Mailchimp keys", examples=[">= 1"])
    twilio_key: Count | None = Field(None, description="Twilio keys", examples=[">= 1"])
    npm_token: Count | None = Field(None, description="npm tokens", examples=[">= 1"])
    pypi_token: Count | None = Field(None, description="PyPI tokens", examples=[">= 1"])
    rubygems_key: Count | None = Field(None, description="RubyGems keys", examples=[">= 1"])
    docker_token: Count | None = Field(None, description="Docker tokens", examples=[">= 1"])
    huggingface_token: Count | None = Field(None, description="Hugging Face tokens", examples=[">= 1"])
    openai_key: Count | None = Field(None, description="OpenAI keys", examples=[">= 1"])
    anthropic_key: Count | None = Field(None, description="Anthropic keys", examples=[">= 1"])
    digitalocean_token: Count | None = Field(None, description="DigitalOcean tokens", examples=[">= 1"])
    heroku_key: Count | None = Field(None, description="Heroku keys", examples=[">= 1"])
    databricks_token: Count | None = Field(None, description="Databricks tokens", examples=[">= 1"])
    dropbox_token: Count | None = Field(None, description="Dropbox tokens", examples=[">= 1"])
    figma_token: Count | None = Field(None, description="Figma tokens", examples=[">= 1"])
    grafana_token: Count | None = Field(None, description="Grafana tokens", examples=[">= 1"])
    linear_key: Count | None = Field(None, description="Linear keys", examples=[">= 1"])
    newrelic_key: Count | None = Field(None, description="New Relic keys", examples=[">= 1"])
    notion_token: Count | None = Field(None, description="Notion tokens", examples=[">= 1"])
    terraform_token: Count | None = Field(None, description="Terraform tokens", examples=[">= 1"])
    vault_token: Count | None = Field(None, description="Vault tokens", examples=[">= 1"])
    jwt: Count | None = Field(None, description="JSON Web Tokens", examples=[">= 1"])
    bearer_token: Count | None = Field(None, description="tokens behind the word Bearer", examples=[">= 1"])
    basic_login: Count | None = Field(None, description="logins for Basic authentication", examples=[">= 1"])
    assigned_secret: Count | None = Field(
        None, description="values drawn by lot that are assigned to a name such as api_key", examples=[">= 1"]
    )

    def asked(self) -> tuple[tuple[str, Comparison], ...]:
        """What is compared, in a fixed order."""
        pairs = ((name, getattr(self, name)) for name in ("total", *SECRET_CLASSES))
        return tuple((name, value) for name, value in pairs if value is not None)

    @model_validator(mode="before")
    @classmethod
    def _any(cls, value: Any) -> Any:
        if value is False:
            raise ValueError(
                Sentence(
                    "secrets: true または not: {secrets: true} と書いてください。",
                    "write secrets: true, or not: {secrets: true}",
                )
            )
        return {"total": ">= 1"} if value is True else value

    @model_validator(mode="after")
    def _something(self) -> SecretsModel:
        if not self.asked():
            raise ValueError(
                Sentence(
                    "secrets: true と書くか、private_key: '>= 1' のように種類ごとに比較してください。",
                    "write secrets: true, or compare a class, such as private_key: '>= 1'",
                )
            )
        return self
