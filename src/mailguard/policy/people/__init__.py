"""People and groups out of policy files, the files that these name, and a directory server's snapshot: one Directory,
or all that is wrong with its place.
"""

from mailguard.policy.people.collect import collect

__all__ = ["collect"]
