"""The schema in Japanese: what docstrings of models and descriptions of fields say, by their English. Pure.

Nothing that judges mail imports it: it is loaded when somebody asks for the schema in Japanese. A test holds it against
all models: none of their texts is missing here, and nothing stands here that no model says.
"""

from __future__ import annotations

from typing import Any

from mailguard.policy.schema.japanese.conditions import CONDITIONS
from mailguard.policy.schema.japanese.contents import CONTENTS
from mailguard.policy.schema.japanese.examples import EXAMPLES
from mailguard.policy.schema.japanese.rules import RULES
from mailguard.policy.schema.japanese.secrets import SECRETS
from mailguard.policy.schema.japanese.then import THEN

TEXTS: dict[str, str] = RULES | CONDITIONS | CONTENTS | SECRETS | THEN | EXAMPLES
#: What is written into policies, not said about them.
_VALUES = {"examples", "default", "enum", "const"}
#: Where names are those of a policy's keys, or of models.
_NAMED = {"properties", "$defs"}


def in_japanese(text: str) -> str:
    """What a docstring or a description says; a text that nobody has put into Japanese stays English."""
    text = " ".join(text.split())
    return TEXTS.get(text, text)


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON Schema with its descriptions in Japanese; all else is as it was."""
    made = {key: _described(key, part) for key, part in schema.items()}
    if "description" in schema:
        made["description"] = in_japanese(schema["description"])
    return made


def _described(key: str, part: Any) -> Any:
    if key in _NAMED:
        return {name: described(one) for name, one in part.items()}
    if key in _VALUES:
        return part
    if isinstance(part, list):
        return [described(one) if isinstance(one, dict) else one for one in part]
    return described(part) if isinstance(part, dict) else part
