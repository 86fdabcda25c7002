"""Names that stand for a person and tell nothing without the salt."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Container

_SALT_BYTES = 32
_LENGTH = 6
"""Letters of a pseudonym: 30 bits, so that a collision is rare and a name stays short."""


def make_salt() -> bytes:
    """Return 32 random bytes that nobody can guess."""
    return secrets.token_bytes(_SALT_BYTES)


def salted_digest(salt: bytes, kind: str, *parts: str) -> bytes:
    """Return the HMAC-SHA256 of a name under a salt.

    Parameters
    ----------
    salt
        The key, 32 bytes.
    kind
        What is named, so that the same text names different things of different kinds.
    parts
        The name. Ways to write the same letters in Unicode count as one, since the same folder
        is spelled differently on different systems.

    Returns
    -------
    bytes
        32 bytes.
    """
    message = "\0".join((kind, *(unicodedata.normalize("NFC", part) for part in parts)))
    return hmac.new(salt, message.encode("utf-8", "surrogateescape"), hashlib.sha256).digest()


def make_pseudonym(salt: bytes, prefix: str, kind: str, *parts: str, taken: Container[str]) -> str:
    """Return a pseudonym such as ``P-7K2QXA`` that is not yet taken.

    Parameters
    ----------
    salt
        The key, 32 bytes.
    prefix
        First letter, for the eye.
    kind, parts
        As for :func:`salted_digest`.
    taken
        Pseudonyms that stand for something else.
    """
    for attempt in range(1_000_000):
        again = (str(attempt),) if attempt else ()
        digest = salted_digest(salt, kind, *parts, *again)
        pseudonym = f"{prefix}-{base64.b32encode(digest).decode('ascii')[:_LENGTH]}"
        if pseudonym not in taken:
            return pseudonym
    raise AssertionError("a million pseudonyms in a row are taken")
