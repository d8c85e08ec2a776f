"""Run every fuzz target of the module for a while; there is no list to forget a new one in.

usage: fuzz.py [TIME]      (5s)
"""

import json
import subprocess
import sys


def targets() -> list[tuple[str, str]]:
    """(package, target) of every Fuzz function, as the compiled tests name them."""
    command = ["go", "test", "-json", "-list", "^Fuzz", "./..."]
    listed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    events = [json.loads(line) for line in listed.stdout.splitlines() if line.startswith("{")]
    if listed.returncode:
        sys.exit("".join(e.get("Output", "") for e in events) + "fuzz: listing the targets failed")
    return [(e["Package"], e["Output"].strip()) for e in events if e.get("Output", "").startswith("Fuzz")]


def fuzz(package: str, target: str, time: str) -> subprocess.CompletedProcess:
    command = ["go", "test", "-run", "^$", "-fuzz", f"^{target}$", "-fuzzminimizetime", "10x", "-fuzztime", time, package]
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    # The Go tool now and then takes the end of the time itself for a failure (golang/go#75804). A real one names its input.
    if ran.returncode and "context deadline exceeded" in ran.stdout and "Failing input written" not in ran.stdout:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return ran


def main() -> int:
    time = sys.argv[1] if len(sys.argv) > 1 else "5s"
    found = targets()
    if not found:
        sys.exit("fuzz: no fuzz targets found")
    failed = []
    for package, target in found:
        ran = fuzz(package, target, time)
        if ran.returncode:
            failed.append(f"{package} {target}")
            print(ran.stdout, end="", flush=True)
        else:
            print(ran.stdout.splitlines()[-1], target, flush=True)
    print(f"fuzz: {len(found) - len(failed)} of {len(found)} targets passed, {time} each")
    for name in failed:
        print("fuzz: FAILED", name)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
