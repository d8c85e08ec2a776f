"""Writes classes.json.gz: which runes the reference library counts as letters, marks and so on, found by asking it.

usage: classes.py        (pip install -r requirements.txt)

Its parts have Unicode tables of different ages. unicode.go and tables.go repeat them; TestClasses compares.
"""
import gzip
import json
import pathlib
import tempfile

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Regex, normalizers, pre_tokenizers

RUNES = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def ranges(runes):
    out = []
    for c in sorted(runes):
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def dropped(normalizer):
    """The runes that a normalizer leaves out."""
    out = set()
    for i in range(0, len(RUNES), 4096):
        some = RUNES[i:i + 4096]
        kept = set(normalizer.normalize_str("".join(map(chr, some))))
        out |= {c for c in some if chr(c) not in kept}
    return out


def splitting(pre_tokenizer, parts):
    """The runes that make so many parts of a word when they are put in its middle."""
    return {c for c in RUNES if len(pre_tokenizer.pre_tokenize_str(f"a{chr(c)}a")) in parts}


def continuing():
    """The runes that a grapheme cluster goes on with: a table that knows "a" alone then replaces both."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "rules.tsv").write_text("61\t78\n")
        (folder / "train.txt").write_text("b c d\n" * 50)
        sentencepiece.SentencePieceTrainer.train(
            input=str(folder / "train.txt"), model_prefix=str(folder / "m"), vocab_size=20, hard_vocab_limit=False,
            normalization_rule_tsv=str(folder / "rules.tsv"), minloglevel=2)
        proto = sentencepiece_model_pb2.ModelProto.FromString((folder / "m.model").read_bytes())
    table = normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap)
    return {c for c in RUNES if c != 0x61 and table.normalize_str(f"a{chr(c)}") == "x"}


def main():
    classes = {f"\\p{{{name}}}": dropped(normalizers.Replace(Regex(f"\\p{{{name}}}"), ""))
               for name in ["L", "Lu", "N", "Nd", "P", "M", "S", "Han"]}
    classes |= {f"\\{e}": dropped(normalizers.Replace(Regex(f"\\{e}"), "")) for e in "swd"}
    classes |= {"accent": dropped(normalizers.StripAccents()),
                "numeric": splitting(pre_tokenizers.Digits(True), [3]),
                "space": splitting(pre_tokenizers.WhitespaceSplit(), [2]),
                "punctuation": splitting(pre_tokenizers.Punctuation(), [3]),
                "word": splitting(pre_tokenizers.Whitespace(), [1]),
                "continuing": continuing()}
    lower = normalizers.Lowercase()
    data = {"classes": {name: ranges(runes) for name, runes in classes.items()},
            "lower": {chr(c): to for c in RUNES if (to := lower.normalize_str(chr(c))) != chr(c)}}
    for form in ["NFC", "NFD", "NFKC", "NFKD"]:
        n = getattr(normalizers, form)()
        data[form] = {chr(c): to for c in RUNES if (to := n.normalize_str(chr(c))) != chr(c) and not 0xAC00 <= c < 0xD7A4}
    path = pathlib.Path(__file__).with_name("classes.json.gz")
    path.write_bytes(gzip.compress(json.dumps(data, separators=(",", ":")).encode(), 9, mtime=0))
    print(*(f"{name} {len(runes)}" for name, runes in classes.items()), f"{path.stat().st_size:,} bytes")


main()
