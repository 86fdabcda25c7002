import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.bundle.names import check_name, is_known, network_stems
from lusscore.bundle.refusal import Refusal


@pytest.mark.parametrize("name", ["bundle.json", "SHA256SUMS", "networks/efficientnet_lite0.bin"])
def test_names_of_a_bundle_are_let_through(name: str) -> None:
    assert check_name(name) == name
    assert is_known(name)


@given(st.text(max_size=30))
def test_no_name_leads_out_of_the_bundle(name: str) -> None:
    try:
        check_name(name)
    except Refusal:
        return
    assert name.isascii()
    assert name.count("/") <= 1
    assert not re.search(r"(^|/)\.|\\|:|//|\n", name)


@pytest.mark.parametrize("name", ["notes.txt", "networks/a.xml/b", "networks/a.exe", "a/a.bin"])
def test_files_of_others_are_not_known(name: str) -> None:
    assert not is_known(name)


def test_networks_are_named_after_their_backbones_where_these_are_good_names() -> None:
    backbones = ["resnet50", "../evil", "ResNet50", "a b", "n" * 150, "NUL", "con.v2", "Network-1"]
    assert network_stems(backbones) == [
        "networks/resnet50",
        *(f"networks/network-{number}" for number in range(1, 8)),
    ]


@given(
    st.lists(
        st.text(max_size=12) | st.sampled_from(["a", "A", "network-1", "network-2", "Network-1"]),
        max_size=6,
        unique=True,
    )
)
def test_stems_are_good_names_and_differ_on_every_disk(backbones: list[str]) -> None:
    stems = network_stems(backbones)
    assert len({stem.lower() for stem in stems}) == len(backbones)
    assert all(is_known(check_name(f"{stem}.bin")) for stem in stems)
