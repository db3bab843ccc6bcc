"""`/ca.pem`: who signed our certificate. Phones fetch it before they can trust us: it is no secret."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.responses import Response

KIND = "application/x-x509-ca-cert"
"""By this a phone knows that it may install it."""


@dataclass(frozen=True, slots=True)
class AuthorityFile:
    """The handler; `certificate` is PEM."""

    certificate: bytes

    def add_to(self, app: FastAPI) -> None:
        """Put its address on the app; it is no part of the API's description."""
        app.add_api_route("/ca.pem", self.file, include_in_schema=False)

    async def file(self) -> Response:
        """The certificate, under a name that phones open."""
        named = {"content-disposition": 'attachment; filename="kapmonitor-ca.crt"'}
        return Response(self.certificate, media_type=KIND, headers=named)
