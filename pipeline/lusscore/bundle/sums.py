"""``SHA256SUMS``: the checksum of every other file of a bundle, as ``sha256sum`` checks it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from lusscore.bundle.names import RECORD, SUMS
from lusscore.bundle.refusal import AGAIN, Refusal, quoted

_LINE = re.compile(rb"([0-9a-f]{64})  ([\x21-\x7e]{1,500})")
# as many as a report shows
_LEAST_DIGITS = 12
_MOST_BYTES = 256 * 1024


def write_sums(files: Mapping[str, bytes]) -> bytes:
    """Return the list for `files`, sorted by name."""
    return b"".join(
        f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n".encode()
        for name in sorted(files)
        if name != SUMS
    )


def check_sums(files: Mapping[str, bytes]) -> str:
    """Verify all files and return the bundle's digest, the SHA-256 of the list itself.

    Raises
    ------
    Refusal
        If the list is missing or not as lusscore writes it, or a file is missing, is not listed,
        or has other bytes.
    """
    if SUMS not in files:
        if RECORD not in files:
            raise Refusal(
                f"it is no bundle, as it has neither {SUMS} nor {RECORD}",
                "give the folder or .zip that 'lusscore train' wrote",
            )
        raise Refusal(f"it has no {SUMS}, so that nothing in it can be verified")
    listed = _parse(files[SUMS])
    others = set(files) - {SUMS}
    for name in sorted(listed.keys() - others):
        raise Refusal(f"the file {quoted(name)}, which {SUMS} lists, is missing")
    for name in sorted(others - listed.keys()):
        raise Refusal(f"the file {quoted(name)} is not listed in {SUMS}", f"remove it, or {AGAIN}")
    for name, digest in listed.items():
        if hashlib.sha256(files[name]).hexdigest() != digest:
            raise Refusal(f"{name} was changed or damaged: its checksum is not the one in {SUMS}")
    if write_sums(files) != files[SUMS]:
        raise Refusal(f"{SUMS} is not in the order in which lusscore writes it")
    return hashlib.sha256(files[SUMS]).hexdigest()


def check_digest(digest: str, expect: str) -> None:
    """Refuse a bundle that is not the one expected.

    Parameters
    ----------
    digest
        Of the bundle.
    expect
        The digest that it must have, or the first 12 digits of it or more.

    Raises
    ------
    Refusal
        If it has another, or `expect` is no digest.
    """
    wanted = expect.strip().lower()
    if not re.fullmatch(rf"[0-9a-f]{{{_LEAST_DIGITS},64}}", wanted):
        raise Refusal(
            f"{quoted(expect)} is no digest to compare it with",
            f"give at least {_LEAST_DIGITS} of the hexadecimal digits that a report shows",
        )
    if not digest.startswith(wanted):
        raise Refusal(
            f"it has the digest {digest[:16]}, not the expected {wanted[:16]}",
            "get the bundle that was meant, or ask whoever trained it which digest is right",
        )


def _parse(data: bytes) -> dict[str, str]:
    if len(data) > _MOST_BYTES:
        raise Refusal(f"{SUMS} lists more than a bundle can hold")
    lines = data.split(b"\n")
    found: dict[str, str] = {}
    for number, line in enumerate(lines[:-1], start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise Refusal(f"line {number} of {SUMS} is no checksum and name")
        name = match[2].decode()
        if name in found:
            raise Refusal(f"{SUMS} lists {quoted(name)} twice")
        found[name] = match[1].decode()
    if lines[-1] or not found:
        raise Refusal(f"{SUMS} is cut off")
    return found
