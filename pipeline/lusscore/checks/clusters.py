"""Things that are the same, from pairs of them."""

from __future__ import annotations

from collections.abc import Iterable


def join_pairs(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Join pairs that share a member.

    Returns
    -------
    list of list of int
        Sorted members of each cluster, clusters in the order of their first members.
    """
    leaders: dict[int, int] = {}

    def leader(member: int) -> int:
        leaders.setdefault(member, member)
        while leaders[member] != member:
            leaders[member] = leaders[leaders[member]]
            member = leaders[member]
        return member

    for one, other in pairs:
        first, second = sorted((leader(one), leader(other)))
        leaders[second] = first
    clusters: dict[int, list[int]] = {}
    for member in sorted(leaders):
        clusters.setdefault(leader(member), []).append(member)
    return list(clusters.values())
