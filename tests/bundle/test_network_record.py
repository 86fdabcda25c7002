import json
from dataclasses import replace

import pytest

from lusscore.bundle.bundle import Bundle, Network
from lusscore.bundle.entries import Entries
from lusscore.bundle.network_record import network_records, take_network
from lusscore.bundle.refusal import Refusal


def through(network: Network) -> Network:
    (record,), files = network_records({network.spec.name: network})
    found = take_network(Entries(json.loads(json.dumps(record))), files)
    assert not files
    return found


def test_a_network_comes_back_with_its_files(tiny: Bundle) -> None:
    network = tiny.networks["tiny"]
    found = through(network)
    assert (found.graph, found.graph_weights) == (network.graph, network.graph_weights)
    assert found.weights_digest == network.weights_digest
    assert found.spec == replace(network.spec, source=found.spec.source)


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("/srv/anna/a.onnx", "a.onnx"),
        ("C:\\Users\\anna\\a.onnx", "a.onnx"),
        ("\\\\server\\share\\a.onnx", "a.onnx"),
        ("torchvision", "torchvision"),
        ("", ""),
    ],
)
def test_of_the_place_of_a_file_its_name_is_kept(tiny: Bundle, source: str, kept: str) -> None:
    network = tiny.networks["tiny"]
    found = through(replace(network, spec=replace(network.spec, source=source)))
    assert found.spec.source == kept


def test_two_networks_never_share_a_file(tiny: Bundle) -> None:
    network = tiny.networks["tiny"]
    names = ("tiny", "Tiny", "network-3", "a b")
    networks = {name: replace(network, spec=replace(network.spec, name=name)) for name in names}
    _, files = network_records(networks)
    assert len({name.lower() for name in files}) == 8


def test_a_file_that_is_not_there_is_refused(tiny: Bundle) -> None:
    (record,), files = network_records(tiny.networks)
    del files["networks/tiny.bin"]
    with pytest.raises(Refusal, match=r"graph_weights names 'networks/tiny.bin', which is no .bin"):
        take_network(Entries(json.loads(json.dumps(record))), files)
