"""Values as JSON without blanks, as the ledger, lessons and other processes have them. One encoder for all of it: the
library's `encode` makes one for each text.
"""

from __future__ import annotations

import json

_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_MAKER = getattr(json.encoder, "c_make_encoder", None)  # there is none where json is not in C
_encoded = (
    (lambda value, _: _ENCODER.encode(value))
    if _MAKER is None
    else _MAKER(None, _ENCODER.default, json.encoder.encode_basestring, None, ":", ",", False, False, True)
)


def compact(value: object) -> str:
    """A JSON text. Raises TypeError for what JSON has no words for; a circle never ends."""
    return "".join(_encoded(value, 0))
