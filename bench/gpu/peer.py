"""torch in float16, each batch size with its own CUDA graph, and the rate at which the chip multiplies matrices."""

from __future__ import annotations

import time

import torch


def wait(device: str):
    if device == "cuda":
        torch.cuda.synchronize()


def graphed(tower, example):
    """A call that replays the tower on the example's memory: no launch of a kernel waits for Python."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # what is made lazily has to be there before the recording
        for _ in range(3):
            tower(example)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = tower(example)

    def replay():
        graph.replay()
        return output

    return replay


@torch.no_grad()
def sweep(tower, batches: list[int], example, device: str, seconds: float) -> list[dict]:
    """Rows a second by size of batch. What is timed is what a server does: rows from the host's memory, vectors back to it."""
    points = []
    for n in batches:
        host = example(n)
        host = host.pin_memory() if device == "cuda" else host
        inside = host.to(device)
        call = graphed(tower, inside) if device == "cuda" else lambda: tower(inside)
        for _ in range(3):
            call()
        wait(device)
        runs, start = 0, time.perf_counter()
        while (took := time.perf_counter() - start) < seconds:
            inside.copy_(host, non_blocking=True)
            call().float().cpu()
            runs += 1
        points.append({"batch": n, "per_second": n * runs / took, "run_ms": 1000 * took / runs})
    return points


@torch.no_grad()
def matrix_rate(device: str, edge: int, seconds: float) -> float:
    """Floating-point operations a second of square float16 products, the best of three tries."""
    a, b = (torch.randn(edge, edge, device=device, dtype=torch.float16) for _ in range(2))
    best = 0.0
    for _ in range(3):
        a @ b
        wait(device)
        runs, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            for _ in range(10):
                a @ b
            wait(device)
            runs += 10
        best = max(best, 2 * edge**3 * runs / (time.perf_counter() - start))
    return best
