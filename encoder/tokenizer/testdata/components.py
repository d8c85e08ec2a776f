"""Writes components.json.gz: what the reference library makes of each normalizer, pre-tokenizer and option alone.

usage: components.py        (pip install -r requirements.txt)

The vocabulary has every byte twice, as the first of a piece and as a later one, so that ids show both how a text was
normalised and where it was split.
"""
import gzip
import hashlib
import json
import pathlib
import struct

from tokenizers import Tokenizer

import corpus
import families

TEXTS = 3000
BLOCK = 50
KEPT = range(0, 240, 9)

LETTERS = families.byte_alphabet()
VOCAB = LETTERS + ["##" + c for c in LETTERS]
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}


def sequence(kind, name, *parts):
    return {"type": "Sequence", kind: list(parts)} if parts else None


def normalizers(*parts):
    return sequence("normalizers", "normalizer", *parts)


def replace(content, **pattern):
    return {"type": "Replace", "pattern": pattern, "content": content}


def split(behavior, invert=False, **pattern):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def metaspace(scheme, **more):
    return {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": scheme} | more


def cases():
    """(name, normalizer, pre-tokenizers, added tokens, changes of the model)"""
    def case(name, normalizer=None, *steps, added=(), **model):
        return name, normalizer, steps, added, model

    for form in ["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel"]:
        yield case(form, {"type": form})
    yield case("NFD, StripAccents, Lowercase", normalizers({"type": "NFD"}, {"type": "StripAccents"}, {"type": "Lowercase"}))
    for left in [False, True]:
        for right in [False, True]:
            yield case(f"Strip {left} {right}", {"type": "Strip", "strip_left": left, "strip_right": right})
    yield case("Prepend", {"type": "Prepend", "prepend": "\u2581"})
    yield case("Replace text", replace("<x>", String="e"))
    yield case("Replace by nothing", replace("", Regex=r"[aeiou]+|\p{M}"))
    for name, expression in {
        "words": r"\w+", "digits": r"\d", "no space": r"\S+", "no word": r"\W", "upper": r"\p{Lu}", "no letters": r"\P{L}+",
        "punctuation": r"[\p{P}\p{S}]", "han": r"\p{Han}+", "ends": r"\A +| +\z", "two": " {2,}", "bounds": r"[a-z]{2,3}",
        "folded": r"(?i:dress|'ll|k)", "lazy": r"a.*?e", "possessive": r"\s++x|\s", "ahead": r"e(?=[rs])|o(?!n)", "dot": ".a.",
        "group": r"(?:un|re)?read", "class": r"[^\s\-\]a-fA-F0-9\u00e9]", "negated": r"\p{^L}",
    }.items():
        yield case(f"Replace {name}", replace("_", Regex=expression))
    qwen = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
    yield case("Split qwen", None, split("Isolated", Regex=qwen))
    for behavior in ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]:
        for invert in [False, True]:
            yield case(f"Split {behavior} {invert}", None, split(behavior, invert, Regex=r"\s|[aeiou]"))
        yield case(f"Punctuation {behavior}", None, {"type": "Punctuation", "behavior": behavior})
    yield case("Split text", None, split("MergedWithPrevious", String="re"))
    for kind in ["BertPreTokenizer", "Whitespace", "WhitespaceSplit"]:
        yield case(kind, None, {"type": kind})
    for each in [False, True]:
        yield case(f"Digits {each}", None, {"type": "Digits", "individual_digits": each})
    for prefix in [False, True]:
        yield case(f"ByteLevel {prefix}", None, {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True,
                                                 "use_regex": True})
    tokens = [{"content": "dress"}, {"content": "Shirt", "normalized": True}, {"content": " of ", "lstrip": True},
              {"content": "<s>", "rstrip": True, "lstrip": True}, {"content": "red", "single_word": True}]
    for scheme in ["always", "first", "never"]:
        yield case(f"Metaspace {scheme}", None, metaspace(scheme))
        yield case(f"Metaspace {scheme}, whole", None, metaspace(scheme, split=False), added=tokens)
        yield case(f"Metaspace {scheme}, stripped", {"type": "Strip", "strip_left": True, "strip_right": False}, metaspace(scheme))
        yield case(f"Metaspace {scheme}, split", None, {"type": "WhitespaceSplit"}, metaspace(scheme), added=tokens)
        yield case(f"Metaspace {scheme}, cleaned", normalizers({"type": "Nmt"}, {"type": "StripAccents"}, replace("", Regex="[xyz]")),
                   metaspace(scheme))
    yield case("added tokens", {"type": "Lowercase"}, {"type": "WhitespaceSplit"}, added=tokens)
    yield case("unknown", None, unk_token="!", without=range(60, 200))
    yield case("unknown, fused", None, unk_token="!", fuse_unk=True, without=range(60, 200))
    yield case("unknown, left out", None, without=range(60, 200))
    yield case("Unigram", None, metaspace("always"), **unigram())
    yield case("Unigram, whole", {"type": "NFKC"}, **unigram())
    yield case("Unigram, bytes", None, metaspace("first", split=False), **unigram(fallback=range(256)))
    yield case("Unigram, some bytes", None, **unigram(fallback=range(128, 230)))
    yield case("BPE, bytes", {"type": "Lowercase"}, **pieces_bpe(range(256)))
    yield case("BPE, some bytes", None, metaspace("always", split=False), **pieces_bpe(range(128, 230)))
    yield case("BPE, some bytes, unknown", None, **pieces_bpe(range(128, 230), unk_token="<unk>"))
    yield case("BPE, some bytes, fused", None, **pieces_bpe(range(128, 230), unk_token="<unk>", fuse_unk=True))
    yield case("BPE, suffix", None, {"type": "BertPreTokenizer"}, **pieces_bpe([], unk_token="<unk>", end_of_word_suffix="e"))


def some_pieces():
    """Parts of words, some twice, with a mark before some."""
    r = corpus.Random(5)
    pieces = []
    for _ in range(900):
        word = r.one(corpus.DATA["words"])
        at = r.below(len(word) or 1)
        pieces.append(("\u2581" if r.below(2) else "") + word[at:at + 1 + r.below(5)])
    return [p for p in pieces if p] + ["\u2581", "<unk>"]


def unigram(fallback=()):
    """Scores are small whole numbers, so that many ways through a text are equal."""
    r = corpus.Random(6)
    pieces = ["<unk>"] + some_pieces()[:-1] + [f"<0x{b:02X}>" for b in fallback]
    return {"type": "Unigram", "unk_id": 0, "byte_fallback": len(fallback) > 0,
            "vocab": [[p, -float(r.below(8))] for p in pieces]}


def pieces_bpe(fallback, **more):
    pieces = list(dict.fromkeys(["<unk>"] + [c for p in some_pieces() for c in p] + some_pieces() +
                                [f"<0x{b:02X}>" for b in fallback]))
    ids = {p: i for i, p in enumerate(pieces)}
    merges = [[p[:i], p[i:]] for p in pieces for i in range(1, len(p)) if p[:i] in ids and p[i:] in ids]
    return {"vocab": ids, "merges": merges, "byte_fallback": len(fallback) > 0, "continuing_subword_prefix": None} | more


def spec(normalizer, steps, added, model):
    without = model.pop("without", ())
    own = "vocab" in model
    vocab = {t: i for i, t in enumerate(VOCAB) if i % len(LETTERS) not in without}
    letters = [] if own or normalizer == {"type": "ByteLevel"} else [BYTES]
    return {"version": "1.0", "truncation": None, "padding": None,
            "added_tokens": [{"id": 9000 + i, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
                              "special": False} | t for i, t in enumerate(added)],
            "normalizer": normalizer,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [*steps, *letters]},
            "post_processor": None, "decoder": None,
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "##",
                      "end_of_word_suffix": "", "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                      "vocab": vocab, "merges": []} | model}, sorted(without), own


def main():
    texts = [t for t in corpus.texts(TEXTS) if len(t) < 2000]
    texts = texts[:len(texts) // BLOCK * BLOCK]
    out = []
    for name, *parts in cases():
        tokenizer, without, own = spec(*parts)
        tok = Tokenizer.from_str(json.dumps(tokenizer))
        all_ids = [tok.encode(t).ids for t in texts]
        blocks = []
        for i in range(0, len(texts), BLOCK):
            block = b"".join(struct.pack(f"<{len(ids) + 1}I", len(ids), *ids) for ids in all_ids[i:i + BLOCK])
            blocks.append(hashlib.sha256(block).hexdigest()[:12])
        if not own:
            del tokenizer["model"]["vocab"]
        out.append({"name": name, "tokenizer": tokenizer, "without": without, "blocks": blocks,
                    "ids": [all_ids[i] for i in KEPT]})
    data = {"vocab": VOCAB, "texts": len(texts), "block": BLOCK, "kept": [*KEPT], "cases": out}
    path = pathlib.Path(__file__).with_name("components.json.gz")
    path.write_bytes(gzip.compress(json.dumps(data, separators=(",", ":")).encode(), 9, mtime=0))
    print(f"{len(out)} cases of {len(texts)} texts, {path.stat().st_size:,} bytes")


main()
