"""Does the server find what the encoder can find, and does it encode as Python does?

usage: quality.py      writes docs/benchmarks/quality.md

The test products go into a collection of their own. Recall is counted through HTTP; the vectors that the server has stored
are compared, one by one, with those of Python's onnxruntime, Pillow and tokenizers for the same files.
"""

import base64
import concurrent.futures
import subprocess
import sys
import tarfile
import urllib.parse

import numpy as np

import harness

COLLECTION = "test-products"
DEPTH = 100


def reference() -> tuple[list[str], dict[str, np.ndarray], str]:
    """Python's vectors by modality, [n][d]float32, in the order of the ids; and what the script printed."""
    folder = harness.scratch("quality-")
    script = harness.SHARED / "models" / "reference.py"
    ran = subprocess.run([sys.executable, script, harness.MODEL, harness.SHARED / "data" / "catalog", folder / "out.npz"],
                         check=True, stdout=subprocess.PIPE, text=True)
    found = np.load(folder / "out.npz")
    return found["ids"].tolist(), {"image": found["image"], "text": found["text"]}, ran.stdout.strip()


def ranks(server, queries: dict[str, dict], target: str, exact: bool) -> np.ndarray:
    """How many hits have a greater score than the item that each query is about; DEPTH when it is not among the hits.

    Counted as the reference does. Where an item comes among equals says nothing: many products share a title.
    """

    def rank(query):
        item, part = query
        hits = harness.post(f"{server.url}/v1/collections/{COLLECTION}/search",
                            {"query": [part], "target": target, "limit": DEPTH, "exact": exact})["hits"]
        own = next((hit["score"] for hit in hits if hit["id"] == item), None)
        return DEPTH if own is None else sum(hit["score"] > own for hit in hits)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return np.array(list(pool.map(rank, queries.items())))


def recalls(places: np.ndarray) -> dict[str, float]:
    return {f"R@{k}": round(float((places < k).mean()), 4) for k in (1, 5, 10)}


def reference_recalls(rows: np.ndarray, columns: np.ndarray) -> dict[str, float]:
    scores = rows @ columns.T
    return recalls((scores > np.diag(scores)[:, None]).sum(1))


def stored_vectors(server, ids: list[str]) -> dict[str, np.ndarray]:
    def vectors(item):
        return harness.get(f"{server.url}/v1/collections/{COLLECTION}/items/{item}?vectors=true")["vectors"]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(vectors, ids))
    return {m: np.array([v[m][0] for v in found], np.float32) for m in ("image", "text")}


def cosines(ours: np.ndarray, theirs: np.ndarray) -> dict[str, float]:
    ours, theirs = ours.astype(np.float64), theirs.astype(np.float64)
    cosine = (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
    return {"count": len(cosine), "least": float(cosine.min()), "mean": float(cosine.mean()),
            "below_0.9999": int((cosine < 0.9999).sum())}


def hard_items() -> dict[str, dict]:
    """Items whose content is easy to spoil, by what is hard about them."""
    return {
        "Chinese": {"texts": {"title": "天青色长裙，夏季新款", "标题": "女士连衣裙"}, "attributes": {"品牌": "李宁", "颜色": ["红色", "蓝色"]}},
        "emoji": {"texts": {"title": "👗 red dress 👩🏽‍🦰 🇨🇳"}, "attributes": {"mood": "😀😀"}},
        "10,000 characters": {"texts": {"english": "red dress " * 1000, "chinese": "红色连衣裙" * 2000, "emoji": "👗" * 10_000}},
        "200 attributes": {"texts": {"title": "dress"}, "attributes": {f"attribute {i}": (i, f"值 {i}", i % 2 == 0, [i, "x"])[i % 4] for i in range(200)}},
        "exact numbers": {"texts": {"title": "dress"}, "attributes": {"big": 9007199254740993, "small": 1e-300, "price": 29.9}},
        "combining marks": {"texts": {"title": "Cafe\u0301 नमस्ते ﷽ z̶a̶l̶g̶o̶\u0336"}, "attributes": {"zero width": "a\u200bb", "rtl": "\u202eabc"}},
    }


def survivors(server) -> dict[str, bool]:
    """Whether each hard item comes back as it went in, after the server was killed right behind its answer."""
    server_path = f"/v1/collections/{COLLECTION}/items/"
    items = hard_items()
    for name, item in items.items():
        harness.post(server.url + server_path + urllib.parse.quote(f"hard: {name}"), item, "PUT")
    server.kill_and_restart()
    same = {}
    for name, item in items.items():
        found = harness.get(server.url + server_path + urllib.parse.quote(f"hard: {name}"))
        same[name] = all(found.get(part) == value for part, value in item.items())
    return same


def main():
    about = harness.machine()
    ids, expected, printed = reference()
    records = {r["id"]: r for r in harness.products() if r["split"] == "test"}
    pictures = harness.catalog("fashion_80.tar.gz")
    with tarfile.open(pictures) as archive:
        jpegs = {item: archive.extractfile(f"{item}.jpg").read() for item in ids}
    titles = {item: {"text": records[item]["title"]} for item in ids}
    photos = {item: {"image": {"base64": base64.b64encode(jpegs[item]).decode()}} for item in ids}

    with harness.Server() as server:
        harness.ingest(server, harness.catalog("fashion.csv"), pictures, COLLECTION, "--where", "split=test")
        if (items := harness.items_in(server, COLLECTION)) != len(ids):
            raise SystemExit(f"bench: {items} of {len(ids)} test products arrived")
        found = {
            "text→image": {
                "python": reference_recalls(expected["text"], expected["image"]),
                "exact": recalls(ranks(server, titles, "image", True)),
                "default": recalls(ranks(server, titles, "image", False))},
            "image→text": {
                "python": reference_recalls(expected["image"], expected["text"]),
                "exact": recalls(ranks(server, photos, "text", True)),
                "default": recalls(ranks(server, photos, "text", False))},
        }
        stored = stored_vectors(server, ids)
        survived = survivors(server)
    parity = {modality: cosines(stored[modality], expected[modality]) for modality in ("image", "text")}

    who = {"python": "Python, all pairs", "exact": "Pinax, `exact`", "default": "Pinax, as configured"}
    recall_rows = [[way, label, *found[way][name].values()] for way in found for name, label in who.items()]
    parity_rows = [[m, f'{p["count"]:,}', f'{p["least"]:.7f}', f'{p["mean"]:.7f}', p["below_0.9999"]] for m, p in parity.items()]
    body = f"""
{len(ids):,} test products, which the bundled encoder has not seen, alone in a collection. Each title searches for its
product's picture and each picture for its product's title, through HTTP. Both
count as a pair's rank the number of others with a strictly greater score.

{harness.table(["", "", "R@1", "R@5", "R@10"], recall_rows)}

The stored vectors against those of onnxruntime, Pillow and tokenizers in Python, by cosine:

{harness.table(["modality", "vectors", "least", "mean", "below 0.9999"], parity_rows)}

Items stored, the server killed with SIGKILL right behind the answer and started again, the items read:

{harness.table(["content", "came back as it went in"], [[name, "yes" if same else "NO"] for name, same in survived.items()])}
"""
    result = {"recall": found, "parity": parity, "survived": survived, "reference_script": printed.splitlines()}
    harness.report("quality", "Quality", result, body, about)
    worst = max(abs(found[w]["exact"][k] - found[w]["python"][k]) for w in found for k in found[w]["python"])
    if not all(survived.values()):
        raise SystemExit("bench: an item did not come back as it went in")
    if worst > 0.005 or any(p["below_0.9999"] for p in parity.values()):
        raise SystemExit(f"bench: recall differs by {worst:.4f} (0.005 is allowed), or a vector by more than 0.9999 allows")


if __name__ == "__main__":
    main()
