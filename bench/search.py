"""How fast and how well the full catalogue is searched.

usage: search.py      writes docs/benchmarks/search.md
"""

import random

import harness

COLLECTION = "fashion"
CLIENTS = 16
EF = (32, 64, 96, 128, 256)


def title_queries(folder) -> dict[str, object]:
    """Files of titles, no title in two of them, so that nothing is measured that was encoded before."""
    titles = sorted({r["title"] for r in harness.products()})
    random.Random(1).shuffle(titles)
    cuts = {"warm": 500, "recall": 500, "one": 3000, "many": 12000}
    files, start = {}, 0
    for name, count in cuts.items():
        files[name] = folder / f"{name}.txt"
        files[name].write_text("\n".join(titles[start:start + count]) + "\n", encoding="utf-8")
        start += count
    return files


def recall(found: list, exact: list, depth: int = 10) -> dict[str, float]:
    """The share of the exact hits that a search found: by id, and by score, where another item with the same vector counts."""
    by_id = by_score = 0
    for ours, truth in zip(found, exact):
        by_id += len({h["id"] for h in ours} & {h["id"] for h in truth})
        by_score += sum(h["score"] >= truth[-1]["score"] - 1e-6 for h in ours)
    return {"by_id": by_id / (depth * len(exact)), "by_score": by_score / (depth * len(exact))}


def main():
    about = harness.machine()
    load = harness.build_go("load")
    folder = harness.scratch("search-")
    queries = title_queries(folder)
    with harness.Server() as server:
        harness.ingest(server, harness.catalog("fashion.csv"), harness.catalog("fashion_80.tar.gz"), COLLECTION)
        info = harness.get(f"{server.url}/v1/collections/{COLLECTION}")

        def run(name: str, *flags) -> dict:
            return harness.run_json(load, "-server", server.url, "-collection", COLLECTION, "-queries", queries[name], *flags)

        run("warm", "-clients", CLIENTS)
        speed = {
            "one client": run("one", "-clients", 1),
            f"{CLIENTS} clients": run("many", "-clients", CLIENTS),
            "one client, exact": run("recall", "-clients", 1, "-exact"),
        }
        exact = run("recall", "-clients", 4, "-exact", "-hits")
        recalls = {"as configured": recall(run("recall", "-clients", 4, "-hits")["hits"], exact["hits"])}
        for ef in EF:
            recalls[f"ef {ef}"] = recall(run("recall", "-clients", 4, "-hits", "-ef", ef)["hits"], exact["hits"])
        memory = server.peak_rss_bytes()

    speed_rows = [[label, f'{r["queries"]:,}', f'{r["qps"]:,.0f}', f'{r["latency_ms"]["p50"]:.2f}', f'{r["latency_ms"]["p99"]:.2f}',
                   f'{r["encode_ms"]["p50"]:.2f}', f'{r["search_ms"]["p50"]:.2f}'] for label, r in speed.items()]
    recall_rows = [[label, f'{r["by_id"]:.4f}', f'{r["by_score"]:.4f}'] for label, r in recalls.items()]
    index = info["index"]
    body = f"""
{info["items"]:,} products (a picture and a title each), index `{index["kind"]}`, M {index["m"]}, efConstruction
{index["ef_construction"]}, efSearch {index["ef_search"]}. Queries are titles of the catalogue, each sent once, searched among the pictures for 10 hits, which come back with all their texts and attributes. The clients run
on the same {harness.CORES} cores. Peak memory of the server, ingestion included: {harness.mb(memory)}.

{harness.table(["", "queries", "queries/s", "p50 ms", "p99 ms", "encode p50 ms", "search p50 ms"], speed_rows)}

Encode and search are what the server reports in `took_ms`; the rest of a latency is HTTP, JSON and reading the items.

Recall@10 against `exact: true`, {exact["queries"]} titles. Many products share a picture, so by id a tie may count as a miss;
by score it does not.

{harness.table(["", "by id", "by score"], recall_rows)}
"""
    for r in (*speed.values(), exact):
        r.pop("hits", None)
    harness.report("search", "Search", {"collection": info, "speed": speed, "recall": recalls}, body, about)


if __name__ == "__main__":
    main()
