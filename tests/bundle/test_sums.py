"""The list of checksums holds every file, and one digest holds the list."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundle_tamper import lay_out, sums_again
from lusscore.bundle.refusal import Refusal
from lusscore.bundle.sums import check_digest, check_sums, write_sums

FILES = {"bundle.json": b"{}", "arrays.npz": b"123", "networks/a.bin": b"weights"}


def whole() -> dict[str, bytes]:
    return FILES | {"SHA256SUMS": write_sums(FILES)}


def refusal(files: dict[str, bytes]) -> str:
    with pytest.raises(Refusal) as told:
        check_sums(files)
    return str(told.value)


def test_the_digest_is_that_of_the_list() -> None:
    files = whole()
    assert check_sums(files) == hashlib.sha256(files["SHA256SUMS"]).hexdigest()
    assert sums_again(FILES) == files


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs sha256sum")
def test_sha256sum_checks_it(tmp_path: Path) -> None:
    lay_out(whole(), tmp_path)
    subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=tmp_path, check=True)


@given(st.data())
def test_one_changed_byte_anywhere_is_told(data: st.DataObject) -> None:
    files = whole()
    name = data.draw(st.sampled_from(sorted(files)))
    changed = bytearray(files[name])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    refusal({**files, name: bytes(changed)})


def test_files_that_are_gone_added_or_renamed_are_told() -> None:
    files = whole()
    without = {name: data for name, data in files.items() if name != "arrays.npz"}
    assert "'arrays.npz', which SHA256SUMS lists, is missing" in refusal(without)
    assert "'evil.py' is not listed" in refusal({**files, "evil.py": b""})
    renamed = {**without, "arrays2.npz": files["arrays.npz"]}
    assert "missing" in refusal(renamed)
    assert "networks/a.bin was changed or damaged" in refusal({**files, "networks/a.bin": b"w"})


def test_without_a_list_nothing_is_believed() -> None:
    assert "no SHA256SUMS, so that nothing in it can be verified" in refusal(dict(FILES))
    assert "it is no bundle" in refusal({"photo.jpg": b""})


def test_the_list_has_one_form() -> None:
    files = whole()
    lines = files["SHA256SUMS"].splitlines(keepends=True)
    odd = {
        "not in the order": b"".join(reversed(lines)),
        "twice": lines[0] + b"".join(lines),
        "cut off": files["SHA256SUMS"][:-1],
        "line 1 of": b"".join(line.replace(b"  ", b" *") for line in lines),
        "line 2 of": lines[0] + lines[1].upper() + lines[2],
        "line 1": b"".join(line.replace(b"\n", b"\r\n") for line in lines),
        "more than a bundle": b"0" * 300_000,
    }
    for what, data in odd.items():
        assert what in refusal({**files, "SHA256SUMS": data})
    assert "cut off" in refusal({**files, "SHA256SUMS": b""})


def test_an_expected_digest_may_be_cut_short_but_not_too_short() -> None:
    digest = check_sums(whole())
    for expect in (digest, digest[:12], digest.upper(), f" {digest[:20]}\n"):
        check_digest(digest, expect)
    other = ("0" if digest[0] != "0" else "1") + digest[1:]
    with pytest.raises(Refusal, match=f"has the digest {digest[:16]}, not the expected"):
        check_digest(digest, other)
    for expect in ("", digest[:11], digest + "0", "latest", "*" * 64, "x" * 5000):
        with pytest.raises(Refusal, match="is no digest to compare it with") as told:
            check_digest(digest, expect)
        assert len(str(told.value)) < 200
        assert "at least 12 of the hexadecimal digits" in told.value.advice
