from pathlib import Path

from lusscore.clips.dicom.header import BoundedFile, has_magic, size_of


def test_no_more_room_is_made_than_the_file_needs(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    with BoundedFile(path) as file:
        assert file.read(3) == b"012"
        # would raise MemoryError if room were made first
        assert file.read(1 << 50) == b"3456789"
        assert file.read(1 << 50) == b""
        assert size_of(file) == 10
        file.seek(-2, 2)
        assert file.read() == b"89"


def test_the_mark_is_looked_for_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(128) + b"DICM")
    assert has_magic(path)
    path.write_bytes(b"DICM" + bytes(128))
    assert not has_magic(path)
    path.write_bytes(b"")
    assert not has_magic(path)
    assert not has_magic(tmp_path)
    assert not has_magic(tmp_path / "gone")
