"""Sends pictures of 1000×1000 to /v1/embed from many processes, and prints what came of it as JSON.

usage: python -m gpu.clients URL CLIENTS SECONDS

Requests have 1 to 12 pictures, so that batches keep changing in size. They are made before the clock starts: on one core
Python would take longer over them than a GPU.
"""

from __future__ import annotations

import base64
import http.client
import io
import json
import multiprocessing
import random
import sys
import time
import urllib.parse

from PIL import Image


def drawn(seed: int, edge: int = 1000) -> bytes:
    """A JPEG of smooth noise, which compresses like a photograph."""
    noise = Image.frombytes("RGB", (32, 32), random.Random(seed).randbytes(3 * 32 * 32))
    out = io.BytesIO()
    noise.resize((edge, edge), Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    return out.getvalue()


def requests() -> list[tuple[int, bytes]]:
    """Bodies with the number of their pictures."""
    pictures = [base64.b64encode(drawn(seed)).decode() for seed in range(16)]
    dice = random.Random(1)
    bodies = []
    for count in range(1, 13):
        body = {"images": [{"base64": p} for p in dice.choices(pictures, k=count)], "texts": ["red dress " * dice.randint(1, 6)]}
        bodies.append((count, json.dumps(body).encode()))
    return bodies


def client(args: tuple[str, int, float, list[tuple[int, bytes]]]) -> tuple[int, int]:
    """Returns how many pictures were encoded and how many requests failed."""
    address, seed, seconds, bodies = args
    dice, done, failed = random.Random(seed), 0, 0
    connection = http.client.HTTPConnection(address, timeout=300)
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        count, body = dice.choice(bodies)
        try:
            connection.request("POST", "/v1/embed", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            good = response.status == 200
        except (OSError, http.client.HTTPException):
            connection.close()
            good = False
        done, failed = done + count * good, failed + (not good)
    return done, failed


def main():
    url, clients, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    address, bodies = urllib.parse.urlsplit(url).netloc, requests()
    with multiprocessing.get_context("fork").Pool(clients) as pool:
        start = time.monotonic()
        outcomes = pool.map(client, [(address, seed, seconds, bodies) for seed in range(clients)], chunksize=1)
        took = time.monotonic() - start
    print(json.dumps({"seconds": took, "pictures": sum(o[0] for o in outcomes), "failed_requests": sum(o[1] for o in outcomes)}))


main()
