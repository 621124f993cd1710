"""A YAML file that an administrator writes for the door, read whole: logins, and who may send as whom.

All that is wrong in it is said at once, with line and column; what a file means is its reader's.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from mailguard.policy.marked_yaml import load_marked
from mailguard.policy.marks import Marks, Problem, Problems, problems_of

M = TypeVar("M", bound=BaseModel)


def read_marked(path: Path, model: type[M], made_by: str = "") -> tuple[M, Marks]:
    """What stands in the file, and where. made_by: what writes such a file, told where it is missing. Raises Problems,
    for a file that cannot be read too. Blocks.
    """
    filename = str(path)
    try:
        text = path.read_bytes()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        reason += f"; {made_by}" if made_by and isinstance(error, FileNotFoundError) else ""
        raise Problems([Problem(filename, 1, 1, f"cannot be read: {reason}")]) from error
    data, marks = load_marked(text, filename)
    try:
        return model.model_validate(data), marks
    except ValidationError as error:
        raise Problems(problems_of(error, marks, filename, model)) from error
