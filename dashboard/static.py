"""Files that the browser fetches once: the chart library and the map, too large to travel with a page."""

import hashlib
from functools import cache
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

_PATH = "/vitrine/static"
# What may be fetched, by the name in the address: where it is below ``assets``, and what it is.
_FILES = {
    "echarts.js": ("vendor/echarts.js", "text/javascript; charset=utf-8"),
    "brasil_uf.geojson": ("brasil_uf.geojson", "application/geo+json"),
}
# A changed file has another address.
_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


@cache
def read(name: str) -> bytes:
    """A file of ``assets``."""
    return resources.files("dashboard").joinpath("assets", *name.split("/")).read_bytes()


@cache
def address(name: str) -> str:
    """Where the browser finds a file, by its name in ``_FILES``."""
    digest = hashlib.sha256(read(_FILES[name][0])).hexdigest()[:12]
    return f"{_PATH}/{digest}/{name}"


def routes() -> list[BaseRoute]:
    """Routes that answer with the files."""
    return [_route(name) for name in _FILES]


def _route(name: str) -> BaseRoute:
    file, media_type = _FILES[name]

    async def answer(_request: Request) -> Response:
        return Response(read(file), media_type=media_type, headers=_HEADERS)

    return Route(address(name), answer)
