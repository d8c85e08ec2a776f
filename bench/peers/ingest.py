"""The job of `pinax ingest` as one Python process: pictures and titles in, vectors and indexes out, all on disk at the end.

usage: ingest.py MODEL_FOLDER CATALOG.csv PICTURES.tar.gz OUT_FOLDER [--setting wide|workers] [--limit N]

It is written the way one writes it to be fast: batches of 64, the tokenizer's own batching, one fused normalisation a
batch, threads for everything that lets go of the interpreter lock, links added by all cores, a commit every 256 items
(SQLite, write-ahead log, synchronous). Prints one JSON object. Loading the models is not timed.

Two settings, because which is faster depends on the machine:
  wide     one batch at a time; the session and a pool of decoders each use all cores
  workers  a batch a core; each decodes and runs the session on one thread
"""

import argparse
import collections
import concurrent.futures
import contextlib
import csv
import io
import json
import os
import pathlib
import resource
import sqlite3
import tarfile
import threading
import time

import hnswlib
import numpy as np
import onnxruntime
import PIL.Image
import tokenizers

BATCH = 64
COMMIT = 256
CORES = len(os.sched_getaffinity(0))
ATTRIBUTES = ("gender", "masterCategory", "subCategory", "articleType", "baseColour", "season", "year", "usage")


class Clock:
    """Adds up the seconds that threads spend in each stage."""

    def __init__(self):
        self.seconds = collections.defaultdict(float)
        self.lock = threading.Lock()

    @contextlib.contextmanager
    def stage(self, name):
        start = time.perf_counter()
        yield
        with self.lock:
            self.seconds[name] += time.perf_counter() - start


class Encoder:
    """Both towers of a model folder. Methods take lists and return L2-normalised [n][d]float32."""

    def __init__(self, folder: pathlib.Path, threads: int, clock: Clock):
        self.clock = clock
        settings = json.loads((folder / "preprocessor_config.json").read_text())
        self.size = settings["size"]["longest_edge"]
        self.pad = (settings["pad_value"],) * 3
        std = np.float32(settings["image_std"])
        self.scale = (1 / (255 * std)).astype(np.float32)
        self.shift = (np.float32(settings["image_mean"]) / std).astype(np.float32)
        self.tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_padding(pad_id=0)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = lambda name: onnxruntime.InferenceSession(folder / "onnx" / name, options, ["CPUExecutionProvider"])
        self.vision, self.text = session("vision_model.onnx"), session("text_model.onnx")

    def canvas(self, jpeg: bytes) -> np.ndarray:
        """The picture resized and centred on white, [size][size][3]uint8."""
        image = PIL.Image.open(io.BytesIO(jpeg)).convert("RGB")
        scale = self.size / max(image.size)
        if scale != 1:
            edges = [max(1, round(edge * scale)) for edge in image.size]
            image = image.resize(edges, PIL.Image.Resampling.BICUBIC)
        square = PIL.Image.new("RGB", (self.size, self.size), self.pad)
        square.paste(image, ((self.size - image.width) // 2, (self.size - image.height) // 2))
        return np.asarray(square)

    def images(self, jpegs: list[bytes], map_pictures=map) -> np.ndarray:
        with self.clock.stage("decode"):
            canvases = np.stack(list(map_pictures(self.canvas, jpegs)))
            pixels = np.ascontiguousarray((canvases * self.scale - self.shift).transpose(0, 3, 1, 2))
        with self.clock.stage("encode_image"):
            return self.vision.run(None, {"pixel_values": pixels})[0]

    def texts(self, texts: list[str]) -> np.ndarray:
        with self.clock.stage("encode_text"):
            tokens = self.tokenizer.encode_batch_fast(texts)
            ids = np.array([t.ids for t in tokens], np.int64)
            mask = np.array([t.attention_mask for t in tokens], np.int64)
            return self.text.run(None, {"input_ids": ids, "attention_mask": mask})[0]


class Store:
    """SQLite for what must not be lost, one HNSW graph a modality for what must be found."""

    def __init__(self, folder: pathlib.Path, capacity: int, dimension: int, clock: Clock):
        self.folder, self.clock, self.pending = folder, clock, 0
        self.database = sqlite3.connect(folder / "items.sqlite", isolation_level=None)
        self.database.executescript("""
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            CREATE TABLE items (row INTEGER PRIMARY KEY, id TEXT UNIQUE, title TEXT, attributes TEXT,
                                image_vector BLOB, text_vector BLOB, picture BLOB);""")
        self.database.execute("BEGIN")
        self.graphs = {}
        for modality in ("image", "text"):
            graph = hnswlib.Index(space="ip", dim=dimension)
            graph.init_index(max_elements=capacity, M=16, ef_construction=200)
            graph.set_num_threads(CORES)
            self.graphs[modality] = graph
        self.rows = 0

    def add(self, records: list[dict], pictures: list[bytes], image: np.ndarray, text: np.ndarray):
        labels = np.arange(self.rows, self.rows + len(records))
        self.rows += len(records)
        with self.clock.stage("storage"):
            self.database.executemany("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?)", [
                (int(label), r["id"], r["title"], json.dumps({a: r[a] for a in ATTRIBUTES}, ensure_ascii=False),
                 i.tobytes(), t.tobytes(), picture)
                for label, r, i, t, picture in zip(labels, records, image, text, pictures)])
            self.pending += len(records)
            if self.pending >= COMMIT:
                self.database.execute("COMMIT")
                self.database.execute("BEGIN")
                self.pending = 0
        with self.clock.stage("link"):
            self.graphs["image"].add_items(image, labels)
            self.graphs["text"].add_items(text, labels)

    def close(self):
        with self.clock.stage("storage"):
            self.database.execute("COMMIT")
            self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self.database.close()
            for modality, graph in self.graphs.items():
                graph.save_index(str(self.folder / f"{modality}.hnsw"))


def batches(table: pathlib.Path, pictures: pathlib.Path, limit: int):
    """Yields ([records], [jpegs]) in the order of the archive, which is read as it goes."""
    with open(table, newline="", encoding="utf-8") as file:
        records = {r["id"]: r for r in csv.DictReader(file)}
    batch, seen = ([], []), 0
    with tarfile.open(pictures, "r|*") as archive:
        for member in archive:
            record = records.get(pathlib.PurePath(member.name).stem)
            if record is None or seen == limit:
                continue
            batch[0].append(record)
            batch[1].append(archive.extractfile(member).read())
            seen += 1
            if len(batch[0]) == BATCH:
                yield batch
                batch = ([], [])
    if batch[0]:
        yield batch


def wide(encoder: Encoder, source, store: Store):
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        for records, jpegs in source:
            store.add(records, jpegs, encoder.images(jpegs, pool.map), encoder.texts([r["title"] for r in records]))


def workers(encoder: Encoder, source, store: Store):
    def encode(records, jpegs):
        return records, jpegs, encoder.images(jpegs), encoder.texts([r["title"] for r in records])

    waiting = collections.deque()
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        for batch in source:
            waiting.append(pool.submit(encode, *batch))
            if len(waiting) > 2 * CORES:
                store.add(*waiting.popleft().result())
        while waiting:
            store.add(*waiting.popleft().result())


def main():
    parser = argparse.ArgumentParser()
    for name in ("model", "table", "pictures", "out"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--setting", choices=("wide", "workers"), default="workers")
    parser.add_argument("--limit", type=int, default=-1)
    arguments = parser.parse_args()

    clock = Clock()
    encoder = Encoder(arguments.model, CORES if arguments.setting == "wide" else 1, clock)
    dimension = encoder.texts(["warm up"]).shape[1]
    clock.seconds.clear()
    with open(arguments.table, newline="", encoding="utf-8") as file:
        capacity = sum(1 for _ in csv.DictReader(file))

    start, start_cpu = time.perf_counter(), time.process_time()
    store = Store(arguments.out, capacity, dimension, clock)
    {"wide": wide, "workers": workers}[arguments.setting](
        encoder, batches(arguments.table, arguments.pictures, arguments.limit), store)
    store.close()
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - start_cpu

    print(json.dumps({
        "items": store.rows, "seconds": seconds, "items_per_second": store.rows / seconds,
        "setting": arguments.setting, "stage_seconds": dict(clock.seconds),
        "cpu_seconds": cpu_seconds,
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "disk_bytes": sum(f.stat().st_size for f in arguments.out.iterdir()),
    }))


if __name__ == "__main__":
    main()
