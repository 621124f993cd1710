"""ROOM: a message comes in; it is read, judged and committed; only then is it answered.

`room` is the way of one mail, `saying` what its client is told, `settings` what the room is given.
"""

from mailguard.intake.room import Intake, weight_of
from mailguard.intake.settings import HandsOn, IntakeSettings, Remembers

__all__ = ["HandsOn", "Intake", "IntakeSettings", "Remembers", "weight_of"]
