"""How many texts a second do the tokenizers encode, beside the reference library?

usage: tokenizers.py [--rounds 3] [--seconds 0.4]      writes docs/benchmarks/tokenizers.md

The vocabularies are those of encoder/tokenizer/testdata. In every round each side takes its turn with the same texts, and
the ids must be the same. The caches of words are warm on both sides, as they are in use.
"""

import argparse
import hashlib
import json
import os
import struct
import sys
import tarfile
import time

import harness

TESTDATA = harness.ROOT / "encoder" / "tokenizer" / "testdata"
FAMILIES = ["clip", "roberta", "bert", "xlm_roberta", "t5", "siglip", "gemma", "llama", "llama3"]
sys.path.insert(0, str(TESTDATA))


def peer(model: str, texts: str, way: str, seconds: str):
    """The reference library's turn, in a process of its own: how it uses threads is settled when it is loaded."""
    sys.path.remove(str(harness.ROOT / "bench"))  # where this file would be taken for the library
    from tokenizers import Tokenizer

    tok = Tokenizer.from_file(model)
    tok.no_truncation()
    tok.no_padding()
    with open(texts, encoding="utf-8") as file:
        texts = json.load(file)
    ids = hashlib.sha256()
    for text in texts:
        got = tok.encode(text).ids
        ids.update(struct.pack(f"<{len(got) + 1}I", len(got), *got))
    done, start, start_cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - start < float(seconds):
        if way == "encode":
            for text in texts:
                tok.encode(text).ids
        else:
            for encoding in tok.encode_batch_fast(texts):  # faster than encode_batch, which keeps offsets
                encoding.ids
        done += len(texts)
    print(json.dumps({"texts": done, "seconds": time.perf_counter() - start,
                      "cpu_seconds": time.process_time() - start_cpu, "sha256": ids.hexdigest()}))


def ways(program, folder, texts, seconds) -> dict:
    """The commands of one comparison, with the environment that each needs."""
    one = {"TOKENIZERS_PARALLELISM": "false"}
    all_ = {"TOKENIZERS_PARALLELISM": "true", "RAYON_NUM_THREADS": str(harness.CORES)}
    ours = [program, "-model", folder, "-texts", texts, "-seconds", seconds, "-workers"]
    theirs = [sys.executable, __file__, "--peer", folder / "tokenizer.json", texts, seconds]
    return {"ours": ([*ours, 1], {}), "encode": ([*theirs, "encode"], one), "batch": ([*theirs, "batch"], one),
            "ours, all cores": ([*ours, harness.CORES], {}), "batch, all cores": ([*theirs, "batch"], all_)}


def compare(program, folder, texts, rounds, seconds) -> dict[str, list[float]]:
    """Texts a second of each way in each round: of processor time, and of real time where all cores are used."""
    rates, hashes = {}, set()
    for _ in range(rounds):
        for way, (command, environment) in ways(program, folder, texts, seconds).items():
            os.environ.update(environment)
            ran = harness.run_json(*command)
            rates.setdefault(way, []).append(ran["texts"] / ran["seconds" if "cores" in way else "cpu_seconds"])
            hashes.add(ran["sha256"])
    if len(hashes) != 1:
        raise SystemExit(f"bench: {folder.name}: the ids differ")
    return rates


def text_sets(folder) -> dict:
    """Files with titles of products and with texts of every script."""
    import corpus

    titles = list(dict.fromkeys(p["title"] for p in harness.products()))[:5000]
    mixed = [t for t in corpus.texts(4000) if len(t) < 300]
    files = {}
    for name, texts in [("titles", titles), ("all scripts", mixed)]:
        files[name] = folder / f"{name}.json"
        files[name].write_text(json.dumps(texts))
    return files


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--seconds", type=float, default=0.4)
    arguments = arguments.parse_args()
    about = harness.machine()
    program = harness.build_go("tokenize")
    scratch = harness.scratch("tokenizers-")
    results, one, all_ = {}, [], []
    for kind, texts in text_sets(scratch).items():
        for family in FAMILIES:
            folder = scratch / family
            folder.mkdir(exist_ok=True)
            with tarfile.open(TESTDATA / "families" / f"{family}.tar.gz") as tar:
                tar.extractall(folder, filter="data")
            rates = compare(program, folder, texts, arguments.rounds, arguments.seconds)
            results[f"{family}, {kind}"] = rates
            middle = {way: harness.median(r) for way, r in rates.items()}
            best = max(middle["encode"], middle["batch"])
            one.append([family, kind, *(harness.spread(rates[w]) for w in ("ours", "encode", "batch")),
                        f"{middle['ours'] / middle['encode']:.1f}", f"{middle['ours'] / best:.1f}"])
            all_.append([family, kind, *(harness.spread(rates[w]) for w in ("ours, all cores", "batch, all cores")),
                         f"{middle['ours, all cores'] / middle['batch, all cores']:.1f}"])
            print(*one[-1], sep=" · ", flush=True)
    least = min(float(row[-2]) for row in one), min(float(row[-1]) for row in one), min(float(row[-1]) for row in all_)
    harness.report("tokenizers", "Tokenizers", results, f"""
Texts a second, the median of {arguments.rounds} rounds and the least and the greatest, beside the reference library (tokenizers
0.23.3), in turns in one run, with the same ids. The machine was shared with other work.
Vocabularies are small (2,000 to 5,000 tokens, trained for the tests), components those of each family. *Titles* are 5,000
product titles; *all scripts* are texts of the test's generator, a third of them product words, the rest of any script, emoji,
html and random runes.

One thread, a second of processor time. `encode` is called text by text from Python; *batch* is `encode_batch_fast` of all
texts at once, on one thread too. Against `encode` the least ratio is {least[0]:.1f}, against the better of the two {least[1]:.1f}.

{harness.table(["family", "texts", "Pinax", "`encode`", "batch", "× `encode`", "× the better"], one)}

All cores, real time, for which other work on the machine counts too; the least ratio is {least[2]:.1f}.

{harness.table(["family", "texts", "Pinax", "batch", "ratio"], all_)}
""", about)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        peer(sys.argv[2], sys.argv[3], sys.argv[5], sys.argv[4])
    else:
        main()
