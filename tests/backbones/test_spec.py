from __future__ import annotations

import pickle

from lusscore.backbones import backbone_names, get_backbone


def test_every_spec_survives_pickling() -> None:
    for name in backbone_names():
        spec = get_backbone(name)
        assert pickle.loads(pickle.dumps(spec)) == spec
