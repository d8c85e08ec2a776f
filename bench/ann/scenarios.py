"""What is measured. Each function takes a set, drives libraries through a scenario and returns plain numbers."""

from __future__ import annotations

import contextlib
import itertools
import pathlib
import re

import numpy as np

import harness
from ann import curve, data
from ann.driver import LIBRARIES, Driver, go_program

K = 10
EFS = (10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 192, 256, 384, 512, 768, 1024)
ENOUGH = 0.995  # recall at which a sweep ends
SATURATED = 0.0005  # a step of ef that raises recall by less ends it too, from ef 128 on
PASSES = 9  # over the queries at each ef, in each round
PER_CALL = 200  # queries that are sent one by one
LINKS_BYTES = 400  # beside a vector, at most
BUILT_ONCE = 200_000  # rows from which a library is built once for all rounds

EQUAL_EF = 64  # at which two graphs' recalls are compared
SHARES = (0.001, 0.01, 0.05, 0.1, 0.3, 0.9)
FILTERED_QUERIES = 200
SCANNED = 40_000_000  # rows that a pass of scans may score, which limits its queries

PROFILED_PASSES = 30

LATENCY_SECONDS = 5
RATE = 200  # searches a second that are due


def say(text: str):
    print(f"bench: {text}", flush=True)


def median(values) -> float:
    return harness.median(list(values))


def qps(answer: dict) -> float:
    """Queries a second of CPU time, which what else runs on the machine disturbs less than the clock's."""
    return answer["queries"] / answer["cpu_seconds"]


class Judge:
    """Counts recall against the exact neighbours in rows [start, stop)."""

    def __init__(self, s: data.Set, start: int = 0, stop: int | None = None):
        self.set, self.start, self.stop = s, start, stop or s.rows
        self.kth = s.truth(start, self.stop)[1][:, K - 1]

    def scores(self, query: int, rows: list[int]) -> np.ndarray:
        if any(not self.start <= row < self.stop for row in rows):
            raise SystemExit(f"bench: query {query} came back with rows that are not there: {rows}")
        return self.set.base[rows] @ self.set.queries[query]

    def recall(self, found: list[list[int]]) -> float:
        return curve.recall(found, self.scores, self.kth, K)


# Recall and speed


def sweep(s: data.Set, names: list[str], rounds: int) -> dict:
    """Builds every library on one thread, then searches with rising ef. Returns, by library, its builds and its points.

    Each round builds anew, but for large sets. The libraries stay in memory side by side if there is room and take turns.
    """
    judge = Judge(s)
    builds = {name: [] for name in names}
    points = {name: {} for name in names}
    groups = [names] if fit(s, len(names)) else [[name] for name in names]
    turns = [range(rounds)] if s.rows > BUILT_ONCE else [[number] for number in range(rounds)]
    for numbers, group in itertools.product(turns, groups):
        with contextlib.ExitStack() as stack:
            drivers = []
            for name in turn(group, numbers[0]):
                d = stack.enter_context(Driver(LIBRARIES[name], s))
                built = d.build()
                builds[name].append(built)
                drivers.append(d)
                say(f"{s.name}, round {numbers[0] + 1} of {rounds}: {d.library.label} built in {built['cpu_seconds']:.1f} s, "
                    f"{built['bytes_per_vector']:.0f} bytes a vector")
            for number in numbers:
                climb(drivers, points, judge)
                say(f"{s.name}, round {number + 1} of {rounds}: searched")
    return {"builds": builds, "points": {name: summary(found) for name, found in points.items()}}


def fit(s: data.Set, libraries: int) -> bool:
    """Whether so many indexes take at most half of the memory that is free."""
    free = int(re.search(r"MemAvailable:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1)) * 1024
    return libraries * s.rows * (4 * s.dimension + LINKS_BYTES) < free / 2


def turn(names: list[str], number: int) -> list[str]:
    """Each round begins with another library."""
    return names[number % len(names):] + names[:number % len(names)]


def climb(drivers: list[Driver], points: dict, judge: Judge):
    """Raises ef. At each the libraries take turns, so that they share what else the machine does. One that has recall
    enough, or gets no more of it, drops out; coder/hnsw has no ef and is asked once."""
    climbing, best = list(drivers), {}
    for d in climbing:
        d.ask("search", ef=EFS[0])  # warms up
    for ef in EFS:
        for d in list(climbing):
            passes = [d.ask("search", ef=ef) for _ in range(PASSES)]
            single = d.ask("search", ef=ef, per_call=True, queries=PER_CALL)
            point = points[d.library.name].setdefault(ef, {"recall": [], "qps": [], "qps_per_call": []})
            point["recall"].append(judge.recall(passes[0]["found"]))
            point["qps"].append(median(map(qps, passes)))
            point["qps_per_call"].append(qps(single))
            rise = point["recall"][-1] - best.get(d.library.name, 0)
            best[d.library.name] = point["recall"][-1]
            if point["recall"][-1] > ENOUGH or (ef >= 128 and rise < SATURATED) or d.library.name == "coder":
                climbing.remove(d)


def summary(found: dict) -> list[dict]:
    """One point an ef, medians of the rounds. A point that some round did not need is still that of the others."""
    return [{"ef": ef, **{key: median(values) for key, values in point.items()}, "qps_of_rounds": point["qps"]}
            for ef, point in sorted(found.items())]


# Building


def building(s: data.Set, rounds: int) -> dict:
    """Builds Pinax and hnswlib on one thread and on two, and tells the recall of each graph at the same ef."""
    judge = Judge(s)
    variants = [("pinax", 1, {}), ("pinax", 2, {}), ("pinax", 1, {"ef_construction": 200}),
                ("hnswlib", 1, {}), ("hnswlib", 2, {})]
    done = [{"library": name, "threads": threads, "options": options, "runs": []} for name, threads, options in variants]
    for number in range(rounds):
        for variant in done:
            with Driver(LIBRARIES[variant["library"]], s, threads=variant["threads"]) as d:
                built = d.build(**variant["options"])
                built["recall"] = judge.recall(d.ask("search", ef=EQUAL_EF)["found"])
            variant["runs"].append(built)
            say(f"{s.name}, round {number + 1} of {rounds}: {variant['library']} on {variant['threads']} threads "
                f"{variant['options'] or ''}: {built['seconds']:.1f} s, recall {built['recall']:.4f}")
    return {"ef": EQUAL_EF, "variants": done}


# Filters


def filtering(s: data.Set, rounds: int) -> dict:
    """Searches with filters, as the index plans it, beside a scan of the matches and the search without a filter."""
    f = data.filters(s)
    kth = data.filtered_truth(s, f, SHARES, FILTERED_QUERIES, K)
    judge = Judge(s)
    with Driver(LIBRARIES["pinax"], s) as d:
        d.build()
        d.ask("filters", path=str(f.file), rows=s.rows, anchor=f.anchor.tolist())
        free = d.ask("search", ef=0)
        plain, cases = [], {case: {"qps": [], "exact_qps": [], "scan_qps": []} for case in kth}
        for number in range(rounds):
            plain.append(qps(d.ask("search", ef=0)))
            for (kind, share), case in cases.items():
                low, high = f.range(kind, share)
                which = {"filter": "random" if kind == "random" else "anchor", "low": low, "high": high}
                found = d.ask("search", ef=0, queries=FILTERED_QUERIES, **which)
                few = max(10, min(FILTERED_QUERIES, SCANNED // (high - low) // 2))
                case["qps"].append(qps(found))
                case["exact_qps"].append(qps(d.ask("search", exact=True, queries=few, **which)))
                case["scan_qps"].append(qps(d.ask("scan", queries=few, **which)))
                if number == 0:
                    case |= {"kind": kind, "share": share, "matches": high - low,
                             "recall": filtered_recall(s, f, kind, share, found["found"], kth[kind, share])}
            say(f"{s.name}: filters, round {number + 1} of {rounds}")
    return {"unfiltered": {"qps": plain, "recall": judge.recall(free["found"])}, "cases": list(cases.values())}


def filtered_recall(s: data.Set, f: data.Filters, kind: str, share: float, found: list, kth: np.ndarray) -> float:
    def scores(query: int, rows: list[int]) -> np.ndarray:
        if not f.accepted(kind, share, query)[rows].all():
            raise SystemExit(f"bench: query {query} came back with rows that its filter does not accept: {rows}")
        return s.base[rows] @ s.queries[query]

    low, high = f.range(kind, share)
    return curve.recall(found, scores, kth, min(K, high - low))


# Churn


def churn(s: data.Set) -> dict:
    """Replaces half of the rows, then all, a hundred at a time, and compares with a fresh index of the same rows."""
    n = s.rows
    stages = [("50 %", 0, n // 2, n, n // 2), ("100 %", n // 2, n + n // 2, n + n // 2, n + n // 2)]
    done = []
    with Driver(LIBRARIES["pinax"], s, threads=harness.CORES) as d:
        d.build()
        for label, start, stop, instead, live in stages:
            spent = d.ask("replace", start=start, stop=stop, **{"with": instead}, batch=100)
            say(f"{s.name}: replaced {label} of {n:,} rows in {spent['seconds']:.1f} s")
            churned = state(d, s, live, live + n)
            with Driver(LIBRARIES["pinax"], s, threads=harness.CORES) as fresh:
                built = fresh.build(live, live + n)
                done.append({"replaced": label, "rows": stop - start, "seconds": spent["seconds"],
                             "build_seconds": built["seconds"], "churned": churned, "fresh": state(fresh, s, live, live + n)})
    return {"stages": done}


def state(d: Driver, s: data.Set, start: int, stop: int) -> dict:
    """Memory, and recall as configured and at a low ef, where a bad graph shows more."""
    judge = Judge(s, start, stop)
    memory = d.ask("memory")
    if memory["rows"] != stop - start:
        raise SystemExit(f"bench: the index has {memory['rows']} rows, not {stop - start}")
    return {**memory, **{f"recall_ef_{ef}": judge.recall(d.ask("search", ef=ef)["found"]) for ef in (0, 20, EQUAL_EF)}}


# Latency


def latency(s: data.Set, rounds: int) -> dict:
    """Searches one after the other and at fixed times, with no writer and with two that insert as fast as they can."""
    done = {(rate, writers): [] for rate in (0, RATE) for writers in (0, 2)}
    with Driver(LIBRARIES["pinax"], s, threads=harness.CORES) as d:
        d.build()
        following = s.rows  # the row that a writer inserts next
        for number in range(rounds):
            for (rate, writers), runs in done.items():
                run = d.ask("latency", start=following, for_seconds=LATENCY_SECONDS, rate=rate, writers=writers)
                following += run["inserted"]
                runs.append(run)
            say(f"{s.name}: latency, round {number + 1} of {rounds}: " + ", ".join(
                f"{writers} writers{', paced' if rate else ''} p99 {runs[-1]['p99_ms']:.2f} ms"
                for (rate, writers), runs in done.items()))
    return {"rows_before": s.rows, "rate": RATE,
            "modes": [{"rate": rate, "writers": writers, "runs": runs} for (rate, writers), runs in done.items()]}


# Profile


def profile(s: data.Set) -> dict:
    """The share of the CPU time that each function takes, while the graph is built and while it is searched, at last with
    a filter that leaves nothing but a scan."""
    shares = {}
    file = data.FOLDER / f"{s.name}.pprof"
    f = data.filters(s)
    low, high = f.range("anticorrelated", 0.3)
    with Driver(LIBRARIES["pinax"], s) as d:
        def passes(count: int, **options):
            for _ in range(count):
                d.ask("search", **options)

        def far():
            d.ask("filters", path=str(f.file), rows=s.rows, anchor=f.anchor.tolist())
            passes(PROFILED_PASSES // 10, ef=0, queries=FILTERED_QUERIES, filter="anchor", low=low, high=high)

        for label, work in (("building", d.build), ("searching", lambda: passes(PROFILED_PASSES, ef=EQUAL_EF)),
                            ("searching among the farthest 30 %", far)):
            d.ask("profile", path=str(file))
            work()
            d.ask("profile")
            text = harness.said("go", "tool", "pprof", "-top", "-nodecount=12", go_program(), file)
            shares[label] = re.findall(r"^ *\S+ +([\d.]+)% +\S+ +\S+ +\S+ +(.+)$", text, re.MULTILINE)
    file.unlink()
    return {"ef": EQUAL_EF, "shares": shares}


# Starting


def restart(s: data.Set, tail: int, rounds: int) -> dict:
    """Opens a checkpoint of the set in new processes: one that misses the last rows, as after a kill, and one to which
    their nodes were appended, as after a clean stop."""
    file = data.FOLDER / f"{s.name}.checkpoint"
    try:
        with Driver(LIBRARIES["pinax"], s, threads=harness.CORES) as d:
            d.build(0, s.rows - tail)
            full = d.ask("checkpoint", path=str(file))
            after_kill = [reopen(s, file, tail) for _ in range(rounds)]
            d.ask("add", start=s.rows - tail, stop=s.rows)
            changes = d.ask("checkpoint", path=str(file), changes=True)
            d.kill()
        clean = [reopen(s, file, 0) for _ in range(rounds)]
    finally:
        file.unlink(missing_ok=True)
    return {"tail": tail, "full": full, "changes": changes, "clean": clean, "after_kill": after_kill}


def reopen(s: data.Set, file, tail: int) -> dict:
    """Seconds from an empty index to the first answer, and then until the tail is linked; and the recall then."""
    with Driver(LIBRARIES["pinax"], s, threads=harness.CORES) as d:
        opened = d.ask("restore", **{**d.library.options, "threads": harness.CORES}, path=str(file), stop=s.rows)["seconds"]
        linked = d.ask("add", start=s.rows - tail, stop=s.rows, batch=1000)["seconds"] if tail else 0.0
        recall = Judge(s).recall(d.ask("search", ef=0)["found"])
    say(f"{s.name}: opened in {opened:.2f} s, {tail} rows more in {linked:.2f} s, recall {recall:.4f}")
    return {"open_seconds": opened, "link_seconds": linked, "recall": recall}
