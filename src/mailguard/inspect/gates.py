"""Gates before the detectors: which of them have a word in a text to begin with, so that the others are not asked.

A gate that is shut is a proof that its detector finds nothing; one that is open says nothing. Each detector has gates
of its own as well, so whoever has not looked says ALL. Bits of one number, since every mail asks for them.
"""

from __future__ import annotations

#: One of the sign-posts of a secret's shape stands in the text; a word behind which a secret is assigned.
SECRET = 1
ASSIGNED = 2
#: A word for a password.
PASSWORD = 4
#: A word of lawyers' small print.
SMALL_PRINT = 8
#: A word that tells an attribution without a colon.
WROTE = 16
#: Armour of PGP, or a file that is not undone here.
ARMOUR = 32
#: Two spaces in a row; a place as addresses in Latin letters name one; a vCard; a word for papers; how an IBAN begins.
#: Of a text that folding leaves as it is.
SPACES = 64
PLACE = 128
CARD = 256
PAPER = 512
IBAN = 1024
ALL = 2047
