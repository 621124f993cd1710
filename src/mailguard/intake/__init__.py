"""ROOM: a message comes in; it is read, judged and committed; only then is it answered.

`room` is the way of one mail, `asking` what the judge must know of it, `comparing` what the model says, `weighing`
where it is judged, `saying` what its client is told, `settings` what the room is given.
"""

from mailguard.intake.room import Intake
from mailguard.intake.settings import HandsOn, IntakeSettings, Remembers
from mailguard.intake.weighing import weight_of

__all__ = ["HandsOn", "Intake", "IntakeSettings", "Remembers", "weight_of"]
