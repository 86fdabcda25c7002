"""Why a bundle is refused, until it is known which one it is."""

from __future__ import annotations

from pathlib import Path

from lusscore.errors import BundleError

AGAIN = "get the bundle again, or train it again with 'lusscore train'"


class Refusal(Exception):  # noqa: N818 -- becomes a BundleError once the bundle is known
    """What is wrong inside a bundle.

    Parameters
    ----------
    what
        One clause that names the file in the bundle, and what was expected of it.
    advice
        What to do next.
    """

    def __init__(self, what: str, advice: str = AGAIN) -> None:
        super().__init__(what)
        self.advice = advice

    def of(self, path: Path) -> BundleError:
        """Return the error that says it of the bundle at `path`."""
        return BundleError(f"{path}: {self}; {self.advice}.")


def quoted(text: str) -> str:
    """Write what a bundle says so that it cannot be taken for the message around it."""
    return repr(text if len(text) <= 80 else f"{text[:77]}...")


def clause(error: object) -> str:
    """Make a clause of what another room says, without its advice and not without end."""
    text = " ".join(str(error).split()).partition("; ")[0].rstrip(".")
    return text if len(text) <= 300 else f"{text[:297]}..."
