"""Is anything lost when the server dies while it takes items in?

usage: crash.py [--kills 50] [--seed N]      writes docs/benchmarks/crash.md, and fails when anything was lost
"""

import argparse
import json
import shutil
import subprocess

import harness


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    about = harness.machine()
    folder = harness.scratch("crash-", keep=True)
    ran = subprocess.run(
        [harness.build_go("crash"), "-binary", harness.BINARY, "-data", folder / "data",
         "-table", harness.catalog("fashion.csv"), "-pictures", harness.catalog("fashion_80.tar.gz"),
         "-kills", str(arguments.kills), "-seed", str(arguments.seed)],
        stdout=subprocess.PIPE, text=True, check=False)
    if not ran.stdout:
        raise SystemExit(f"bench: crash ended with {ran.returncode}; the data is in {folder}")
    result = json.loads(ran.stdout)
    ready = [s["ready"] for s in result["starts"]]
    last = result["starts"][-1]
    problems = "\n".join(f"- {p}" for p in result["problems"]) or "None."
    body = f"""
`bench/crash` writes items (a picture, a title, eight attributes) with eight writers and kills the server with `SIGKILL` at a
random moment, {result["kills"]} times on the same data folder; {result["kills_at_start"]} of the starts that followed were
killed too. After each start the counts must fit; every item acknowledged in the last round and a sample of the older ones is
read back with its picture and found by its picture and by its title, through the graph. At the end every item is.

{harness.table(["", "count"], [
    ["items acknowledged", result["acknowledged"]],
    ["checks of an item", result["checks"]],
    ["lost, half there or not found", len(result["problems"])],
    ["found exactly, and missed by the walk of the graph", result["graph_misses"]],
    ["writes under way when the server died", result["unanswered"]],
    ["of those, stored all the same, and whole", result["stored_unsaid"]],
])}

From the start of the process to the first ready answer: median {harness.median(ready):.0f} ms, longest {max(ready):.0f} ms, and
{last["ready"]:.0f} ms at the end with {last["items"]:,} items. Seed {result["seed"]}.

A walk of the graph is approximate: an item that it missed and the exact scan finds is not lost.

## Problems

{problems}
"""
    harness.report("crash", "Killed while writing", result, body, about)
    if result["problems"]:
        raise SystemExit(f"bench: {len(result['problems'])} problems; the data is in {folder}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
