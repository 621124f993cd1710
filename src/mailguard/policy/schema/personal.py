"""`personal_data`: persons, and distinct values of each class."""

from __future__ import annotations

from pydantic import model_validator

from mailguard.mail.facts import CLASSES
from mailguard.policy.schema.base import Strict
from mailguard.policy.values import Comparison, Count


class PersonalDataModel(Strict):
    """Compares the number of persons, or of distinct values of a class, with a number. All keys must hold."""

    persons: Count | None = None
    payment_card: Count | None = None
    my_number: Count | None = None
    corporate_number: Count | None = None
    phone: Count | None = None
    postal_address: Count | None = None
    postal_code: Count | None = None
    email_address: Count | None = None
    bank_account: Count | None = None
    passport: Count | None = None
    driving_licence: Count | None = None
    health_insurance: Count | None = None
    birth_date: Count | None = None
    person_name: Count | None = None
    iban: Count | None = None
    us_ssn: Count | None = None

    def asked(self) -> tuple[tuple[str, Comparison], ...]:
        """What is compared, in a fixed order."""
        pairs = ((name, getattr(self, name)) for name in ("persons", *CLASSES))
        return tuple((name, value) for name, value in pairs if value is not None)

    @model_validator(mode="after")
    def _something(self) -> PersonalDataModel:
        if not self.asked():
            raise ValueError('compare something, such as persons: ">= 10"')
        return self
