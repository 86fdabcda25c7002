"""Arrays come back bit for bit; what is no plain number is refused, and nothing is evaluated."""

import io
import os
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from lusscore.errors import BundleError
from lusscore.models.archive import pack
from lusscore.models.arrays import pack_arrays, unpack_arrays

KINDS = ["<f2", "<f4", "<f8", "i1", "<i2", "<i4", "<i8", "u1", "<u2", "<u4", "<u8"]


def file_of(header: bytes, values: bytes = b"", magic: bytes = b"\x93NUMPY\x01\x00") -> bytes:
    return pack({"a.npy": magic + len(header).to_bytes(2, "little") + header + values})


def refusal(data: bytes) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(BundleError) as told:
            unpack_arrays(data)
    assert len(str(told.value)) < 400
    return str(told.value)


@given(
    st.sampled_from(KINDS).flatmap(
        lambda kind: arrays_of.arrays(
            kind,
            arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
            elements={"allow_nan": False, "allow_infinity": False} if "f" in kind else None,
        )
    ),
    st.sampled_from("CF"),
)
def test_arrays_come_back_bit_for_bit_in_their_order(array: np.ndarray, order: Any) -> None:
    array = np.array(array, order=order)
    data = pack_arrays({"head0.coef": array})
    found = unpack_arrays(data)["head0.coef"]
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    assert found.tobytes("A") == array.tobytes("A")
    assert found.flags.f_contiguous == array.flags.f_contiguous
    assert found.flags.writeable
    assert pack_arrays({"head0.coef": found}) == data


def test_numpy_reads_the_file_and_what_numpy_writes_is_read(tmp_path: Path) -> None:
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b.c": np.ones(3, np.int64)}
    (tmp_path / "arrays.npz").write_bytes(pack_arrays(arrays))
    with np.load(tmp_path / "arrays.npz", allow_pickle=False) as file:
        assert set(file.files) == set(arrays)
        np.testing.assert_array_equal(file["a"], arrays["a"], strict=True)
    for write in (np.savez, np.savez_compressed):
        memory = io.BytesIO()
        write(memory, a=arrays["a"], b=np.float32(2))
        found = unpack_arrays(memory.getvalue())
        np.testing.assert_array_equal(found["a"], arrays["a"], strict=True)
        assert found["b"].shape == ()


@pytest.mark.parametrize(
    "array",
    [
        np.array([{}], object),
        np.array(["text"]),
        np.array([b"text"]),
        np.array([True]),
        np.array([1j]),
        np.zeros(2, [("a", "f4")]),
        np.array(["2020-01-01"], "M8[D]"),
    ],
)
def test_only_numbers_are_written(array: np.ndarray) -> None:
    with pytest.raises(BundleError, match="expected numbers"):
        pack_arrays({"a": array})


class Planted:
    """Does something when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.mark),))


def test_a_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "run"
    memory = io.BytesIO()
    np.savez(memory, a=np.array([Planted(mark)], object))
    assert "no array of numbers" in refusal(memory.getvalue())
    assert "no array of numbers" in refusal(pack({"a.npy": pickle.dumps(Planted(mark))}))
    assert "is no array" in refusal(pack({"a.pkl": pickle.dumps(Planted(mark))}))
    assert not mark.exists()
    # the trap works
    pickle.loads(pickle.dumps(Planted(mark)))
    assert mark.exists()


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\n",
        b"{'descr': (",
        b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1L,), }\n",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }\n",
        b"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }\n",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': [1], }\n",
        b"{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }\n",
        b"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }\n",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1, }\n",
        b"__import__('os').system('true')\n",
        b"(" * 9000,
        b"-" * 9000 + b"1\n",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (" + b"1, " * 20000 + b"), }\n",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (" + b"9" * 5000 + b",), }\n",
    ],
)
def test_other_headers_are_refused_in_a_sentence(header: bytes) -> None:
    assert "arrays.npz: a.npy" in refusal(file_of(header, bytes(4)))


def test_a_shape_is_believed_only_as_far_as_there_are_bytes() -> None:
    for shape in (b"(999999999999999,)", b"(1000000, 1000000, 1000000, 1000000)", b"(2,)", b"()"):
        header = b"{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + b", }\n"
        assert "cut off, or longer" in refusal(file_of(header, bytes(4)))
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1), }\n"
    assert "5 axes; expected at most 4" in refusal(file_of(header, bytes(8)))


@pytest.mark.parametrize(
    "magic", [b"\x93NUMPY\x02\x00", b"\x93NUMPY\x03\x00", b"\x93NUMPZ\x01\x00", b""]
)
def test_other_versions_are_refused(magic: bytes) -> None:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n"
    assert "no array of numbers" in refusal(file_of(header, bytes(4), magic))
    assert unpack_arrays(file_of(header, bytes(4)))["a"] == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
def test_numbers_that_are_not_finite_are_refused(value: float, kind: str) -> None:
    memory = io.BytesIO()
    np.savez(memory, a=np.array([1, value], kind))
    assert "not finite" in refusal(memory.getvalue())


@given(st.data())
def test_whatever_byte_changes_nothing_but_arrays_or_a_refusal_comes(data: st.DataObject) -> None:
    changed = bytearray(pack_arrays({"a": np.arange(3.0), "b": np.ones((2, 2), np.float32)}))
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = unpack_arrays(bytes(changed))
    except BundleError:
        return
    assert all(array.dtype.kind in "fiu" for array in found.values())
