"""Whatever a broken DICOM file makes a parser raise, as one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lusscore.clips.dicom.header import NotANumberError
from lusscore.clips.quiet import hush
from lusscore.errors import ClipError


@contextmanager
def broken_becomes_sentence() -> Iterator[None]:
    """Turn every exception of reading a DICOM file into a ClipError.

    Any byte of a header may be wrong, and pydicom, which converts each element when it is first
    looked at, answers with a dozen kinds of exception. Their messages may quote the header, so
    only their kind is passed on.

    Raises
    ------
    ClipError
        Instead of any other exception.
    """
    hush("pydicom")
    hush(r"lusscore\.clips\.dicom")  # where pydicom blames its caller
    try:
        yield
    except ClipError:
        raise
    except NotANumberError as error:
        raise ClipError(
            f"the file is DICOM without a whole number as {error.keyword}; expected a complete, "
            "valid file",
            advice="export or copy it again",
        ) from None
    except MemoryError:
        raise ClipError(
            "the clip needs more memory than there is",
            advice="close other programs or leave it out",
        ) from None
    except Exception as error:
        raise ClipError(
            f"the file is DICOM that cannot be read ({type(error).__name__}); expected a "
            "complete, valid file",
            advice="export or copy it again",
        ) from None
