"""Personal data found in texts: each class with its own check, the count of distinct values, and the number of persons.

Works on folded text (NFKC, one kind of hyphen), so that full-width, spaced and hyphenated forms are the same. A check
digit alone proves little (a tenth of all numbers have a right one), so weak classes need a word nearby. Pure; linear;
never raises.
"""

from mailguard.inspect.personal.search import Found, search

__all__ = ["Found", "search"]
