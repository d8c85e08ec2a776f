"""How fast the catalogue goes in, beside the bare sessions and beside Python.

usage: ingest.py [--rounds 3] [--limit N]      writes docs/benchmarks/ingest.md

Each round runs, one after the other so that they share the machine's mood: the ceiling (decode and both towers alone),
Pinax (`pinax ingest` over HTTP into `pinax serve`), and the Python peer in both its settings.
"""

import argparse
import concurrent.futures
import re
import resource
import shutil
import socket
import sys
import tarfile
import time
import urllib.request

import harness

SETS = {"80": "60×80 pixels", "224": "168×224 pixels"}


def table_of(pictures, limit: int, folder):
    """A table of the products that an archive has pictures of."""
    with tarfile.open(pictures) as archive:
        there = {name.removesuffix(".jpg") for name in archive.getnames()}
    records = [r for r in harness.products() if r["id"] in there][:limit]
    return harness.write_table(folder / "fashion.csv", records), len(records)


def pinax(table, pictures, expected: int) -> dict:
    with harness.Server() as server:
        idle, before = server.cpu_seconds(), resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = harness.ingest(server, table, pictures, "fashion")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        items = harness.items_in(server, "fashion")
        if items != expected:
            raise SystemExit(f"bench: {items} of {expected} products arrived")
        client_cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        server_cpu = server.cpu_seconds() - idle
        result = {
            "items": items, "seconds": seconds, "items_per_second": items / seconds,
            "stage_seconds": server.stage_seconds(),
            "cpu_seconds": server_cpu + client_cpu, "client_cpu_seconds": client_cpu,
            "peak_rss_bytes": server.peak_rss_bytes(),
        }
        server.stop()  # the last checkpoint is part of what is on the disk
        return result | {"disk_bytes": harness.disk_bytes(server.data / "data")}


# Whose work a sample of the CPU profile is: the first line that a frame of its stack matches.
WORK = {
    "ONNX sessions": r"pinax/encoder/onnx\.\(\*Session\)\.Run",
    "decoding and preprocessing": r"pinax/encoder/picture\.",
    "tokenizing": r"pinax/encoder/tokenizer\.",
    "linking into the graphs": r"pinax/index/",
    "storage": r"pinax/storage/|go\.etcd\.io/bbolt",
    "HTTP and JSON": r"net/http\.|pinax/web\.|encoding/json",
    "garbage collection": r"runtime\.(gc|bgsweep|bgscavenge)",
}


def profile(table, pictures) -> dict[str, float]:
    """The share of the server's CPU time that each kind of work takes, from a run of its own under Go's profiler."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = "127.0.0.1:{}".format(free.getsockname()[1])
    with harness.Server({"PINAX_SERVER_PPROF": address}) as server, concurrent.futures.ThreadPoolExecutor(1) as pool:
        ingestion = pool.submit(harness.ingest, server, table, pictures, "fashion")
        time.sleep(2)  # past the start, where the collection is small
        with urllib.request.urlopen(f"http://{address}/debug/pprof/profile?seconds=10", timeout=60) as response:
            (server.data / "cpu.pprof").write_bytes(response.read())
        ingestion.result()
        traces = harness.said("go", "tool", "pprof", "-traces", harness.BINARY, server.data / "cpu.pprof")
    seconds = dict.fromkeys([*WORK, "the rest"], 0.0)
    for stack in traces.split("-----------+")[1:]:
        if sample := re.search(r"^ *([\d.]+)(ms|s)   ", stack, re.MULTILINE):
            work = next((w for w, frame in WORK.items() if re.search(frame, stack)), "the rest")
            seconds[work] += float(sample.group(1)) / (1000 if sample.group(2) == "ms" else 1)
    return {work: share / sum(seconds.values()) for work, share in seconds.items()}


def peer(table, pictures, setting: str) -> dict:
    folder = harness.scratch("peer-")
    try:
        return harness.run_json(sys.executable, harness.ROOT / "bench/peers/ingest.py", harness.MODEL, table, pictures,
                                folder, "--setting", setting)
    finally:
        shutil.rmtree(folder)


def measure(pictures, rounds: int, limit: int) -> dict:
    folder = harness.scratch("ingest-")
    table, count = table_of(pictures, limit, folder)
    ceiling = harness.build_go("ceiling")
    runs = {"ceiling": [], "pinax": [], "python_workers": [], "python_wide": []}
    for number in range(rounds):
        runs["ceiling"].append(harness.run_json(ceiling, "-model", harness.MODEL, "-table", table, "-pictures", pictures))
        runs["pinax"].append(pinax(table, pictures, count))
        for setting in ("workers", "wide"):
            runs[f"python_{setting}"].append(peer(table, pictures, setting))
        rates = {name: round(done[-1]["items_per_second"]) for name, done in runs.items()}
        print(f"bench: round {number + 1} of {rounds}, {count} products: {rates}", flush=True)
    return {"runs": runs, "cpu_profile": profile(table, pictures)}


def describe(measured: dict, pixels: str) -> str:
    runs = measured["runs"]
    names = {
        "ceiling": "decode + both towers alone",
        "pinax": "**Pinax**, over HTTP",
        "python_workers": "Python, a batch a core",
        "python_wide": "Python, one batch on all cores",
    }
    rate = {name: harness.median(r["items_per_second"] for r in done) for name, done in runs.items()}
    rows = []
    for name, label in names.items():
        done = runs[name]
        stored = "peak_rss_bytes" in done[0]
        rows.append([
            label, harness.spread([r["items_per_second"] for r in done]), f"{rate['pinax'] / rate[name]:.2f}",
            f"{harness.median(1000 * r['cpu_seconds'] / r['items'] for r in done):.2f}",
            harness.mb(max(r["peak_rss_bytes"] for r in done)) if stored else "–",
            harness.mb(harness.median(r["disk_bytes"] for r in done)) if stored else "–"])
    overview = harness.table(["", "items/s: median (least–most)", "Pinax is × this", "CPU ms an item", "peak memory", "on disk"], rows)

    stages = {"decode": "decode", "encode_image": "encode pictures", "encode_text": "encode titles", "blob": "write pictures",
              "commit": "commit", "link": "link into the graphs", "checkpoint": "checkpoint"}
    spent = {stage: harness.median(r["stage_seconds"].get(stage, 0) for r in runs["pinax"]) for stage in stages}
    total = sum(spent.values())
    shares = harness.table(["stage", "thread seconds", "share"], [
        [label, f"{spent[stage]:.1f}", f"{spent[stage] / total:.1%}"] for stage, label in stages.items()])
    cpu = harness.table(["work", "share"], [[work, f"{share:.1%}"] for work, share in measured["cpu_profile"].items()])
    return f"""## {runs["pinax"][0]["items"]:,} products, pictures of {pixels}

{overview}

Where the server's time goes (`pinax_stage_seconds` at `/metrics`, the median of the rounds; a stage that waits for a
core, the disk or a lock counts its waiting):

{shares}

Where the server's CPU time goes (Go's profiler over ten seconds of a run of its own, each sample counted once):

{cpu}
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=int, default=None, help="products, to try the benchmark out")
    arguments = parser.parse_args()
    about = harness.machine()
    measured = {size: measure(harness.catalog(f"fashion_{size}.tar.gz"), arguments.rounds, arguments.limit) for size in SETS}
    versions = (harness.ROOT / "bench" / "requirements.txt").read_text().split("\n")
    body = f"""
Every product is an item with a picture, a title and eight attributes. `pinax ingest` reads the CSV and the tar, sends each
item over HTTP to `pinax serve` on the same machine, and an item counts when it is durable and searchable. The ceiling is
`bench/ceiling`: the same decoder, tokenizer and ONNX sessions, one thread a core, nothing else. The peer is
`bench/peers/ingest.py`: one process, Pillow, onnxruntime, tokenizers, hnswlib (M 16, efConstruction 200) and SQLite with
a synchronous commit every 256 items, so no HTTP, no answer an item, and the graphs on disk only at the end. It runs in two
settings. CPU time is of all processes together, Pinax's client included; unlike the rate it hardly depends on what
else the machine does. {arguments.rounds} rounds, each of all four. Peers: {", ".join(v for v in versions if "==" in v)}.

{chr(10).join(describe(measured[size], pixels) for size, pixels in SETS.items())}"""
    harness.report("ingest", "Ingestion", {"rounds": arguments.rounds, "sets": measured}, body, about)


if __name__ == "__main__":
    main()
