from hypothesis import given
from hypothesis import strategies as st

from lusscore.checks.clusters import join_pairs


def test_pairs_that_share_a_member_are_one() -> None:
    assert join_pairs([(4, 5), (0, 2), (2, 7)]) == [[0, 2, 7], [4, 5]]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20))))
def test_every_pair_is_in_one_cluster_and_no_member_in_two(pairs: list[tuple[int, int]]) -> None:
    clusters = join_pairs(pairs)
    members = [member for cluster in clusters for member in cluster]
    assert len(members) == len(set(members)) == len({m for pair in pairs for m in pair})
    for one, other in pairs:
        assert any(one in cluster and other in cluster for cluster in clusters)
