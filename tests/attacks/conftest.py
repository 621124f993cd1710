"""A mailguard process in front of the private Postfix, shared by the attacks of a worker."""

from tests.interop.conftest import house

__all__ = ["house"]
