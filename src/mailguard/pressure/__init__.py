"""ROOM: whether there is room for more mail, asked before anything runs out: disk, memory, descriptors, the queue.

`gauges` reads what the machine says, `room` decides by it, `shares` divides places among clients. The door asks;
letters of ours are never asked for.
"""

from mailguard.pressure.room import Pressure, PressureLimits, Why, disk_mark
from mailguard.pressure.shares import Shares

__all__ = ["Pressure", "PressureLimits", "Shares", "Why", "disk_mark"]
