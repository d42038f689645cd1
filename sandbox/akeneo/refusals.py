"""How the PIM says no."""

from __future__ import annotations

from sandbox.web import Response


class Refused(Exception):
    """A request that the PIM does not accept.

    Args:
        status: HTTP status.
        message: in the PIM's own words.
        documentation: address that the answer links to.
    """

    def __init__(self, status: int, message: str, documentation: str | None = None):
        super().__init__(message)
        self.status = status
        self.message = message
        self.documentation = documentation

    def response(self) -> Response:
        """The answer: code and message, as in every error of the API."""
        payload: dict[str, object] = {"code": self.status, "message": self.message}
        if self.documentation:
            payload["_links"] = {"documentation": {"href": self.documentation}}
        return Response(self.status, payload)
