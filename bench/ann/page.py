"""Writes docs/benchmarks/ann.md and its plots from the results, and says of every aim whether it is met."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re

import matplotlib
import matplotlib.pyplot as plt

import harness
from ann import curve, data
from ann.driver import EF_CONSTRUCTION, LIBRARIES, M
from ann.scenarios import EQUAL_EF, FILTERED_QUERIES, LATENCY_SECONDS, median

RECALLS = (0.95, 0.99)
TITLES = {
    "a": "100,000 × 512, made", "b": "100,000 × 128, made", "m": "1,000,000 × 256, made", "m10k": "its first 10,000",
    "m100k": "its first 100,000", "real": "pictures of the catalogue × 256, asked with titles",
}
SWEPT = ("a", "b", "m", "real")  # by which speed is judged
GROWING = ("m10k", "m100k", "m")
NOISE = 0.05  # by which two measurements of the same scan may differ
LEAST_SHOWN = 0.85  # recall in the plots
BARE_FROM = 1000  # matches from which the bare scan of them counts as the exact one


@dataclasses.dataclass
class Aim:
    """A line of the overview. `met` is None where the numbers are not there."""

    what: str
    aim: str
    reached: str
    met: bool | None

    @classmethod
    def at_least(cls, what: str, least: float, values: list[float | None], unit: str = "×", digits: int = 2, noise: float = 0):
        there = [v for v in values if v is not None]
        reached = " · ".join("–" if v is None else f"{v:.{digits}f}{unit}" for v in values)
        met = None if len(there) < len(values) or not values else min(there) >= least - noise
        return cls(what, f"≥ {least:g}{unit}" + (f", less {noise:.0%} for noise" if noise else ""), reached or "–", met)

    @classmethod
    def at_most(cls, what: str, most: float, values: list[float | None], unit: str = "", digits: int = 2):
        there = [v for v in values if v is not None]
        reached = " · ".join("–" if v is None else f"{v:,.{digits}f}{unit}" for v in values)
        met = None if len(there) < len(values) or not values else max(there) <= most
        return cls(what, f"≤ {most:g}{unit}", reached or "–", met)

    def row(self) -> list[str]:
        return [self.what, self.aim, self.reached, {True: "met", False: "**missed**", None: "not measured"}[self.met]]


class Results:
    """What the parts of the benchmark have left behind: results/PART-SET.json."""

    def __init__(self, folder: pathlib.Path):
        self.all = {file.stem: json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))}

    def of(self, part: str, set_name: str) -> dict | None:
        return self.all.get(f"{part}-{set_name}")

    def sets(self, part: str) -> list[str]:
        return [name for name in TITLES if f"{part}-{name}" in self.all]


def speed(sweep: dict | None, library: str, recall: float, key: str = "qps") -> float | None:
    if sweep is None or library not in sweep["points"]:
        return None
    return curve.speed_at([(p["recall"], p[key]) for p in sweep["points"][library]], recall)


def ratio(a: float | None, b: float | None) -> float | None:
    return a / b if a and b else None


def built(sweep: dict | None, library: str, key: str) -> float | None:
    if sweep is None or library not in sweep["builds"]:
        return None
    return median(b[key] for b in sweep["builds"][library])


def number(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def kernels(results: Results) -> str:
    """What each library says it computes with."""
    said = {LIBRARIES[library].label: builds[-1]["kernels"] for name in results.sets("sweep")
            for library, builds in results.of("sweep", name)["builds"].items()}
    return ", ".join(f"{label}: {with_what}" for label, with_what in said.items())


def mark(points: list[dict], recall: float) -> str:
    """A speed is at least the one given where the fastest search has more recall than asked for."""
    return "≥ " if points and min(p["recall"] for p in points) > recall else ""


def times(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}×"


# The aims


def aims(results: Results) -> list[Aim]:
    return [*speed_aims(results), *build_aims(results), *memory_aims(results), *filter_aims(results), *churn_aims(results),
            *latency_aims(results), *restart_aims(results)]


def speed_aims(results: Results) -> list[Aim]:
    found = []
    for mine, peer, least in (("pinax", "hnswlib", 2), ("pinax", "usearch", 3), ("pinax", "faiss", 1.3),
                              ("pinax-f32", "hnswlib", 1.2)):
        for name in SWEPT:
            sweep = results.of("sweep", name)
            found.append(Aim.at_least(
                f"{LIBRARIES[mine].label} : {LIBRARIES[peer].label}, one thread, `{name}`, recall 0.95 · 0.99", least,
                [ratio(speed(sweep, mine, r), speed(sweep, peer, r)) for r in RECALLS]))
    return found


def build_aims(results: Results) -> list[Aim]:
    what, faster = f"build : hnswlib's at no less recall (ef {EQUAL_EF}), one thread, `a`", "build on two threads : on one, `a`"
    done = results.of("build", "a")
    if done is None:
        return [Aim.at_most(what, 0.6, [None]), Aim.at_least(faster, 1.8, [None])]
    peer = variant(done, "hnswlib", 1)
    equal = [v for v in done["variants"] if v["library"] == "pinax" and v["threads"] == 1
             and of_runs(v, "recall") >= of_runs(peer, "recall") - 0.001]
    best = min((of_runs(v, "cpu_seconds") for v in equal), default=None)
    scaled = of_runs(variant(done, "pinax", 1), "seconds") / of_runs(variant(done, "pinax", 2), "seconds")
    if best is None:
        first = Aim(what, "≤ 0.6", "no build has the recall", False)
    else:
        first = Aim.at_most(what, 0.6, [best / of_runs(peer, "cpu_seconds")])
    return [first, Aim.at_least(faster, 1.8, [scaled])]


def variant(done: dict, library: str, threads: int) -> dict:
    return next(v for v in done["variants"] if v["library"] == library and v["threads"] == threads and not v["options"])


def of_runs(v: dict, key: str) -> float:
    return median(run[key] for run in v["runs"])


def memory_aims(results: Results) -> list[Aim]:
    value = built(results.of("sweep", "m"), "pinax-codes", "bytes_per_vector")
    return [Aim.at_most("bytes a vector, codes in memory, `m`", 450, [value], digits=0)]


def filter_aims(results: Results) -> list[Aim]:
    found = []
    for name in ("a", "m"):
        done = results.of("filters", name)
        cases = done["cases"] if done else []
        recalls = [min(c["recall"] for c in cases)] if cases else [None]
        shares = [min(median(c["qps"]) / bar(done, c) for c in cases)] if cases else [None]
        found += [Aim.at_least(f"least recall with a filter, `{name}`", 0.97, recalls, "", 4),
                  Aim.at_least(f"slowest filter : the better of exact and unfiltered ÷ 4, `{name}`", 1, shares, noise=NOISE)]
    return found


def bar(done: dict, case: dict) -> float:
    """What a filtered search must not be slower than: the exact scan of the matches, and a quarter of the search without a
    filter. Where few rows match, a bare loop over them is no measure, for it checks no arguments and shares nothing."""
    exact = [median(case["exact_qps"])]
    if case["matches"] >= BARE_FROM:
        exact.append(median(case["scan_qps"]))
    return max(*exact, median(done["unfiltered"]["qps"]) / 4)


def churn_aims(results: Results) -> list[Aim]:
    found = []
    for name in results.sets("churn") or ["m100k"]:
        stages = (results.of("churn", name) or {"stages": []})["stages"]
        for label, key in (("as configured", "recall_ef_0"), (f"at ef {EQUAL_EF}", f"recall_ef_{EQUAL_EF}")):
            lost = [s["fresh"][key] - s["churned"][key] for s in stages]
            found.append(Aim.at_most(f"recall lost after 50 % · 100 % were replaced, {label}, `{name}`", 0.01, lost or [None],
                                     digits=4))
        grown = [100 * (s["churned"]["resident_bytes"] / s["fresh"]["resident_bytes"] - 1) for s in stages]
        found.append(Aim.at_most(f"memory over a fresh build's, `{name}`", 10, grown or [None], " %", 1))
    return found


def latency_aims(results: Results) -> list[Aim]:
    found = []
    for name in results.sets("latency") or ["m100k"]:
        done = results.of("latency", name)
        for paced in (True, False):
            what = f"p99 beside two writers : idle p99, `{name}`, {'requests at fixed times' if paced else 'one by one'}"
            if done is None:
                found.append(Aim.at_most(what, 3, [None]))
                continue
            p99 = {m["writers"]: of_runs(m, "p99_ms") for m in done["modes"] if bool(m["rate"]) == paced}
            found.append(Aim.at_most(what, 3, [p99[2] / p99[0]], "×"))
    return found


def restart_aims(results: Results) -> list[Aim]:
    done = results.of("restart", "m")
    clean = killed = None
    if done:
        clean = max(r["open_seconds"] for r in done["clean"])
        killed = max(r["open_seconds"] + r["link_seconds"] for r in done["after_kill"])
    return [Aim.at_most("ready after a clean stop, `m`, the index alone", 5, [clean], " s"),
            Aim.at_most("ready after a kill, `m`, the index alone", 15, [killed], " s")]


# The sections


def sweeps(results: Results) -> str:
    text = []
    for name in results.sets("sweep"):
        if name not in SWEPT:
            continue
        done = results.of("sweep", name)
        image = plot_sweep(name, done)
        text.append(f"### `{name}`: {done['rows']:,} × {done['dimension']}\n\n![{name}](images/{image})\n\n{sweep_table(done)}")
    return "\n\n".join(text)


def sweep_table(done: dict) -> str:
    rows = []
    for library in done["points"]:
        row = [LIBRARIES[library].label, number(built(done, library, "cpu_seconds"), 1),
               number(built(done, library, "bytes_per_vector"))]
        for recall in RECALLS:
            value = speed(done, library, recall)
            row += [mark(done["points"][library], recall) + number(value), times(ratio(speed(done, "pinax", recall), value))]
        rows.append([*row, number(speed(done, library, RECALLS[-1], "qps_per_call")),
                     f"{max(p['recall'] for p in done['points'][library]):.4f}"])
    return harness.table(["one thread", "build, CPU s", "bytes a vector", "queries/s at 0.95", "Pinax is", "at 0.99",
                          "Pinax is", "one a call, at 0.99", "best recall"], rows)


def builds(results: Results) -> str:
    text = []
    for name in results.sets("build"):
        rows = [[LIBRARIES[v["library"]].label, str(v["options"].get("ef_construction") or "as configured"), str(v["threads"]),
                 harness.spread([r["seconds"] for r in v["runs"]], 1), harness.spread([r["cpu_seconds"] for r in v["runs"]], 1),
                 f"{of_runs(v, 'recall'):.4f}"] for v in results.of("build", name)["variants"]]
        text.append(f"`{name}`:\n\n" + harness.table(
            ["", "efConstruction", "threads", "seconds", "CPU s", f"recall at ef {EQUAL_EF}"], rows))
    return "\n\n".join(text)


def growth(results: Results) -> str:
    there = [name for name in GROWING if results.of("sweep", name)]
    rows = []
    for library in ("pinax", "pinax-f32", "pinax-codes", "hnswlib"):
        for name in there:
            done = results.of("sweep", name)
            if library not in done["points"]:
                continue
            at = [speed(done, library, r) for r in RECALLS]
            rows.append([LIBRARIES[library].label, f"{done['rows']:,}",
                         number(1e6 * built(done, library, "cpu_seconds") / done["rows"]),
                         number(built(done, library, "bytes_per_vector")), *(number(1e6 / v if v else None) for v in at)])
    return harness.table(["256 dimensions", "rows", "build, CPU µs a vector", "bytes a vector", "µs a search at 0.95",
                          "at 0.99"], rows)


def memory(results: Results) -> str:
    rows = []
    for name in results.sets("sweep"):
        done = results.of("sweep", name)
        for library in done["builds"]:
            if LIBRARIES[library].go:
                rows.append([f"`{name}`, {done['rows']:,} × {done['dimension']}", LIBRARIES[library].label,
                             *(number(built(done, library, key)) for key in
                               ("bytes_per_vector", "bytes_per_vector_unsettled", "stated_bytes_per_vector")),
                             *(number(part) for part in done["builds"][library][-1]["stated_parts"].values())])
    return harness.table(["set", "", "settled", "before", "as stated", "codes", "vectors", "links", "keys"], rows)


def filtered(results: Results) -> str:
    text = []
    for name in results.sets("filters"):
        done = results.of("filters", name)
        free = median(done["unfiltered"]["qps"])
        rows = [[c["kind"], f"{c['share']:.1%}", f"{c['matches']:,}", f"{c['recall']:.4f}", number(median(c["qps"])),
                 number(median(c["exact_qps"])), number(median(c["scan_qps"])), times(median(c["qps"]) / bar(done, c))]
                for c in done["cases"]]
        text.append(f"### `{name}`\n\nWithout a filter: {free:,.0f} queries/s, recall {done['unfiltered']['recall']:.4f}.\n\n"
                    f"![filters of {name}](images/{plot_filters(name, done)})\n\n" + harness.table(
                        ["filter", "matches", "rows", "recall", "queries/s", "`exact: true`", "bare scan of the matches",
                         "of the aim"], rows))
    return "\n\n".join(text)


def churned(results: Results) -> str:
    rows = []
    for name in results.sets("churn"):
        for s in results.of("churn", name)["stages"]:
            for label in ("churned", "fresh"):
                state = s[label]
                seconds = s["seconds"] if label == "churned" else s["build_seconds"]
                rows.append([f"`{name}`, {s['replaced']} replaced" if label == "churned" else "built afresh",
                             number(1e6 * seconds / (s["rows"] if label == "churned" else state["rows"])),
                             *(f"{state[key]:.4f}" for key in state if key.startswith("recall")),
                             harness.mb(state["resident_bytes"]), harness.mb(state["stated_bytes"])])
    return harness.table(["", "µs a row", "recall as configured", "at ef 20", f"at ef {EQUAL_EF}", "memory", "as stated"], rows)


def waits(results: Results) -> str:
    rows = []
    for name in results.sets("latency"):
        for m in results.of("latency", name)["modes"]:
            rows.append([f"`{name}`, " + (f"{m['rate']} a second" if m["rate"] else "one by one"), str(m["writers"]),
                         *(f"{of_runs(m, key):.2f}" for key in ("p50_ms", "p99_ms", "late_p99_ms", "worst_ms")),
                         number(of_runs(m, "inserts_per_second"))])
    return harness.table(["searches", "writers", "p50 ms", "p99 ms", "p99 of the wait for a core", "worst ms", "inserts/s"], rows)


def profiles(results: Results) -> str:
    text = []
    for name in results.sets("profile"):
        for label, shares in results.of("profile", name)["shares"].items():
            rows = [[f"`{plain(function)}`", f"{share} %"] for share, function in shares]
            text.append(f"`{name}`, {label}:\n\n" + harness.table(["function", "CPU time in itself"], rows))
    return "\n\n".join(text)


def plain(function: str) -> str:
    """The name of a Go function without the types that it was made for, nor whether it was inlined."""
    return re.sub(r" \(inline\)$", "", re.sub(r"\[go\.shape.*\]", "", function))


def starts(results: Results) -> str:
    rows, written = [], []
    for name in results.sets("restart"):
        done = results.of("restart", name)
        for label, runs, tail in (("clean", done["clean"], 0), ("killed", done["after_kill"], done["tail"])):
            rows.append([f"`{name}`, {label}", f"{tail:,}", harness.spread([r["open_seconds"] for r in runs], 2),
                         harness.spread([r["link_seconds"] for r in runs], 2), f"{min(r['recall'] for r in runs):.4f}"])
        full, changes = done["full"], done["changes"]
        written.append(f"A checkpoint of `{name}` has {harness.mb(full['bytes'])} and takes {full['seconds']:.2f} s to write and sync; "
                       f"what {done['tail']:,} further rows change, {harness.mb(changes['bytes'] - full['bytes'])} and "
                       f"{changes['seconds']:.2f} s.")
    return "\n\n".join([harness.table(["", "rows behind the checkpoint", "s to the first answer", "s until they are linked",
                                        "recall"], rows), *written])


# Plots


def style():
    matplotlib.use("Agg")
    plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "pinax", "font.family": "sans-serif", "font.size": 10,
                         "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#dddddd",
                         "figure.facecolor": "white", "legend.frameon": False})


def save(figure, name: str) -> str:
    folder = harness.REPORTS / "images"
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / name, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    return name


def plot_sweep(name: str, done: dict) -> str:
    figure, axes = plt.subplots(figsize=(7.5, 4.6))
    for library, points in done["points"].items():
        known = LIBRARIES[library]
        front = curve.fastest((p["recall"], p["qps"]) for p in points)
        label = known.label if front[-1][0] >= LEAST_SHOWN else f"{known.label}: recall {front[-1][0]:.2f} at best"
        axes.plot(*zip(*front), color=known.colour, linestyle=known.dash, marker="o", markersize=3, label=label,
                  linewidth=2.2 if known.go else 1.5)
    for recall in RECALLS:
        axes.axvline(recall, color="#999999", linewidth=0.8, linestyle=":")
    axes.set(yscale="log", xlabel="recall@10", ylabel="queries a second, one thread (log)", xlim=(LEAST_SHOWN, 1.001),
             title=f"{done['rows']:,} vectors of {done['dimension']} dimensions")
    visible = [p["qps"] for points in done["points"].values() for p in points if p["recall"] >= LEAST_SHOWN]
    if visible:
        axes.set_ylim(min(visible) * 0.8, max(visible) * 1.25)
    axes.legend(loc="lower left", fontsize=9)
    return save(figure, f"ann-{name}.svg")


def plot_filters(name: str, done: dict) -> str:
    kinds = data.Filters.KINDS
    figure, panels = plt.subplots(1, len(kinds), figsize=(10, 3.6), sharey=True)
    for axes, kind in zip(panels, kinds):
        cases = [c for c in done["cases"] if c["kind"] == kind]
        shares = [100 * c["share"] for c in cases]
        axes.plot(shares, [median(c["qps"]) for c in cases], color=LIBRARIES["pinax"].colour, marker="o", markersize=4,
                  linewidth=2.2, label="Pinax")
        axes.plot(shares, [bar(done, c) for c in cases], color="#555555", linestyle="--", label="the aim")
        axes.set(xscale="log", yscale="log", title=kind, xlabel="% of the rows match")
        axes.set_xticks(shares, [f"{s:g}" for s in shares])
        axes.minorticks_off()
    panels[0].set_ylabel("queries a second, one thread (log)")
    panels[0].legend(fontsize=9)
    return save(figure, f"ann-filters-{name}.svg")


# The page


def when(results: Results) -> str:
    rows = [[f"`{name}`", r["machine"]["date"], r["machine"]["pinax"], r["machine"]["cpu"], str(r["rounds"]),
             f"{r['machine']['load_before']:.2f}"] for name, r in results.all.items()]
    return harness.table(["part and set", "date", "Pinax", "CPU", "rounds", "load before"], rows)


def write(folder: pathlib.Path, about: dict):
    style()
    results = Results(folder)
    if not results.all:
        raise SystemExit("bench: there are no results")
    versions = (harness.ROOT / "bench" / "requirements.txt").read_text().split()
    peers = ", ".join(v for v in versions if v.split("==")[0] in ("hnswlib", "usearch", "faiss-cpu"))
    module = harness.said("go", "list", "-m", "github.com/coder/hnsw")
    judged = aims(results)
    counted = {met: sum(a.met is met for a in judged) for met in (True, False, None)}
    body = f"""
Sets `a`, `b` and `m` are drawn from a mixture of 2,000 clusters with a power-law spectrum and a common offset, as embeddings
of CLIP-like encoders have ({data.QUERIES:,} further draws are the queries); `real` has the catalogue's pictures, asked with the titles of
{data.QUERIES:,} test products, encoded by Pinax. Peers: {peers}, with M {M} and efConstruction {EF_CONSTRUCTION}; {module}. Pinax as
configured. Every library has a process of its own. The truth is exact, by BLAS; a row that scores as well as the tenth
counts as found. Queries a second are per CPU second, interpolated between the steps of ef (logarithm of the speed, linear in
recall). Peers get all queries in one call, which costs them nothing in Python; Pinax gets one a call. Memory is the
anonymous resident memory that building added, per vector, vectors included.

Instructions: {kernels(results)}.

## The aims

{counted[True]} met, {counted[False]} missed, {counted[None]} not measured.

{harness.table(["", "aim", "reached", ""], [a.row() for a in judged])}

## Recall and speed

{sweeps(results)}

## Building

Seconds: median (least–most).

{builds(results)}

## Growth

{growth(results)}

## Memory

Bytes a vector on one thread: what building added to the process when the collector had given back what it could, the same
before that, and what the index says of itself, altogether and by what it is for.

{memory(results)}

## Filters

`random` accepts rows at random; `correlated` those nearest to one of {data.Filters.ANCHORS} rows, the one that is nearest to the query;
`anticorrelated` those farthest from it. {FILTERED_QUERIES} queries, one thread, as configured. The aim is the fastest of the scan of the
matches with `exact: true`, from {BARE_FROM:,} matches on a bare loop over their list, and a quarter of the speed without a filter.

{filtered(results)}

## Churn

Rows replaced by new ones, a hundred deleted and a hundred added at a time, beside an index built of the same rows.

{churned(results)}

## Searching beside writers

{LATENCY_SECONDS} s each, on all cores. At fixed times a latency counts from when the search was due: the wait until the system lets its thread run is in it. Two writers insert one row a call.

{waits(results)}

## Starting

The checkpoint is read from the file cache, the vectors are mapped.

{starts(results)}

## Where the time goes

Go's profiler over a build and over searches at ef {EQUAL_EF}, one thread.

{profiles(results)}

## Runs

{when(results)}
"""
    harness.report("ann", "Nearest neighbours", {"results": rounded(results.all)}, body, about)


def rounded(value):
    """Numbers to six digits: more would be noise."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list) else value
