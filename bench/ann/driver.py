"""A library in a process of its own, which is told what to do one line of JSON at a time.

    with Driver(LIBRARIES["hnswlib"], s) as d:
        built = d.ask("build", stop=s.rows)
        found = d.ask("search", ef=64)

A process of its own makes memory and CPU time the library's alone. Pinax and coder/hnsw are driven by a Go program, the
others by peers.py; both answer the same requests, so that what is measured, and in which order, is decided in one place.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import harness
from ann import data

M = 16
EF_CONSTRUCTION = 200  # what hnswlib's, usearch's and faiss' own benchmarks build with


@dataclasses.dataclass(frozen=True)
class Library:
    name: str
    label: str
    colour: str
    dash: str = "-"  # of its line in plots
    options: dict = dataclasses.field(default_factory=dict)
    go: bool = False


def _peer(name, label, colour, dash="-", **options):
    return Library(name, label, colour, dash, {"m": M, "ef_construction": EF_CONSTRUCTION, **options})


def _pinax(name, label, dash="-", colour="#c1121f", **options):
    return Library(name, label, colour, dash, options, go=True)


LIBRARIES = {library.name: library for library in (
    _pinax("pinax", "Pinax", config="default"),
    _pinax("pinax-f32", "Pinax, f32", "--", config="f32"),
    _pinax("pinax-f16", "Pinax, f16", "-.", config="f16"),
    _pinax("pinax-codes", "Pinax, codes in memory", ":", config="codes"),
    _peer("hnswlib", "hnswlib", "#1d3557", library="hnswlib"),
    _peer("usearch", "usearch, f32", "#2a9d8f", library="usearch", dtype="f32"),
    _peer("usearch-i8", "usearch, i8", "#2a9d8f", "--", library="usearch", dtype="i8"),
    _peer("faiss", "faiss HNSWFlat", "#e9a000", library="faiss", dtype="f32"),
    _peer("faiss-sq8", "faiss HNSWSQ 8 bit", "#e9a000", "--", library="faiss", dtype="i8"),
    _pinax("coder", "coder/hnsw", colour="#6c757d", config="coder"),
)}


class Driver:
    """A running library. Its process ends with the `with` block."""

    def __init__(self, library: Library, s: data.Set, threads: int = 1):
        self.library, self.set, self.threads = library, s, threads
        self.queries = data.FOLDER / f"{s.name}-queries.tmp"

    def __enter__(self) -> "Driver":
        self.queries.parent.mkdir(parents=True, exist_ok=True)
        self.set.queries.tofile(self.queries)
        command = [go_program()] if self.library.go else [sys.executable, pathlib.Path(__file__).with_name("peers.py")]
        threads = str(self.threads)
        self.process = subprocess.Popen(
            [*command, "-base", self.set.file, "-queries", self.queries, "-dimension", str(self.set.dimension)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "GOMAXPROCS": threads})
        return self

    def ask(self, request: str, **arguments) -> dict:
        """Sends one request and returns the answer. Fails loudly with the library's error."""
        try:
            self.process.stdin.write(json.dumps({"request": request, **arguments}) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise SystemExit(f"bench: {self.library.label} died (status {self.process.wait()}) at: {request} {arguments}")
        found = json.loads(answer)
        if found.get("error"):
            raise SystemExit(f"bench: {self.library.label}: {request} {arguments}: {found['error']}")
        return found

    def build(self, start: int = 0, stop: int | None = None, **options) -> dict:
        """Links rows [start, stop) of the set's file under their numbers."""
        return self.ask("build", **{**self.library.options, "threads": self.threads, **options},
                        start=start, stop=stop or self.set.rows)

    def kill(self):
        """Ends the process as a power failure would."""
        self.process.kill()
        self.process.wait()

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process.stdout.close()


_program: list[pathlib.Path] = []  # built once a run


def go_program() -> pathlib.Path:
    if not _program:
        _program.append(harness.build_go("ann/drive"))
    return _program[0]


def available() -> list[str]:
    """The libraries that can be driven: which configurations of Pinax there are is known to the Go program only."""
    configs = subprocess.run([go_program(), "-configs"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return [name for name, library in LIBRARIES.items() if not library.go or library.options["config"] in configs]
