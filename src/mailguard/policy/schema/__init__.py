"""What a policy file may say (contract section 9), as pydantic models: unknown keys refused, notations read
into values.

The models hold what was written, not what it does: `build` makes rules of them. They read no file and know no
list but by name. Keys of later versions are named in NOT_YET, so that they are an error that says so, never
silently false.
"""

from mailguard.policy.schema.condition import ConditionModel
from mailguard.policy.schema.example import ExampleModel, FileModel
from mailguard.policy.schema.file import ListModel, PolicyFile, json_schema
from mailguard.policy.schema.rule import RuleModel
from mailguard.policy.schema.then import ThenModel
from mailguard.policy.schema.words import NOT_YET

__all__ = [
    "NOT_YET",
    "ConditionModel",
    "ExampleModel",
    "FileModel",
    "ListModel",
    "PolicyFile",
    "RuleModel",
    "ThenModel",
    "json_schema",
]
