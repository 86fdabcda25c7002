from pathlib import Path

import pytest

from lusscore.errors import PrivacyError
from lusscore.privacy.key_place import check_key_place


@pytest.mark.parametrize("where", ["ward/key.csv", "ward/media/key.csv", "ward"])
def test_never_in_the_cohort(tmp_path: Path, where: str) -> None:
    with pytest.raises(PrivacyError, match="lies inside the cohort folder"):
        check_key_place(tmp_path / "data" / where, tmp_path / "data" / "ward")


@pytest.mark.parametrize("where", ["data/key.csv", "data/other/key.csv", "x/../data/key.csv"])
def test_never_in_the_data_folder(tmp_path: Path, where: str) -> None:
    with pytest.raises(PrivacyError, match="lies inside the data folder"):
        check_key_place(tmp_path / where, tmp_path / "data" / "ward")


def test_a_link_into_the_data_folder_is_seen_through(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    try:
        (tmp_path / "keys").symlink_to(tmp_path / "data", target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    with pytest.raises(PrivacyError, match="lies inside the data folder"):
        check_key_place(tmp_path / "keys" / "key.csv", tmp_path / "data" / "ward")


def test_anywhere_else(tmp_path: Path) -> None:
    assert (
        check_key_place(tmp_path / "key.csv", tmp_path / "data" / "ward")
        == (tmp_path / "key.csv").resolve()
    )
    with pytest.raises(PrivacyError, match="is a folder; expected the name of a key file"):
        check_key_place(tmp_path, tmp_path / "data" / "ward")
