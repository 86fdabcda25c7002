import json
from dataclasses import replace

from lusscore.bundle.bundle import Bundle
from lusscore.bundle.facts import bundle_facts


def test_facts_are_plain_and_tell_a_bundle_from_others(tiny: Bundle) -> None:
    facts = bundle_facts(replace(tiny, digest="0" * 64))
    assert json.loads(json.dumps(facts)) == facts
    assert facts["digest"] == "0" * 64
    assert (facts["id"], facts["name"], facts["synthetic"]) == (tiny.id, "tiny", True)
    assert facts["backbones"] == ["tiny"]
    assert facts["heads"] == [{"head": "logistic", "sees": [tiny.members[0].features[0].name]}]
    assert facts["clip_rule"] == "mean-probability"


def test_facts_name_no_place_on_this_machine(tiny: Bundle) -> None:
    text = json.dumps(bundle_facts(tiny))
    assert "/" not in text
    assert "\\" not in text
