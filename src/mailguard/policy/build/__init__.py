"""From what was written (schema) to what looks at mail (conditions): names of lists resolved, globs compiled,
files' words taken in.

All problems are collected with their places. It opens no file: what the loader has read is handed in.
"""

from mailguard.policy.build.builder import Builder
from mailguard.policy.build.made import Made

__all__ = ["Builder", "Made"]
