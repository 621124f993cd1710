"""A YAML file that an administrator writes for the door, read whole: logins, and who may send as whom.

All that is wrong in it is said at once, with line and column; what a file means is its reader's.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from mailguard.mail.saying import Sentence, reason_of
from mailguard.policy.marked_yaml import load_marked
from mailguard.policy.marks import Marks, Problem, Problems, problems_of

M = TypeVar("M", bound=BaseModel)


def read_marked(path: Path, model: type[M], made_by: str = "") -> tuple[M, Marks]:
    """What stands in the file, and where. made_by: how such a file is made, told where it is missing. Raises Problems,
    for a file that cannot be read too. Blocks.
    """
    filename = str(path)
    try:
        text = path.read_bytes()
    except OSError as error:
        reason = reason_of(error) + (made_by if isinstance(error, FileNotFoundError) else "")
        said = Sentence("読めません: {reason}", "cannot be read: {reason}", reason=reason)
        raise Problems([Problem(filename, 1, 1, said)]) from error
    data, marks = load_marked(text, filename)
    try:
        return model.model_validate(data), marks
    except ValidationError as error:
        raise Problems(problems_of(error, marks, filename, model)) from error
