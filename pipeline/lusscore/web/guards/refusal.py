"""A request that is not answered, told in a sentence."""

from __future__ import annotations

from starlette.responses import JSONResponse


class Refusal(Exception):  # noqa: N818 -- it is an answer, not a fault of the program
    """Ends a request.

    Parameters
    ----------
    status
        Of HTTP.
    sentence
        Why, and what to do; without paths of this machine.
    """

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        self.sentence = sentence
        super().__init__(sentence)

    def response(self) -> JSONResponse:
        """Return it as JSON: ``{"error": sentence}``."""
        headers = {"Retry-After": "1"} if self.status in (429, 503) else {}
        return JSONResponse({"error": self.sentence}, self.status, headers)
