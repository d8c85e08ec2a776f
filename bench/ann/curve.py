"""Recall, and the speed that a library has at a recall.

    curve.recall(found, scores_of, kth)                  # of one run
    curve.speed_at([(0.91, 9000), (0.97, 5000)], 0.95)   # queries a second

Only the standard library: the tests need no environment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

TOLERANCE = 1e-6  # of a score: sums of the same numbers in another order differ by less


def recall(found: Iterable[Sequence[int]], scores_of: Callable[[int, list[int]], Iterable[float]],
           kth: Sequence[float], wanted: int | Sequence[int] = 10) -> float:
    """The share of the wanted neighbours that were found, over all queries.

    A row counts when its true score, which `scores_of(query, rows)` returns, is at least that of the query's exact k-th
    neighbour: of rows that are equally near, which many copies of a picture are, any will do. Rows below 0 (a library's
    "none") and rows named twice do not count. `wanted` is how many neighbours there are to find, the same for all or
    one number a query.
    """
    hits = total = 0
    for query, rows in enumerate(found):
        k = wanted if isinstance(wanted, int) else wanted[query]
        distinct = list(dict.fromkeys(row for row in rows if row >= 0))[:k]
        hits += sum(score >= kth[query] - TOLERANCE for score in scores_of(query, distinct))
        total += k
    return float(hits) / total


def speed_at(points: Iterable[tuple[float, float]], wanted: float) -> float | None:
    """Queries a second at a recall, interpolated between the nearest points of the front of (recall, queries a second).

    Between two points the logarithm of the speed is linear in recall. Where even the fastest point has the recall, its
    speed is returned, which is then less than the library could do. None: no point has it.
    """
    front = fastest(points)
    above = next((i for i, (r, _) in enumerate(front) if r >= wanted), None)
    if above is None:
        return None
    if above == 0:
        return front[0][1]
    (low, fast), (high, slow) = front[above - 1], front[above]
    share = (wanted - low) / (high - low)
    return math.exp((1 - share) * math.log(fast) + share * math.log(slow))


def fastest(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points that no other beats in both recall and speed, by rising recall."""
    front: list[tuple[float, float]] = []
    for r, speed in sorted(points, key=lambda p: (-p[0], -p[1])):
        if not front or speed > front[-1][1]:
            front.append((r, speed))
    return front[::-1]
