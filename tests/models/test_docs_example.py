"""What docs/bundles.md says of the files is enough to read them without lusscore."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from lusscore.backbones import open_stored_network, pooled_layers
from lusscore.heads import Temperature
from lusscore.models import Bundle, builtin_bundle_path, read_bundle, to_files

PAGE = Path(__file__).parents[2] / "docs" / "bundles.md"


def test_the_example_answers_as_lusscore_does(tmp_path: Path) -> None:
    bundle = read_bundle(builtin_bundle_path())
    ((name, network),) = bundle.networks.items()
    (member,) = bundle.members
    frames = np.random.default_rng(0).integers(0, 256, (3, *network.spec.input_size, 3), np.uint8)
    with open_stored_network(network.spec, network.graph, network.graph_weights) as ready:
        given, _ = ready.run(frames)
    parts = {part.name: part for part in pooled_layers(network.spec)}
    assert member.features[0].backbone == name
    seen = [given[:, parts[one].start : parts[one].stop] for one in member.features[0].levels]
    answer = Temperature(member.temperature).apply(member.head.predict_proba(np.hstack(seen)))
    expected = Temperature(bundle.temperature).apply(answer)

    shutil.copytree(builtin_bundle_path(), tmp_path / "ward-7-first")
    np.save(tmp_path / "frames.npy", frames)
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    code += (
        "np.save('found.npy', probabilities)\nimport sys\nassert 'lusscore' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    np.testing.assert_allclose(np.load(tmp_path / "found.npy"), expected, atol=1e-5)


def test_every_key_and_file_is_told(tiny: Bundle) -> None:
    page = PAGE.read_text(encoding="utf-8")
    files = to_files(tiny)
    record = json.loads(files["bundle.json"])
    keys = {*record, *record["networks"][0], *record["members"][0], *record["familiar"]}
    keys |= set(record["networks"][0]["spec"])
    missing = {key for key in keys if f"`{key}`" not in page}
    assert not missing
    for name in files:
        assert name.split("/")[0].split(".")[0] in page
