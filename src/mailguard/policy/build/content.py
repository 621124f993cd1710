"""`personal_data`, `secrets` and `virus` out of what was written."""

from __future__ import annotations

from mailguard.policy.build.source import Source
from mailguard.policy.conditions.personal import PersonalData
from mailguard.policy.conditions.secrets import Secrets
from mailguard.policy.conditions.virus import Virus
from mailguard.policy.marks import Path
from mailguard.policy.schema.personal import PersonalDataModel
from mailguard.policy.schema.secrets import SecretsModel


def personal_data(model: PersonalDataModel, path: Path, source: Source) -> PersonalData:
    """The condition on counts of personal data."""
    del path, source
    return PersonalData(model.asked())


def secrets(model: SecretsModel, path: Path, source: Source) -> Secrets:
    """The condition on counts of secrets."""
    del path, source
    return Secrets(model.asked())


def virus(model: tuple[str, ...], path: Path, source: Source) -> Virus:
    """The condition on what the virus scanner said."""
    del path, source
    return Virus(frozenset(model))
