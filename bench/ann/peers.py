"""A Python peer, driven over standard input: see driver.py.

usage: peers.py -base FILE.f32 -queries FILE.f32 -dimension N

Queries go to the library in one batch, so that no time of Python's is in it; `per_call` sends them one by one.
"""

import argparse
import json
import os
import re
import resource
import sys
import time

import numpy as np


class Hnswlib:
    def __init__(self, dimension, rows, o):
        import hnswlib
        self.index = hnswlib.Index("ip", dimension)
        self.index.init_index(rows, M=o["m"], ef_construction=o["ef_construction"], random_seed=1)
        self.index.set_num_threads(o["threads"])

    def add(self, numbers, vectors, threads):
        self.index.add_items(vectors, numbers, num_threads=threads)

    def kernels(self):
        return "built for this machine"  # there is no wheel; its setup.py asks for -march=native

    def search(self, queries, k, ef, threads):
        self.index.set_ef(max(ef, k))
        return self.index.knn_query(queries, k, num_threads=threads)[0]


class Usearch:
    def __init__(self, dimension, rows, o):
        from usearch.index import Index
        self.index = Index(ndim=dimension, metric="ip", dtype=o["dtype"], connectivity=o["m"],
                           expansion_add=o["ef_construction"])

    def add(self, numbers, vectors, threads):
        self.index.add(numbers, vectors, threads=threads)

    def kernels(self):
        return self.index.hardware_acceleration

    def search(self, queries, k, ef, threads):
        self.index.expansion_search = ef
        found = self.index.search(queries, k, threads=threads)
        return found.keys.astype(np.int64).reshape(len(queries), -1)


class Faiss:
    def __init__(self, dimension, rows, o):
        import faiss
        self.faiss = faiss
        faiss.omp_set_num_threads(o["threads"])
        if o["dtype"] == "i8":
            self.index = faiss.IndexHNSWSQ(dimension, faiss.ScalarQuantizer.QT_8bit, o["m"], faiss.METRIC_INNER_PRODUCT)
        else:
            self.index = faiss.IndexHNSWFlat(dimension, o["m"], faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = o["ef_construction"]
        self.first = None

    def add(self, numbers, vectors, threads):
        if self.first is None:
            self.first = numbers[0]  # faiss numbers rows from 0
        if not self.index.is_trained:
            self.index.train(np.ascontiguousarray(vectors[:20_000]))
        self.index.add(vectors)

    def kernels(self):
        return self.faiss.get_compile_options().replace("OPTIMIZE", "").strip()

    def search(self, queries, k, ef, threads):
        self.faiss.omp_set_num_threads(threads)
        self.index.hnsw.efSearch = ef
        found = self.index.search(queries, k)[1]
        return np.where(found < 0, found, found + self.first)


LIBRARIES = {"hnswlib": Hnswlib, "usearch": Usearch, "faiss": Faiss}


def anonymous_bytes():
    """Memory that no file backs: the vectors to be added are mapped and do not count."""
    with open("/proc/self/status", encoding="ascii") as status:
        return int(re.search(r"RssAnon:\s+(\d+) kB", status.read()).group(1)) * 1024


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Peer:
    def __init__(self, base, queries, dimension):
        self.base = np.memmap(base, np.float32, "r").reshape(-1, dimension)
        self.queries = np.fromfile(queries, np.float32).reshape(-1, dimension)
        self.library = None

    def build(self, o):
        """Adds rows [start, stop) in one call. The pages of the file are read before, so that no disk is measured."""
        rows = self.base[o["start"]:o["stop"]]
        float(rows[:, 0].sum())
        numbers = np.arange(o["start"], o["stop"])
        library = LIBRARIES[o["library"]]
        library(self.base.shape[1], 1, o)  # so that the code is loaded before memory is read
        memory, cpu, start = anonymous_bytes(), cpu_seconds(), time.perf_counter()
        self.library = library(self.base.shape[1], len(rows), o)
        self.library.add(numbers, rows, o["threads"])
        return {"seconds": time.perf_counter() - start, "cpu_seconds": cpu_seconds() - cpu,
                "bytes_per_vector": (anonymous_bytes() - memory) / len(rows), "kernels": self.library.kernels()}

    def search(self, o):
        queries, k, threads = self.queries[:o.get("queries")], o.get("k", 10), o.get("threads", 1)
        cpu, start = cpu_seconds(), time.perf_counter()
        if o.get("per_call"):
            found = np.vstack([self.library.search(q[None], k, o["ef"], threads) for q in queries])
        else:
            found = self.library.search(queries, k, o["ef"], threads)
        return {"seconds": time.perf_counter() - start, "cpu_seconds": cpu_seconds() - cpu, "queries": len(queries),
                "found": found.astype(np.int64).tolist()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-base", required=True)
    parser.add_argument("-queries", required=True)
    parser.add_argument("-dimension", type=int, required=True)
    arguments = parser.parse_args()
    peer = Peer(arguments.base, arguments.queries, arguments.dimension)
    # Libraries print to standard output when they please; the answers have it for themselves.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"build": peer.build, "search": peer.search}[request.pop("request")](request)
        except Exception as error:  # whatever it is, the other side reports it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
