from __future__ import annotations

from lusscore.backbones import get_backbone
from lusscore.backbones.feature_maps import last_maps
from lusscore.backbones.keras_runtime import import_keras
from lusscore.backbones.registry import Network, builder_of


def strided(keras: Network, x: Network, channels: int, **how: object) -> Network:
    return keras.layers.Conv2D(channels, 3, 2, **how)(x)


def test_the_last_map_of_each_size_is_found_and_padding_is_none() -> None:
    keras = import_keras()
    layers = keras.layers
    inputs = keras.Input((96, 64, 3))
    x = strided(keras, inputs, 2, padding="same")
    x = strided(keras, x, 3, padding="same")
    x = layers.Conv2D(5, 1)(x)
    last = layers.ReLU()(x)
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(last)
    x = strided(keras, x, 7)
    network = keras.Model(inputs, layers.GlobalAveragePooling2D()(x))
    maps = last_maps(network)
    assert {stride: tuple(found.shape[1:]) for stride, found in maps.items()} == {
        4: (24, 16, 5),
        8: (12, 8, 7),
    }
    assert maps[4] is last


def test_sums_and_joined_branches_are_maps_too() -> None:
    keras = import_keras()
    inputs = keras.Input((64, 64, 3))
    x = strided(keras, strided(keras, inputs, 4, padding="same"), 4, padding="same")
    joined = keras.layers.Concatenate()([x + keras.layers.ReLU()(x), x])
    assert last_maps(keras.Model(inputs, joined))[4] is joined


def test_maps_of_a_sequential_network_are_found() -> None:
    keras = import_keras()
    steps = [keras.layers.Conv2D(2, 3, 2, padding="same") for _ in range(3)]
    network = keras.Sequential([keras.Input((64, 64, 3)), *steps])
    maps = last_maps(network)
    seen = keras.Model(network.inputs, [maps[4], network.outputs[0]])
    assert [output.shape[1] for output in seen.outputs] == [16, 8]


def test_sizes_that_lose_pixels_at_the_edges_count_as_the_nearest_power_of_two() -> None:
    xception = get_backbone("xception")  # 147, 74, 37, 19, 10 of 299
    maps = last_maps(builder_of(xception)(xception))
    assert [maps[stride].shape[1] for stride in (4, 8, 16, 32)] == [74, 37, 19, 10]
    assert tuple((stride, maps[stride].shape[-1]) for stride, _ in xception.maps) == xception.maps


def test_maps_of_a_network_inside_a_network_are_not_mistaken_for_its_own() -> None:
    keras = import_keras()
    inner_inputs = keras.Input((64, 64, 3))
    x = strided(keras, strided(keras, inner_inputs, 4, padding="same"), 4, padding="same")
    inner = keras.Model(inner_inputs, x)
    inputs = keras.Input((64, 64, 3))
    assert last_maps(keras.Model(inputs, inner(inputs))) == {}
