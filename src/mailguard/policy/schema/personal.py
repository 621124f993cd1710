"""`personal_data`: persons, and distinct values of each class."""

from __future__ import annotations

from pydantic import Field, model_validator

from mailguard.mail.facts import CLASSES
from mailguard.mail.saying import Sentence
from mailguard.policy.schema.base import Strict
from mailguard.policy.values import Comparison, Count


class PersonalDataModel(Strict):
    """Compares the number of persons, or of distinct values of a class, with a number. All keys must hold."""

    persons: Count | None = Field(None, description="persons whose data is there", examples=[">= 10"])
    payment_card: Count | None = Field(None, description="payment card numbers", examples=[">= 1"])
    my_number: Count | None = Field(None, description="My Numbers (個人番号)", examples=[">= 1"])
    corporate_number: Count | None = Field(None, description="corporate numbers (法人番号)", examples=[">= 1"])
    phone: Count | None = Field(None, description="telephone numbers", examples=[">= 10"])
    postal_address: Count | None = Field(None, description="postal addresses", examples=[">= 10"])
    postal_code: Count | None = Field(None, description="postal codes", examples=[">= 10"])
    email_address: Count | None = Field(None, description="e-mail addresses", examples=[">= 10"])
    bank_account: Count | None = Field(None, description="bank accounts", examples=[">= 1"])
    passport: Count | None = Field(None, description="passport numbers", examples=[">= 1"])
    driving_licence: Count | None = Field(None, description="driving licence numbers", examples=[">= 1"])
    health_insurance: Count | None = Field(None, description="health insurance numbers", examples=[">= 1"])
    birth_date: Count | None = Field(None, description="birth dates", examples=[">= 10"])
    person_name: Count | None = Field(None, description="names of persons", examples=[">= 10"])
    iban: Count | None = Field(None, description="IBANs", examples=[">= 1"])
    us_ssn: Count | None = Field(None, description="US social security numbers", examples=[">= 1"])

    def asked(self) -> tuple[tuple[str, Comparison], ...]:
        """What is compared, in a fixed order."""
        pairs = ((name, getattr(self, name)) for name in ("persons", *CLASSES))
        return tuple((name, value) for name, value in pairs if value is not None)

    @model_validator(mode="after")
    def _something(self) -> PersonalDataModel:
        if not self.asked():
            raise ValueError(
                Sentence(
                    'persons: ">= 10" のように、何かを比較してください。', 'compare something, such as persons: ">= 10"'
                )
            )
        return self
