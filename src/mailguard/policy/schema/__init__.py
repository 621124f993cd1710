"""What a policy file may say (contract section 9), as pydantic models: unknown keys refused, notations read
into values.

The models hold what was written, not what it does: `build` makes rules of them. They read no file and know no
list but by name.
"""

from mailguard.policy.schema.condition import ConditionModel
from mailguard.policy.schema.example import ExampleModel, FileModel
from mailguard.policy.schema.file import ListModel, PolicyFile, json_schema
from mailguard.policy.schema.rule import RuleModel
from mailguard.policy.schema.then import ThenModel

__all__ = [
    "ConditionModel",
    "ExampleModel",
    "FileModel",
    "ListModel",
    "PolicyFile",
    "RuleModel",
    "ThenModel",
    "json_schema",
]
