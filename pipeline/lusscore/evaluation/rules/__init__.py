"""From the frames of a clip or zone to its score: named rules, one file each."""

# the paper's rule first; each registers itself
from lusscore.evaluation.rules import majority  # noqa: F401, I001
from lusscore.evaluation.rules import mean_probability, expected, worst, top, highest_in  # noqa: F401
from lusscore.evaluation.rules.grouped_frames import GroupedFrames
from lusscore.evaluation.rules.registry import Rule, rule_forms, register_rule

MAJORITY = Rule.parse("majority")
STANDARD_RULES = tuple(
    Rule.parse(text)
    for text in (
        "majority",
        "mean-probability",
        "expected",
        "worst",
        "top-5",
        "top-20%",
        "highest-in-20%",
    )
)

__all__ = ["MAJORITY", "STANDARD_RULES", "GroupedFrames", "Rule", "register_rule", "rule_forms"]
