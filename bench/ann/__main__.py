"""usage: python -m ann [--rounds 3] [--sets a,b,m,real] [--parts sweep,build,…] [--libraries pinax,hnswlib,…] [--rows N]

Each part of each set leaves a file in .cache/bench/ann/results, and the page is written from all that are there: so a part
can be measured again alone. With --rows everything is tried on so many rows of each set, or with --libraries with some
only; then both go to .cache/bench/ann/trial.
"""

from __future__ import annotations

import argparse
import json

import harness
from ann import data, driver, page, scenarios

PARTS = ("sweep", "build", "filters", "churn", "latency", "restart", "profile")
GROWTH = ("pinax", "pinax-codes", "pinax-f32", "hnswlib")  # in the prefixes of m
MILLION = ("pinax", "pinax-codes", "pinax-f32", "hnswlib", "usearch", "faiss")  # in m, where a build takes long
CODER_ROWS = 100_000  # beyond which coder/hnsw is left out
INSERTED = 400_000  # rows that the writers of `latency` may use up


def plan(sets: list[str], parts: list[str]) -> list[tuple[str, str]]:
    """Which parts are measured on which sets."""
    todo = []
    for name in sets:
        if name == "m" and "sweep" in parts:
            todo += [("sweep", "m10k"), ("sweep", "m100k")]
        todo.append(("sweep", name))
        if name == "a":
            todo += [("build", name), ("filters", name), ("profile", name)]
        if name == "real":
            todo.append(("profile", name))
        if name == "m":
            todo += [("churn", "m100k"), ("latency", "m100k"), ("filters", name), ("restart", name)]
    return [(part, name) for part, name in todo if part in parts]


def measure(part: str, name: str, rounds: int, rows: int | None, chosen: list[str]) -> dict | None:
    size = min(rows or data.ROWS.get(name, 0), data.ROWS.get(name, 0))
    more = {"churn": 3 * size // 2, "latency": min(INSERTED, 900_000)}.get(part, 0)
    s = data.open_set(name, rows, more)
    if s is None:
        return None
    about = harness.machine()
    run = {
        "sweep": lambda: scenarios.sweep(s, swept(name, s.rows, chosen), rounds),
        "build": lambda: scenarios.building(s, rounds),
        "filters": lambda: scenarios.filtering(s, rounds),
        "churn": lambda: scenarios.churn(s),
        "latency": lambda: scenarios.latency(s, rounds),
        "profile": lambda: scenarios.profile(s),
        "restart": lambda: scenarios.restart(s, s.rows // 100, max(rounds, 3)),
    }[part]
    return {"machine": about, "rows": s.rows, "dimension": s.dimension, "rounds": rounds, **run()}


def swept(name: str, rows: int, chosen: list[str]) -> list[str]:
    known = GROWTH if name in ("m10k", "m100k") else MILLION if name == "m" else tuple(driver.LIBRARIES)
    return [n for n in known if n in chosen and not (n == "coder" and rows > CODER_ROWS)]


def names(text: str, known) -> list[str]:
    """A list with commas, of names that are known."""
    found = text.split(",")
    if unknown := [n for n in found if n not in known]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: known are {', '.join(known)}")
    return found


def main():
    parser = argparse.ArgumentParser(prog="python -m ann")
    parser.add_argument("--rounds", type=int, default=3, help="of everything; more than 200,000 rows are built once for all of them")
    parser.add_argument("--sets", type=lambda t: names(t, ("a", "b", "m", "real")), default="a,b,m,real")
    parser.add_argument("--parts", type=lambda t: names(t, PARTS), default=",".join(PARTS))
    parser.add_argument("--libraries", type=lambda t: names(t, driver.LIBRARIES), help="of the sweeps, to compare some")
    parser.add_argument("--rows", type=int, help="of each set, to try the benchmark out")
    parser.add_argument("--page", action="store_true", help="write the page from the results that are there")
    arguments = parser.parse_args()

    results = data.FOLDER / "results"
    if arguments.rows or arguments.libraries:
        results = data.FOLDER / "trial" / "results"
        harness.REPORTS = data.FOLDER / "trial"
    results.mkdir(parents=True, exist_ok=True)
    about = harness.machine()
    if not arguments.page:
        there = driver.available()
        chosen = [n for n in arguments.libraries or there if n in there]
        for part, name in plan(arguments.sets, arguments.parts):
            if found := measure(part, name, arguments.rounds, arguments.rows, chosen):
                (results / f"{part}-{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    page.write(results, about)


if __name__ == "__main__":
    main()
