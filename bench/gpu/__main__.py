"""Measures, and writes docs/benchmarks/encode-gpu.md. See bench/gpu.sh."""

from __future__ import annotations

import argparse
import json
import pathlib
import subprocess
import sys
import time

import harness
import torch
from gpu import models, peer

TOKENS = 16
BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256]
GPU_LIBRARIES = harness.ROOT / "bin" / "gpu"


def arguments():
    parser = argparse.ArgumentParser(prog="bench/gpu.sh")
    parser.add_argument("--provider", default="cuda", choices=["cuda", "tensorrt", "cpu"])
    parser.add_argument("--minutes", type=float, default=10, help="how long the device's memory is watched")
    parser.add_argument("--seconds", type=float, default=3, help="how long each size of batch runs")
    parser.add_argument("--tiny", action="store_true", help="a model of no use, to try the script; nothing is written")
    return parser.parse_args()


def sweep(options, binary, folder: pathlib.Path, graph: str, shape: str, output: str, batches) -> dict:
    command = [binary, "-graph", folder / "onnx" / graph, "-shape", shape, "-output", output, "-provider", options.provider,
               "-batches", ",".join(map(str, batches)), "-for", f"{options.seconds}s"]
    if options.provider != "cpu":
        command += ["-gpu", GPU_LIBRARIES, "-callers", "4"]  # as many as the server has for a device
    return harness.run_json(*command)


def towers(options, size: models.Size, folder: pathlib.Path, binary, batches) -> dict:
    """Both towers in Pinax's sessions and in torch, one after the other."""
    device = "cpu" if options.provider == "cpu" else "cuda"
    result = {
        "pictures": sweep(options, binary, folder, "vision_model.onnx", f"3,{size.edge},{size.edge}", "image_embeds", batches),
        "texts": sweep(options, binary, folder, "text_model.onnx", str(TOKENS), "text_embeds", batches),
    }
    dtype = torch.float32 if device == "cpu" else torch.float16
    vision, text = models.towers(size, device, dtype)
    result["pictures"]["torch"] = peer.sweep(
        vision, batches, lambda n: torch.randn(n, 3, size.edge, size.edge, dtype=dtype), device, options.seconds)
    result["texts"]["torch"] = peer.sweep(text, batches, lambda n: torch.full((n, TOKENS), 320), device, options.seconds)
    result["pictures"]["flops"], result["texts"]["flops"] = size.picture_flops(), size.text_flops(TOKENS)
    return result


def device_bytes() -> int:
    out = subprocess.run(["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"], capture_output=True,
                         text=True, check=True).stdout
    return int(out.split()[0]) * 2**20


def environment(options, folder: pathlib.Path) -> dict[str, str]:
    return {"PINAX_ENCODER_MODEL": str(folder), "PINAX_ENCODER_PROVIDER": options.provider, "PINAX_ENCODER_CACHE": "0"}


def over_http(options, folder: pathlib.Path, minutes: float) -> dict:
    """Pictures from 32 clients, while somebody looks at the device's memory."""
    memory = []
    with harness.Server(environment(options, folder)) as server:
        told = harness.get(server.url + "/v1/encoders")["encoders"][0]
        if told["provider"] != options.provider or told.get("provider_fallback"):
            raise SystemExit(f"bench: the server does not run on {options.provider}: {told}")
        start, before = time.monotonic(), server.cpu_seconds()
        clients = subprocess.Popen([sys.executable, "-m", "gpu.clients", server.url, "32", str(60 * minutes)],
                                   stdout=subprocess.PIPE, text=True)
        while clients.poll() is None:
            used = device_bytes() if options.provider != "cpu" else server.peak_rss_bytes()
            memory.append({"seconds": round(time.monotonic() - start, 1), "bytes": used})
            time.sleep(min(5, 6 * minutes))
        if clients.returncode:
            raise SystemExit(f"bench: the clients ended with {clients.returncode}")
        result = json.loads(clients.stdout.read())
        result["busy_cores"] = (server.cpu_seconds() - before) / result["seconds"]
    return {**result, "per_second": result["pictures"] / result["seconds"], "memory": memory}


def flatness(memory: list[dict]) -> tuple[int, int]:
    """The least and the most bytes after the first fifth of the time, in which arenas grow to their largest batch."""
    late = memory[len(memory) // 5:]
    return min(m["bytes"] for m in late), max(m["bytes"] for m in late)


def rows_of(kind: dict, rate: float) -> list[list]:
    rows = []
    for ours, theirs in zip(kind["points"], kind["torch"], strict=True):
        rows.append([ours["batch"], f"{ours['per_second']:,.0f}", f"{theirs['per_second']:,.0f}",
                     f"{ours['per_second'] / theirs['per_second']:.2f}", f"{ours['per_second'] * kind['flops'] / rate:.2f}"])
    return rows


def text_of(result: dict) -> str:
    rate = result["matrix_flops"]
    parts = [f"{result['device']}, provider {result['provider']}. Square float16 products in torch: {rate / 1e12:.1f} TFLOP/s. "
             f"Towers in float16 with random weights; texts of {TOKENS} tokens. torch {torch.__version__} runs a CUDA graph a size "
             "of batch; both get rows from the host's memory and bring vectors back to it.\n"]
    for name, model in result["models"].items():
        for kind in ("pictures", "texts"):
            parts.append(f"## {name}, {kind} a second\n")
            parts.append(harness.table(["batch", "Pinax", "torch", "ratio", "of the matrix rate"], rows_of(model[kind], rate)) + "\n")
        http = model["http"]
        low, high = flatness(http["memory"])
        parts.append(
            f"Over HTTP, 32 clients, JPEGs of 1000×1000 decoded on {harness.CORES} cores: {http['per_second']:,.0f} pictures a "
            f"second, {http['busy_cores']:.1f} cores busy, {http['failed_requests']} requests failed. Memory after the first fifth of "
            f"{http['seconds'] / 60:.1f} minutes: {harness.mb(low)} to {harness.mb(high)}.\n")
    return "\n".join(parts)


def main():
    options = arguments()
    device = "cpu" if options.provider == "cpu" else "cuda"
    if device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("bench: torch finds no GPU")
    sizes, batches = ([models.TINY], [1, 4]) if options.tiny else ([models.B32, models.L14], BATCHES)
    about = harness.machine()
    binary = harness.build_go("sweep")
    result = {
        "provider": options.provider,
        "device": torch.cuda.get_device_name() if device == "cuda" else about["cpu"],
        "matrix_flops": peer.matrix_rate(device, 512 if options.tiny else 8192, 0.2 if options.tiny else 2),
        "models": {},
    }
    minutes = options.minutes / len(sizes)
    for size in sizes:
        folder = models.export(size, harness.MODEL, harness.ROOT / ".cache" / "gpu" / size.name, device)
        measured = towers(options, size, folder, binary, batches)
        torch.cuda.empty_cache()  # or its memory would be counted as the server's
        measured["http"] = over_http(options, folder, minutes)
        result["models"][size.name] = measured
    body = text_of(result)
    print(body)
    if options.tiny:
        print(json.dumps(result["models"], indent=1)[:400], "…\nA tiny model: nothing was written.")
        return
    harness.report("encode-gpu", "Encoders on a GPU", result, body, about)


main()
