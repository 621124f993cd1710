"""`customers`: whose name is whose, for `names_other_customer`."""

from __future__ import annotations

from pydantic import Field, model_validator

from mailguard.mail.saying import Sentence
from mailguard.policy.schema.base import Strict
from mailguard.policy.values import Many, Text


class CustomersModel(Strict):
    """Customers by the names that texts call them, with the domains that their people write from. All policy files
    together make one list.
    """

    names: dict[str, Many[Text]] = Field(
        default_factory=dict,
        description="a name and its domains; one customer may have several names",
        examples=[{"株式会社アルファ": "alpha.example", "ベータ商事": ["beta.example", "*.beta.example"]}],
    )
    files: Many[Text] = Field(
        (),
        description=".csv files with columns name and domain (several domains with ; between)",
        examples=["customers.csv"],
    )

    @model_validator(mode="after")
    def _something(self) -> CustomersModel:
        if not (self.names or self.files):
            raise ValueError(
                Sentence("リストが空です。names か files を書いてください。", "the list is empty: give names or files")
            )
        return self
