"""What every benchmark needs: a server in a temporary folder, the catalogue, the machine, and a report.

    with harness.Server() as server:
        harness.post(server.url + "/v1/collections", {"name": "shop"})
    harness.report("ingest", result, text)

Only the standard library, so that the benchmarks without Python peers run without an environment.
"""

from __future__ import annotations

import atexit
import csv
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = ROOT / "bin" / "pinax"
MODEL = ROOT / "models" / "pinax-mini"
REPORTS = ROOT / "docs" / "benchmarks"
SHARED = pathlib.Path(os.environ.get("PINAX_SHARED", ROOT.parent / "shared"))
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
ATTRIBUTES = "gender,masterCategory,subCategory,articleType,baseColour,season,year,usage"


# The catalogue


def catalog(name: str) -> pathlib.Path:
    """A file of the product catalogue, which is too large for the repository."""
    path = SHARED / "data" / "catalog" / name
    if not path.exists():
        raise SystemExit(f"bench: {path} is missing; PINAX_SHARED names the folder that holds data/catalog")
    return path


def products() -> list[dict]:
    with open(catalog("fashion.csv"), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_table(path: pathlib.Path, records: list[dict]) -> pathlib.Path:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, records[0].keys())
        writer.writeheader()
        writer.writerows(records)
    return path


# The server


class Server:
    """`pinax serve` on a fresh data folder, until the end of a `with`."""

    def __init__(self, environment: dict[str, str] | None = None):
        self.data = scratch("data-")
        # Its log goes to a file, so that a full pipe never stops the server.
        self.log = open(self.data / "server.log", "w+", encoding="utf-8")
        self.environment = {**os.environ, **(environment or {})}
        self._start()

    def _start(self):
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", self.data / "data", "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=self.log, text=True, env=self.environment)
        try:
            self.url = self._address()
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def _address(self) -> str:
        for line in self.process.stdout:
            if found := re.search(r"listening on (http://\S+)", line):
                return found.group(1)
        self._fail()

    def _wait_until_ready(self):
        for _ in range(12_000):
            try:
                with urllib.request.urlopen(self.url + "/readyz", timeout=5):
                    return
            except OSError:
                time.sleep(0.01)
            if self.process.poll() is not None:
                break
        self._fail()

    def _fail(self, what: str = "does not get ready"):
        self.log.seek(0)
        raise SystemExit(f"bench: pinax serve {what} (status {self.process.poll()}):\n{self.log.read()[-8000:]}")

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, kind, *_):
        if kind and self.process.poll() is not None:
            self._fail("died")
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def stop(self):
        """Ends the server as an operator does, and waits for it. Twice is no error."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=120)
        self.process.stdout.close()
        self.log.close()

    def kill_and_restart(self):
        """Ends the server as a power failure would (SIGKILL), and starts it on the same folder."""
        self.process.kill()
        self.process.wait(timeout=120)
        self.process.stdout.close()
        self._start()

    def peak_rss_bytes(self) -> int:
        """The most memory that the server has had resident (VmHWM)."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024

    def cpu_seconds(self) -> float:
        """User and system time of the server until now."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stage_seconds(self) -> dict[str, float]:
        """Seconds that threads have spent in each stage of the pipeline, from /metrics."""
        with urllib.request.urlopen(self.url + "/metrics", timeout=60) as response:
            text = response.read().decode()
        found = re.findall(r'^pinax_stage_seconds_sum\{[^}]*stage="(\w+)"[^}]*\} (\S+)$', text, re.MULTILINE)
        return {stage: float(seconds) for stage, seconds in found}


def post(url: str, body: dict, method: str = "POST") -> dict:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=300) as response:
        return json.load(response)


def get(url: str) -> dict:
    with urllib.request.urlopen(url, timeout=300) as response:
        return json.load(response)


def ingest(server: Server, table: pathlib.Path, pictures: pathlib.Path, collection: str, *flags: str) -> float:
    """Runs `pinax ingest` and returns its seconds, from start to end of the command."""
    command = [BINARY, "ingest", table, "--collection", collection, "--server", server.url, "--pictures", pictures,
               "--id-column", "id", "--text-columns", "title", "--attribute-columns", ATTRIBUTES, *flags]
    start = time.perf_counter()
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    seconds = time.perf_counter() - start
    if ran.returncode:
        raise SystemExit(f"bench: pinax ingest ended with {ran.returncode}:\n{ran.stdout[-4000:]}")
    return seconds


def items_in(server: Server, collection: str) -> int:
    return get(f"{server.url}/v1/collections/{collection}")["items"]


# The machine and the report


def scratch(prefix: str, keep: bool = False) -> pathlib.Path:
    """A new folder, removed at the end unless it is kept. It is on the disk of the repository: /tmp is memory on many
    machines, where a sync costs nothing."""
    parent = ROOT / ".cache" / "bench"
    parent.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    if not keep:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def disk_bytes(folder: pathlib.Path) -> int:
    """Bytes that the files of a folder take on the disk."""
    return sum(f.stat().st_blocks * 512 for f in folder.rglob("*") if f.is_file())


def build_go(name: str) -> pathlib.Path:
    """Builds the Go program bench/NAME."""
    program = ROOT / ".cache" / "bench" / name
    subprocess.run(["go", "build", "-buildvcs=false", "-o", program, f"./bench/{name}"], cwd=ROOT, check=True)
    return program


def run_json(*command) -> dict:
    """Runs a program that prints JSON."""
    ran = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    if ran.returncode:
        raise SystemExit(f"bench: {command[0]} ended with {ran.returncode}")
    return json.loads(ran.stdout)


def said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False).stdout.strip()


def machine() -> dict:
    """What the numbers depend on."""
    cpu = pathlib.Path("/proc/cpuinfo").read_text()
    flags = set(re.search(r"^flags\s*: (.*)$", cpu, re.MULTILINE).group(1).split())
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1))
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": re.search(r"^model name\s*: (.*)$", cpu, re.MULTILINE).group(1),
        "cores": CORES,
        "vector_instructions": [f for f in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile") if f in flags],
        "memory_gib": round(memory / 2**20, 1),
        "kernel": platform.release(),
        "go": said("go", "env", "GOVERSION"),
        "python": platform.python_version(),
        "pinax": said("git", "describe", "--tags", "--always", "--dirty"),
        "load_before": os.getloadavg()[0],
    }


def table(header: list[str], rows: list[list]) -> str:
    """A Markdown table. Numbers stand to the right."""
    align = ["---:" if rows and isinstance(rows[0][i], (int, float)) else "---" for i in range(len(header))]
    lines = [header, align, *([str(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def median(values) -> float:
    return statistics.median(values)


def spread(values, digits: int = 0) -> str:
    """The median and, behind it, the least and the greatest: "812 (790–835)"."""
    numbers = [f"{v:,.{digits}f}" for v in (median(values), min(values), max(values))]
    return numbers[0] if len(set(numbers)) == 1 else "{} ({}–{})".format(*numbers)


def mb(count: float) -> str:
    return f"{count / 1e6:,.0f} MB"


def report(name: str, title: str, result: dict, body: str, about: dict):
    """Writes docs/benchmarks/NAME.md, and NAME.json with every number behind it."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    (REPORTS / f"{name}.json").write_text(json.dumps({"machine": about, **result}, indent=1) + "\n")
    wide = ", ".join(about["vector_instructions"])
    (REPORTS / f"{name}.md").write_text(f"""# {title}

Written by `make bench-{name}`; [{name}.json]({name}.json) has every number.

{about["date"]} · {about["cores"]} cores of {about["cpu"]} ({wide}) · {about["memory_gib"]} GiB · Linux {about["kernel"]}
· {about["go"]} · Python {about["python"]} · Pinax {about["pinax"]} · load before the run {about["load_before"]:.2f}

{body.strip()}
""")
    print(f"bench: wrote {(REPORTS / name).relative_to(ROOT)}.md")
