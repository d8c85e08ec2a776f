"""The vectors that are searched, the queries, and the exact answers. Made once, kept in .cache/bench/ann.

    a = data.open_set("a")
    a.base          # [rows][dimension]float32, mapped from a file
    a.queries       # [1000][dimension]float32
    a.truth()       # exact top 100 of every query: row numbers and scores

All vectors have length 1, so that inner product and cosine agree.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import pathlib
import subprocess

import numpy as np

import harness

FOLDER = harness.ROOT / ".cache" / "bench" / "ann"
QUERIES = 1000
DEPTH = 100
BLOCK = 10_000  # rows that are drawn at once, each block from a generator of its own
SCORED = 100_000  # rows that are scored at once


@dataclasses.dataclass(frozen=True)
class Mixture:
    """A recipe for vectors that are spread as those of CLIP-like encoders are.

    Centres, and the noise round them, have a power-law spectrum: the i-th direction has deviation i^-alpha. Clusters have
    uneven sizes. One offset that all vectors share makes the narrow cone in which such encoders put their vectors.
    """

    dimension: int
    seed: int
    clusters: int = 2000
    alpha: float = 0.6
    noise: float = 1.0
    offset: float = 0.6

    @functools.cached_property
    def _shape(self):
        random, d = np.random.default_rng(self.seed), self.dimension
        spectrum = np.arange(1, d + 1, dtype=np.float64) ** -self.alpha
        spectrum = (spectrum / np.sqrt(np.mean(spectrum**2))).astype(np.float32)
        centres = random.standard_normal((self.clusters, d), dtype=np.float32) * spectrum
        centres[:, d // 2] += np.float32(self.offset * np.sqrt(d))
        weights = random.dirichlet(np.ones(self.clusters))
        rotation, _ = np.linalg.qr(random.standard_normal((d, d)))
        return centres, weights, spectrum * np.float32(self.noise), rotation.astype(np.float32)

    def draw(self, count: int, *stream: int) -> np.ndarray:
        """Returns [count][dimension] vectors; the same ones for the same stream."""
        centres, weights, noise, rotation = self._shape
        random = np.random.default_rng([self.seed, *stream])
        drawn = centres[random.choice(self.clusters, count, p=weights)]
        drawn += random.standard_normal(drawn.shape, dtype=np.float32) * noise
        drawn = drawn @ rotation
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        return drawn


MIXTURES = {"a": Mixture(512, 1), "b": Mixture(128, 2), "m": Mixture(256, 3)}
ROWS = {"a": 100_000, "b": 100_000, "m": 1_000_000, "m10k": 10_000, "m100k": 100_000}


@dataclasses.dataclass(frozen=True)
class Set:
    """Vectors and queries. `rows` of the file are the set; more may lie behind them, to be added later."""

    name: str
    file: pathlib.Path
    dimension: int
    rows: int
    queries: np.ndarray

    @property
    def base(self) -> np.ndarray:
        """[all rows of the file][dimension]float32. Mapped, so that it is no memory of the process that reads it."""
        return np.memmap(self.file, np.float32, "r").reshape(-1, self.dimension)

    def truth(self, start: int = 0, stop: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The exact nearest DEPTH rows of [start, stop): numbers [queries][DEPTH] and inner products, best first."""
        stop = stop or self.rows
        file = self.file.with_name(f"{self.file.stem}-{start}-{stop}.npz")
        if not file.exists():
            numbers, scores = exact(self.base, self.queries, start, stop)
            write(file, lambda f: np.savez(f, numbers=numbers, scores=scores))
        found = np.load(file)
        return found["numbers"], found["scores"]


def exact(base: np.ndarray, queries: np.ndarray, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores every row in [start, stop) against every query, a block of rows at a time."""
    numbers = np.empty((len(queries), 0), np.int32)
    scores = np.empty((len(queries), 0), np.float32)
    for first in range(start, stop, SCORED):
        block = queries @ base[first:min(first + SCORED, stop)].T
        best = top(block, DEPTH)
        numbers = np.hstack([numbers, (best + first).astype(np.int32)])
        scores = np.hstack([scores, np.take_along_axis(block, best, 1)])
    order = top(scores, DEPTH)
    return np.take_along_axis(numbers, order, 1), np.take_along_axis(scores, order, 1)


def top(scores: np.ndarray, count: int) -> np.ndarray:
    """The columns of the greatest `count` scores of each row, best first."""
    count = min(count, scores.shape[1])
    best = np.argpartition(scores, scores.shape[1] - count, axis=1)[:, -count:]
    order = np.argsort(-np.take_along_axis(scores, best, 1), axis=1, kind="stable")
    return np.take_along_axis(best, order, 1)


def write(file: pathlib.Path, fill) -> None:
    """Lets `fill` write to a file that appears when it is complete."""
    unfinished = file.with_suffix(".part")
    with open(unfinished, "wb") as f:
        fill(f)
    os.replace(unfinished, file)


# The sets


def open_set(name: str, rows: int | None = None, more: int = 0) -> Set | None:
    """Opens a set, and makes it if need be. `rows` takes a prefix of it; `more` rows beyond the set can be read as well.

    Returns None for `real` where the catalogue is absent.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    if name == "real":
        return open_catalogue(rows)
    mixture = MIXTURES[name[0]]
    file = FOLDER / f"{name[0]}.f32"
    wanted = min(rows or ROWS[name], ROWS[name])
    grow(file, mixture, wanted + more)
    return Set(name, file, mixture.dimension, wanted, mixture.draw(QUERIES, 1))


def grow(file: pathlib.Path, mixture: Mixture, rows: int) -> None:
    """Appends blocks until the file has so many rows. A block that was cut off is written again."""
    size = 4 * mixture.dimension * BLOCK
    file.touch()
    blocks = file.stat().st_size // size
    wanted = -(-rows // BLOCK)
    if blocks >= wanted:
        return
    print(f"bench: drawing {rows:,} vectors of {mixture.dimension} dimensions", flush=True)
    os.truncate(file, blocks * size)
    with open(file, "ab") as f:
        for block in range(blocks, wanted):
            mixture.draw(BLOCK, 2, block).tofile(f)


def open_catalogue(rows: int | None) -> Set | None:
    """The catalogue: pictures are searched with titles, so that the queries lie off the distribution of the vectors."""
    folder = harness.SHARED / "data" / "catalog"
    table, pictures = folder / "fashion.csv", folder / "fashion_80.tar.gz"
    if not (table.exists() and pictures.exists()):
        print(f"bench: SKIPPED set `real`: {folder} has no catalogue; PINAX_SHARED names the folder that holds data/catalog",
              flush=True)
        return None
    file, asked = FOLDER / "real.f32", FOLDER / "real-queries.f32"
    if not (file.exists() and asked.exists()):
        print("bench: encoding the catalogue's pictures and the titles of its test products", flush=True)
        encode = harness.build_go("ann/encode")
        subprocess.run([encode, "-model", harness.MODEL, "-table", table, "-pictures", pictures, "-queries", str(QUERIES),
                        "-images-to", file, "-texts-to", asked], check=True)
    queries = np.fromfile(asked, np.float32).reshape(QUERIES, -1)
    dimension = queries.shape[1]
    there = file.stat().st_size // (4 * dimension)
    return Set("real", file, dimension, min(rows or there, there), queries)


# Filters


@dataclasses.dataclass(frozen=True)
class Filters:
    """Which rows each query accepts, at every share and in every kind.

    `order[0]` is a random order of the rows. The others order them by their distance from an anchor, a row drawn at
    random, nearest first; `anchor[q]` is the order whose anchor is nearest to query q. So a share p of the rows is

        random          the first p of the random order
        correlated      the p nearest to the query's anchor: what is wanted lies where the query is
        anticorrelated  the p farthest from the query's anchor: a walk starts among rows that it may not return
    """

    file: pathlib.Path  # [orders][rows]int32: the place of each row
    places: np.ndarray
    anchor: np.ndarray  # [queries]int32

    KINDS = ("random", "correlated", "anticorrelated")
    ANCHORS = 32

    def accepted(self, kind: str, share: float, query: int) -> np.ndarray:
        """[rows]bool"""
        places = self.places[0 if kind == "random" else self.anchor[query]]
        low, high = self.range(kind, share)
        return (places >= low) & (places < high)

    def range(self, kind: str, share: float) -> tuple[int, int]:
        """The places [low, high) that are accepted."""
        rows = self.places.shape[1]
        count = max(1, round(share * rows))
        return (rows - count, rows) if kind == "anticorrelated" else (0, count)


def filters(s: Set) -> Filters:
    file = s.file.with_name(f"{s.file.stem}-{s.rows}-places.i32")
    random = np.random.default_rng(s.rows)
    anchors = s.base[np.sort(random.choice(s.rows, Filters.ANCHORS, replace=False))]
    if not file.exists():
        places = np.empty((Filters.ANCHORS + 1, s.rows), np.int32)
        places[0] = random.permutation(s.rows)
        for i, anchor in enumerate(anchors):
            places[i + 1, np.argsort(-(s.base[:s.rows] @ anchor), kind="stable")] = np.arange(s.rows)
        write(file, places.tofile)
    places = np.memmap(file, np.int32, "r").reshape(Filters.ANCHORS + 1, s.rows)
    return Filters(file, places, np.argmax(s.queries @ anchors.T, axis=1).astype(np.int32) + 1)


def filtered_truth(s: Set, f: Filters, shares: tuple[float, ...], queries: int, depth: int) -> dict:
    """By kind and share: the score of each query's `depth`-th accepted row, or of its last where fewer are accepted."""
    kth = {(kind, share): np.empty(queries, np.float32) for kind in Filters.KINDS for share in shares}
    for q in range(queries):
        scores = s.base[:s.rows] @ s.queries[q]
        for kind, share in kth:
            accepted = scores[f.accepted(kind, share, q)]
            k = min(depth, len(accepted))
            kth[kind, share][q] = np.partition(accepted, len(accepted) - k)[len(accepted) - k]
    return kth
