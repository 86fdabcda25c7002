from collections.abc import Mapping

import pytest

from bundle_maker import make_bundle
from lusscore.bundle import Bundle, to_files


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle of one network and one head that was never written."""
    return make_bundle(tmp_path_factory.mktemp("networks"))


@pytest.fixture(scope="session")
def files(tiny: Bundle) -> Mapping[str, bytes]:
    """All files of `tiny` by name."""
    return to_files(tiny)
