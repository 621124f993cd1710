"""The only place where rooms and doors are put together, by hand: `rooms` around a ledger, `house` with its doors.

Nothing is imported here, so that a verb that opens only the rooms does not load the doors.
"""
