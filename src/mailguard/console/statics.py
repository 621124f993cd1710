"""Scripts, styles and the mark, as they lie in the package. With the right digest in the address they may be kept for
ever.
"""

from __future__ import annotations

import hashlib
from importlib import resources

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_MEDIA = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_OCTETS = {
    one.name: one.read_bytes()
    for one in (resources.files("mailguard.console") / "static").iterdir()
    if one.name.rpartition(".")[2] in _MEDIA
}
_DIGESTS = {name: hashlib.sha256(octets).hexdigest()[:12] for name, octets in _OCTETS.items()}


def static_address(root: str, name: str) -> str:
    """Where a file is had. Raises KeyError for one that is not there."""
    return f"{root}/static/{name}?v={_DIGESTS[name]}"


async def show_static(request: Request) -> Response:
    name = request.path_params["name"]
    octets = _OCTETS.get(name)
    if octets is None:
        raise HTTPException(404)
    fresh = request.query_params.get("v") == _DIGESTS[name]
    kept = "public, max-age=31536000, immutable" if fresh else "no-cache"
    return Response(octets, media_type=_MEDIA[name.rpartition(".")[2]], headers={"cache-control": kept})
