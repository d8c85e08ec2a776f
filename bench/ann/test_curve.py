"""python -m unittest ann.test_curve, with bench on the path. `make bench-ann` runs it first."""

import math
import unittest

from ann import curve


def scores(_query, rows):
    """Row 0 scores 1, row 1 0.9 and so on; rows 4 and 5 are equally near."""
    return [{0: 1, 1: 0.9, 2: 0.8, 3: 0.7, 4: 0.6, 5: 0.6, 6: 0.5}[r] for r in rows]


class Recall(unittest.TestCase):
    def test_by_case(self):
        for name, found, kth, wanted, expected in [
            ("all found", [[0, 1, 2]], [0.8], 3, 1),
            ("in another order", [[2, 0, 1]], [0.8], 3, 1),
            ("one is too far", [[0, 1, 3]], [0.8], 3, 2 / 3),
            ("nothing came back", [[]], [0.8], 3, 0),
            ("none is no row", [[0, -1, -1]], [0.8], 3, 1 / 3),
            ("a row named twice counts once", [[0, 0, 0]], [0.8], 3, 1 / 3),
            ("either of equals", [[0, 1, 2, 3, 5]], [0.6], 5, 1),
            ("no more than wanted", [[0, 1, 2, 3, 4, 5]], [0.6], 5, 1),
            ("rounding of the k-th score", [[0, 1, 2]], [0.8 + 5e-7], 3, 1),
            ("mean of two queries", [[0, 1], [0, 6]], [0.9, 0.9], 2, 0.75),
            ("fewer wanted of one", [[0, 1], [0]], [0.9, 1], [2, 1], 1),
        ]:
            with self.subTest(name):
                self.assertAlmostEqual(curve.recall(found, scores, kth, wanted), expected)


class SpeedAt(unittest.TestCase):
    def test_by_case(self):
        for name, points, wanted, expected in [
            ("no points", [], 0.95, None),
            ("never reached", [(0.5, 900), (0.9, 100)], 0.95, None),
            ("on a point", [(0.9, 900), (0.95, 400), (0.99, 100)], 0.95, 400),
            ("half way is the geometric mean", [(0.94, 900), (0.96, 400)], 0.95, 600),
            ("in any order", [(0.96, 400), (0.94, 900)], 0.95, 600),
            ("the fastest has it", [(0.97, 900), (0.99, 400)], 0.95, 900),
            ("a point that is beaten is left out", [(0.94, 900), (0.95, 100), (0.96, 400)], 0.95, 600),
        ]:
            with self.subTest(name):
                found = curve.speed_at(points, wanted)
                if expected is None:
                    self.assertIsNone(found)
                else:
                    self.assertTrue(math.isclose(found, expected, rel_tol=1e-9), found)


if __name__ == "__main__":
    unittest.main()
