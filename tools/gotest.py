"""Run `go test` and print what a person reads: a line a package, everything about a failure, and what was skipped.

usage: gotest.py [go test arguments]

`go test` without -v hides skips, and with -v buries them. Each skip, with its reason, is also appended to the file that
the environment variable PINAX_SKIPS names.
"""

import collections
import json
import os
import subprocess
import sys


def skip_reason(lines: list[str]) -> str:
    """The message of t.Skip: the last line that `go test` did not write itself."""
    said = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith(("===", "---"))]
    return said[-1] if said else "no reason given"


def main() -> int:
    process = subprocess.Popen(["go", "test", "-json", *sys.argv[1:]], stdout=subprocess.PIPE, text=True)
    running: dict[tuple[str, str], list[str]] = collections.defaultdict(list)  # (package, test) → its output so far
    skips: list[str] = []

    for line in process.stdout:
        if not line.startswith("{"):
            print(line, end="")
            continue
        event = json.loads(line)
        action, package, test = event["Action"], event.get("Package", ""), event.get("Test", "")
        if action == "build-output":
            print(event["Output"], end="")
        elif action == "output" and test:
            running[package, test].append(event["Output"])
        elif action == "output":
            if event["Output"] != "PASS\n" and "[no test files]" not in event["Output"]:
                print(event["Output"], end="", flush=True)
        elif action == "skip" and test:
            skips.append(f"{package} {test}: {skip_reason(running.pop((package, test), []))}")
        elif action == "pass" and test:
            running.pop((package, test), None)
        elif action == "fail" and test:
            print("".join(running.pop((package, test), [])), end="")
        elif action == "fail":
            # A panic or a deadline ends a package without telling the fate of its tests.
            for key in [key for key in running if key[0] == package]:
                print("".join(running.pop(key)), end="")

    for skip in skips:
        print("SKIPPED", skip)
    if skips and (path := os.environ.get("PINAX_SKIPS")):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "a", encoding="utf-8") as file:
            file.writelines(skip + "\n" for skip in skips)
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
