import json
from pathlib import Path

from cohort_maker import Lusscore, MakeCohort


def test_status_tells_of_every_cohort_and_file(
    lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path
) -> None:
    assert "No feature files yet" in lusscore("status").output
    make_cohort(1)
    make_cohort(2, name="other")
    for name in ("tiny", "other"):
        assert lusscore("features", name, "-b", tiny_backbone).exit_code == 0
    other, tiny = json.loads(lusscore("status", "--json").output)
    assert (other["cohort"], other["backbone"], other["state"]) == ("other", "tiny", "fresh")
    assert (tiny["cohort"], tiny["frames_done"], tiny["frames"]) == ("tiny", 10, 10)
    assert "fresh" in lusscore("status", "tiny").output
    card = Path("data/tiny/cohort.toml")
    card.write_text(card.read_text().replace("variants = 2", "variants = 4"))
    assert "variants is 2, needed 4" in lusscore("status").output
    told = json.loads(lusscore("status", "tiny", "-b", "efficientnet_lite0", "--json").output)
    assert [row["state"] for row in told] == ["missing"]


def test_one_broken_cohort_does_not_hide_the_others(
    lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path
) -> None:
    make_cohort(2)
    lusscore("features", "tiny", "--backbone", tiny_backbone)
    broken = Path("data/broken")
    broken.mkdir()
    (broken / "cohort.toml").write_text("name = 1")
    done = lusscore("status", "--backbone", tiny_backbone)
    assert done.exit_code == 1
    assert "broken" in done.output
    assert "tiny" in done.output
    assert lusscore("status", "broken").exit_code == 2
