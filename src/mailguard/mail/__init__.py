"""The words: values that every room speaks in. No I/O, no clock, no logging; nothing above is imported here."""
