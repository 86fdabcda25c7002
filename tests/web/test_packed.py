import struct

from hypothesis import given
from hypothesis import strategies as st

from lusscore.web.packed import pack_pictures


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_pictures_come_apart_again(pictures: list[bytes]) -> None:
    packed = pack_pictures(pictures)
    (count,) = struct.unpack_from("<I", packed)
    sizes = struct.unpack_from(f"<{count}I", packed, 4)
    at, found = 4 * (1 + count), []
    for size in sizes:
        found.append(packed[at : at + size])
        at += size
    assert found == pictures
    assert at == len(packed)
