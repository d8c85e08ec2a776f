"""python -m unittest ann.test_data, with bench on the path and numpy. `make bench-ann` runs it first."""

import pathlib
import tempfile
import unittest

import numpy as np

from ann import data


class Sets(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.mixture = data.Mixture(8, 1, clusters=20)

    def open(self, rows):
        file = self.folder / "set.f32"
        data.grow(file, self.mixture, rows)
        return data.Set("set", file, 8, rows, self.mixture.draw(5, 1))

    def test_a_set_that_grew_is_the_one_that_was_made_at_once(self):
        first = np.array(self.open(data.BLOCK).base)
        self.assertEqual(first.shape, (data.BLOCK, 8))
        with open(self.folder / "set.f32", "ab") as f:
            f.write(b"cut off")
        grown = self.open(data.BLOCK + 1).base
        self.assertEqual(grown.shape, (2 * data.BLOCK, 8))
        np.testing.assert_array_equal(first, grown[:data.BLOCK])
        np.testing.assert_allclose(np.linalg.norm(grown, axis=1), 1, rtol=1e-5)
        self.assertFalse(np.array_equal(first, grown[data.BLOCK:]))

    def test_truth_is_what_sorting_everything_gives(self):
        s = self.open(data.BLOCK)
        for start, stop in ((0, s.rows), (100, 1100), (100, 150)):
            with self.subTest(start=start, stop=stop):
                numbers, scores = s.truth(start, stop)
                everything = s.queries @ s.base[start:stop].T
                expected = np.sort(everything, axis=1)[:, ::-1][:, :data.DEPTH]
                np.testing.assert_allclose(scores, expected, atol=1e-6)
                np.testing.assert_allclose(np.take_along_axis(everything, numbers - start, 1), scores, atol=1e-6)

    def test_filters_accept_their_share(self):
        s = self.open(data.BLOCK)
        f = data.filters(s)
        for kind in f.KINDS:
            for share in (0.0001, 0.1, 0.9, 1):
                with self.subTest(kind=kind, share=share):
                    self.assertEqual(f.accepted(kind, share, 0).sum(), round(share * s.rows))
        scores = s.base[:s.rows] @ s.queries[0]
        mean = {kind: scores[f.accepted(kind, 0.1, 0)].mean() for kind in f.KINDS}
        self.assertGreater(mean["correlated"], mean["random"])
        self.assertGreater(mean["random"], mean["anticorrelated"])
        self.assertFalse((f.accepted("correlated", 0.5, 0) & f.accepted("anticorrelated", 0.5, 0)).any())

    def test_filtered_truth_is_the_last_of_the_best(self):
        s = self.open(data.BLOCK)
        f = data.filters(s)
        kth = data.filtered_truth(s, f, (0.0005, 0.3), len(s.queries), 10)
        for (kind, share), of_queries in kth.items():
            for q, found in enumerate(of_queries):
                best = np.sort((s.base[:s.rows] @ s.queries[q])[f.accepted(kind, share, q)])[::-1][:10]
                self.assertAlmostEqual(float(best[-1]), float(found), places=6)


if __name__ == "__main__":
    unittest.main()
