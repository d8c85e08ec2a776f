"""Makes smaller towers of a model folder, and says what they cost and what they bring.

usage: quantize.py MODEL OUT [--pairs PAIRS.csv --pictures PICTURES.tar.gz] [--rounds 5] [--page PAGE.md]

MODEL is a folder with onnx/vision_model.onnx and onnx/text_model.onnx in float32. OUT becomes a folder with the same files
beside the towers in half precision (_fp16) and in eight bits (_uint8: activations and weights unsigned, since signed weights
saturate on processors with AVX2 and no VNNI). Convolutions are quantised with the ranges that the first pictures have;
matrix products find theirs as they run.

PAIRS has the columns id and title and, if there is one, split, of which the rows "test" are taken; PICTURES has a picture of
each id. Without them the towers are made and their speed is measured on noise.
"""

import argparse
import csv
import io
import json
import pathlib
import platform
import shutil
import statistics
import tarfile
import tempfile
import time
from datetime import datetime, timezone

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16
from tokenizers import Tokenizer

from pictures import Preprocessor

TOWERS = ("vision_model", "text_model")
PRECISIONS = {"f32": "", "f16": "_fp16", "int8": "_uint8"}
CALIBRATED = 128  # pictures
BATCH = 16


class Calibration(CalibrationDataReader):
    """Feeds a tower one batch after the other."""

    def __init__(self, name: str, batches: list[np.ndarray]):
        self.feeds = iter([{name: batch} for batch in batches])

    def get_next(self):
        return next(self.feeds, None)


def halve(source: pathlib.Path, target: pathlib.Path):
    """Weights and arithmetic in half precision; what goes in and comes out stays float32."""
    onnx.save(convert_float_to_float16(onnx.load(source), keep_io_types=True), target)


def quantize(source: pathlib.Path, target: pathlib.Path, batches: list[np.ndarray]):
    """Eight bits for convolutions where there are any, else for matrix products."""
    graph = onnx.load(source).graph
    with tempfile.TemporaryDirectory() as folder:
        prepared = pathlib.Path(folder) / "prepared.onnx"
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        if any(node.op_type == "Conv" for node in graph.node):
            quantize_static(prepared, target, Calibration(graph.input[0].name, batches), quant_format=QuantFormat.QDQ,
                            activation_type=QuantType.QUInt8, weight_type=QuantType.QUInt8, op_types_to_quantize=["Conv", "Gemm", "Add", "Relu"])
        else:
            quantize_dynamic(prepared, target, weight_type=QuantType.QUInt8, per_channel=True, op_types_to_quantize=["MatMul", "Gemm"])


def session(file: pathlib.Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def embed(tower: onnxruntime.InferenceSession, batches: list[dict]) -> np.ndarray:
    names = {i.name for i in tower.get_inputs()}
    return unit(np.concatenate([tower.run(None, {k: v for k, v in b.items() if k in names})[0] for b in batches]))


def rates(towers: dict, batches: list[dict], rounds: int) -> dict[str, float]:
    """Inputs a second on one thread. The precisions take turns; medians of the rounds."""
    names = {p: {i.name for i in tower.get_inputs()} for p, tower in towers.items()}
    took = {p: [] for p in towers}
    for _ in range(rounds):
        for precision, tower in towers.items():
            start = time.perf_counter()
            for batch in batches:
                tower.run(None, {k: v for k, v in batch.items() if k in names[precision]})
            took[precision].append(time.perf_counter() - start)
    inputs = sum(len(next(iter(batch.values()))) for batch in batches)
    return {p: inputs / statistics.median(t) for p, t in took.items()}


def recalls(queries: np.ndarray, found: np.ndarray) -> dict[int, float]:
    scores = queries @ found.T
    ranks = (scores > np.diag(scores)[:, None]).sum(1)
    return {k: float((ranks < k).mean()) for k in (1, 5, 10)}


def chunks(items: list) -> list[list]:
    return [items[i:i + BATCH] for i in range(0, len(items), BATCH)]


def read_pairs(pairs: pathlib.Path, pictures: pathlib.Path) -> tuple[list[bytes], list[str]]:
    with open(pairs, newline="") as f:
        rows = [r for r in csv.DictReader(f) if r.get("split", "test") == "test"]
    wanted = {r["id"] for r in rows}
    with tarfile.open(pictures) as archive:
        found = {pathlib.Path(m.name).stem: archive.extractfile(m).read() for m in archive if pathlib.Path(m.name).stem in wanted}
    rows = [r for r in rows if r["id"] in found]
    return [found[r["id"]] for r in rows], [r["title"] for r in rows]


def inputs_of(model: pathlib.Path, pictures: list[bytes], titles: list[str]) -> tuple[list[dict], list[dict]]:
    """What the towers are run with, in batches."""
    preprocessor = Preprocessor(model)
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.enable_padding()
    images = [{"pixel_values": np.stack([preprocessor.tensor(p) for p in part])} for part in chunks(pictures)]
    texts = []
    for part in chunks(titles):
        encoded = tokenizer.encode_batch(part)
        texts.append({"input_ids": np.array([e.ids for e in encoded]), "attention_mask": np.array([e.attention_mask for e in encoded])})
    return images, texts


def noise(model: pathlib.Path) -> tuple[list[bytes], list[str]]:
    from PIL import Image
    random = np.random.default_rng(1)
    pictures = []
    for _ in range(CALIBRATED):
        b = io.BytesIO()
        Image.fromarray(random.integers(0, 256, (224, 224, 3), dtype=np.uint8)).save(b, "png")
        pictures.append(b.getvalue())
    return pictures, [f"shirt number {n}" for n in range(CALIBRATED)]


def make(model: pathlib.Path, out: pathlib.Path, images: list[dict]):
    shutil.copytree(model, out, dirs_exist_ok=True)
    (out / "pinax.yaml").unlink(missing_ok=True)  # its checksums and name are those of the original
    calibration = [batch["pixel_values"] for batch in images[:CALIBRATED // BATCH]]
    for tower in TOWERS:
        source = model / "onnx" / f"{tower}.onnx"
        halve(source, out / "onnx" / f"{tower}_fp16.onnx")
        quantize(source, out / "onnx" / f"{tower}_uint8.onnx", calibration)


def report(out: pathlib.Path, images: list[dict], texts: list[dict], rounds: int, paired: bool) -> str:
    towers = {t: {p: session(out / "onnx" / f"{t}{suffix}.onnx") for p, suffix in PRECISIONS.items()} for t in TOWERS}
    speeds = {"vision_model": rates(towers["vision_model"], images[:16], rounds), "text_model": rates(towers["text_model"], texts[:16], rounds)}
    vectors = {p: {"vision_model": embed(towers["vision_model"][p], images), "text_model": embed(towers["text_model"][p], texts)} for p in PRECISIONS}
    lines = ["| | MB | pictures/s | texts/s | least · mean cosine, pictures | texts | text → picture R@1 · 5 · 10 | picture → text |",
             "|---|---|---|---|---|---|---|---|"]
    for p, suffix in PRECISIONS.items():
        size = sum((out / "onnx" / f"{t}{suffix}.onnx").stat().st_size for t in TOWERS) / 1e6
        row = [p, f"{size:.1f}"]
        for t in TOWERS:
            row.append(f"{speeds[t][p]:,.0f} ({speeds[t][p] / speeds[t]['f32']:.2f}×)")
        for t in TOWERS:
            cosines = (vectors[p][t] * vectors["f32"][t]).sum(1)
            row.append(f"{cosines.min():.4f} · {cosines.mean():.4f}")
        text, picture = vectors[p]["text_model"], vectors[p]["vision_model"]
        for queries, found in ((text, picture), (picture, text)):
            row.append(" · ".join(f"{r:.4f}" for r in recalls(queries, found).values()) if paired else "–")
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--pairs", type=pathlib.Path)
    parser.add_argument("--pictures", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--page", type=pathlib.Path)
    a = parser.parse_args()
    if bool(a.pairs) != bool(a.pictures):
        parser.error("--pairs and --pictures belong together")
    pictures, titles = read_pairs(a.pairs, a.pictures) if a.pairs else noise(a.model)
    images, texts = inputs_of(a.model, pictures, titles)
    make(a.model, a.out, images)
    table = report(a.out, images, texts, a.rounds, bool(a.pairs))
    print(table)
    if a.page:
        cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
        a.page.write_text(f"""# Smaller towers

Written by `make bench-quantize`: `train/quantize/quantize.py` with {a.model.name}, {len(pictures):,} pairs.

{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC · one thread of {cpu} · Python {platform.python_version()} · onnxruntime {onnxruntime.__version__}

{table}

Cosines are those to the vectors of float32. The precisions take turns; speeds are medians of {a.rounds} rounds.
""")


if __name__ == "__main__":
    main()
