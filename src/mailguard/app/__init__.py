"""The only place where rooms and doors are put together, by hand."""

from mailguard.app.house import House
from mailguard.app.rooms import Rooms, open_rooms

__all__ = ["House", "Rooms", "open_rooms"]
