"""Writes golden.json.gz: texts and the ids that the reference library gives them.

usage: golden.py TOKENIZER_JSON OUT        (pip install tokenizers==0.23.3)

The first tokenizer is the given one. The variants have a small vocabulary with letters of many scripts, so that a
difference in normalisation shows as another id instead of hiding in an unknown word, and switch what the given one
leaves off. Texts are drawn from a fixed seed and are made here: nothing is quoted.
"""
import gzip
import json
import pathlib
import random
import sys
import unicodedata

from tokenizers import Tokenizer

rng = random.Random(20261124)

# First and last code point of scripts and symbol blocks, to draw words that stay within one.
SCRIPTS = {
    "latin": (0x41, 0x24F), "ipa": (0x250, 0x2AF), "greek": (0x370, 0x3FF), "cyrillic": (0x400, 0x52F),
    "armenian": (0x531, 0x58F), "hebrew": (0x591, 0x5F4), "arabic": (0x600, 0x6FF), "syriac": (0x700, 0x74F),
    "thaana": (0x780, 0x7BF), "devanagari": (0x900, 0x97F), "bengali": (0x980, 0x9FF), "gurmukhi": (0xA00, 0xA7F),
    "tamil": (0xB80, 0xBFF), "telugu": (0xC00, 0xC7F), "malayalam": (0xD00, 0xD7F), "sinhala": (0xD80, 0xDFF),
    "thai": (0xE00, 0xE7F), "lao": (0xE80, 0xEFF), "tibetan": (0xF00, 0xFFF), "myanmar": (0x1000, 0x109F),
    "georgian": (0x10A0, 0x10FF), "jamo": (0x1100, 0x11FF), "ethiopic": (0x1200, 0x137F), "cherokee": (0x13A0, 0x13FF),
    "canadian": (0x1400, 0x167F), "tagalog": (0x1700, 0x1737), "khmer": (0x1780, 0x17FF), "mongolian": (0x1800, 0x18AF),
    "vietnamese": (0x1E00, 0x1EFF), "greek extended": (0x1F00, 0x1FFF), "punctuation": (0x2000, 0x206F),
    "super": (0x2070, 0x209F), "currency": (0x20A0, 0x20CF), "letterlike": (0x2100, 0x214F), "arrows": (0x2190, 0x21FF),
    "boxes": (0x2500, 0x259F), "dingbats": (0x2700, 0x27BF), "glagolitic": (0x2C00, 0x2C5F), "coptic": (0x2C80, 0x2CFF),
    "more punctuation": (0x2E00, 0x2E7F), "cjk punctuation": (0x3000, 0x303F), "hiragana": (0x3041, 0x309F),
    "katakana": (0x30A0, 0x30FF), "bopomofo": (0x3105, 0x312F), "han a": (0x3400, 0x4DBF), "han": (0x4E00, 0x9FFF),
    "hangul": (0xAC00, 0xD7A3), "private": (0xE000, 0xF8FF), "han compatible": (0xF900, 0xFAFF),
    "forms": (0xFB00, 0xFDFF), "variation": (0xFE00, 0xFE6F), "full width": (0xFF00, 0xFFEF),
    "gothic": (0x10330, 0x1034F), "deseret": (0x10400, 0x1044F), "brahmi": (0x11000, 0x1107F),
    "cuneiform": (0x12000, 0x123FF), "hieroglyphs": (0x13000, 0x1345F), "music": (0x1D100, 0x1D1FF),
    "mathematical": (0x1D400, 0x1D7FF), "adlam": (0x1E900, 0x1E95F), "emoji": (0x1F300, 0x1FAFF),
    "han b": (0x20000, 0x2A6DF), "han c": (0x2A700, 0x2B91F), "tags": (0xE0000, 0xE007F),
}

TRICKY = [
    "", " ", "\t\n\r", "a", "A", "[SEP]", "[CLS] shirt [SEP]", "[PAD][PAD]", "[UNK]", "[MASK] of [MASK].", "[ SEP ]",
    "[sep]", "[SEP", "SEP]", "red[SEP]blue", "[SEP][CLS]x", "[[SEP]]", "##ing", "navy##blue", "# #", "[UNK]own",
    "na\u00efve caf\u00e9 cr\u00e8me br\u00fbl\u00e9e", "\u0130stanbul I\u0131i\u0307", "Stra\u00dfe STRASSE \u1e9e",
    "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2 \u03a3\u0391\u03a3", "\ufb01ne \ufb03 \u017f", "\uff32\uff45\uff44 \uff24\uff52\uff45\uff53\uff53",
    "e\u0301 \u00e9 e\u0301\u0301\u0301", "a" + "\u0301" * 100, "a" + "\u0328\u0301\u0323" * 40 + "b", "\u1e69 s\u0323\u0307 s\u0307\u0323",
    "\uac00 \u1100\u1161 \u1112\u1161\u11ab \ud55c\uad6d\uc5b4", "\u7ea2\u8272\u8fde\u8863\u88d9", "\u84dd\u8272 shirt \u7537\u58eb", "T\u6064\u886b",
    "\u9023\u8863\u88d9 \u3068 \u30ef\u30f3\u30d4\u30fc\u30b9", "\u2f800\U0002f800\uf900", "\U0001f457\U0001f45f \U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f \U0001f1e8\U0001f1f3 \U0001f44d\U0001f3fd 1\ufe0f\u20e3",
    "<b>red</b> dress &amp; shoes &nbsp;&#39;", "<!-- <script>alert(1)</script> -->", "100% cotton, $29.99 (50% off!)",
    "don't can't o'clock \u2019s", "a_b-c/d\\e|f~g`h^i", "e-mail: a.b@c.de, www.x.y?z=1&w=2#k", "ISBN 978-3-16-148410-0",
    "a\u0000b\u0001c\u007fd\u0085e\u009ff", "zero\u200bwidth\u200cjoin\u200der\ufeff\u2060", "soft\u00adhyphen", "\ufffd replacement \ufffd",
    "nb\u00a0sp\u2003em\u3000wide\u1680ogham\u180emvs\u2028line\u2029para\u202fx\u205fy", "\u202eright to left\u202c", "\u0600\u06dd\u070f",
    "\ue000private\uf8ff\U000f0000", "\ufdd0\ufffe\uffff\U0001ffff\U0010ffff", "\u0378\u0379 unassigned \u0530", "\U000e0041tag",
    "\u166dmark\u1734sign\u1885\u1886\ua9bd\U000111c9", "\u2e43\u2e4f\u09fd\u0a76 new punctuation", "\u08e2\U000110cd\u07fd\u0898",
    "x" * 99, "x" * 100, "x" * 101, "\u00e9" * 100, "\u00e9" * 101, "e\u0301" * 60, "x" * 10000, "red " * 2500, "\u7ea2" * 10000, "!" * 10000,
    " " * 10000, "\u0301" * 10000, "\U0001f600" * 10000, "ab" * 50 + " " + "ab" * 51,
]


def assigned(first, last):
    return [chr(c) for c in range(first, last + 1) if not 0xD800 <= c < 0xE000 and unicodedata.category(chr(c)) != "Cn"]


def any_rune():
    while True:
        c = rng.randrange(rng.choice([0x80, 0x800, 0x3000, 0x10000, 0x20000, 0x110000]))
        if not 0xD800 <= c < 0xE000:
            return chr(c)


def make_texts(vocab):
    words = sorted(w for w in vocab if not w.startswith(("##", "[")))
    pieces = sorted(w[2:] for w in vocab if w.startswith("##"))
    texts = list(TRICKY)
    for first, last in SCRIPTS.values():
        letters = assigned(first, last)
        for _ in range(12):
            texts.append(" ".join("".join(rng.choices(letters, k=rng.randint(1, 7))) for _ in range(rng.randint(1, 6))))
    for _ in range(900):  # what shops write
        texts.append(" ".join(rng.choice(words) for _ in range(rng.randint(1, 14))))
    for _ in range(500):  # glued pieces, odd case
        glued = ("".join([rng.choice(words)] + rng.choices(pieces, k=rng.randint(0, 4))) for _ in range(rng.randint(1, 8)))
        texts.append(rng.choice(" -/,.").join(rng.choice([str, str.upper, str.title])(w) for w in glued))
    for _ in range(400):  # words with one foreign rune somewhere
        t = list(" ".join(rng.choice(words) for _ in range(rng.randint(1, 6))))
        t.insert(rng.randint(0, len(t)), any_rune())
        texts.append("".join(t))
    for _ in range(300):  # special tokens anywhere
        t = " ".join(rng.choice(words) for _ in range(rng.randint(0, 4)))
        at = rng.randint(0, len(t))
        texts.append(t[:at] + rng.choice(["[SEP]", "[CLS]", "[PAD]", "[UNK]", "[MASK]", " [SEP] ", "[MASK"]) + t[at:])
    for _ in range(300):  # letters with accents, composed or not
        t = "".join(rng.choice("aeiouncsyz") + "".join(chr(rng.randint(0x300, 0x36F)) for _ in range(rng.randint(0, 3)))
                    for _ in range(rng.randint(1, 12)))
        texts.append(rng.choice([t, unicodedata.normalize("NFC", t)]))
    for _ in range(1200):  # anything at all
        texts.append("".join(any_rune() for _ in range(rng.randint(1, 20))))
    return texts


def wide_vocab():
    """Special tokens, then letters of every script, each as a word's start and as its continuation."""
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = {chr(c) for c in range(0x21, 0x7F)}
    for first, last in SCRIPTS.values():
        some = assigned(first, last)
        letters |= set(rng.sample(some, min(len(some), 40)))
    letters = sorted(letters | {"\u0301", "\u0307", "\u166d", "\u1734", "\u1885", "\ua9bd", "\u2e43", "\u0378"})
    return vocab + letters + ["##" + c for c in letters] + ["red", "##dish", "dress", "\u8fde\u8863", "shirt"]


def variants(vocab):
    special = [{"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
                "special": True} for i, t in enumerate(vocab[:5])]
    more = len(vocab)

    def added(content, **flags):
        nonlocal more
        more += 1
        return {"id": more - 1, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
                "normalized": True, "special": False} | flags

    def build(name, normalizer=None, tokens=(), post="template", truncation=None, **model):
        bert = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
                "lowercase": True}
        template = {"type": "TemplateProcessing", "pair": [
            {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}], "single": [
            {"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": "[SEP]", "type_id": 0}}], "special_tokens": {
            "[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
            "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}}
        return name, {
            "version": "1.0", "truncation": truncation, "padding": None, "added_tokens": special + list(tokens),
            "normalizer": bert | (normalizer or {}), "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": template if post == "template" else None,
            "decoder": None, "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                                       "max_input_chars_per_word": 100, "vocab": {t: i for i, t in enumerate(vocab)}} | model}

    left = {"direction": "Left", "max_length": 7, "strategy": "OnlyFirst", "stride": 0}
    yield build("wide")
    yield build("cased", {"lowercase": False})
    yield build("cased without accents", {"lowercase": False, "strip_accents": True})
    yield build("accents kept", {"strip_accents": False})
    yield build("dirty", {"clean_text": False, "handle_chinese_chars": False})
    yield build("end kept", truncation=left, post=None)
    yield build("short words", max_input_chars_per_word=5)
    yield build("added tokens", tokens=[
        added("Red Dress"), added("reddish", single_word=True), added("<x>", lstrip=True, rstrip=True, normalized=False),
        added("<xx>", normalized=False, rstrip=True), added("\u00c9t\u00e9", lstrip=True), added("\u8fde\u8863")])


def added_token_texts():
    parts = ["red dress", "RED DRESS", "reddish", "xreddish", "reddish7", "reddish!", "<x>", "<xx>", "<X>", " ", "  ",
             "\t", "\u00e9t\u00e9", "\u00c9T\u00c9", "ete", "\u8fde\u8863\u88d9", "\u3000", "shirt", "[SEP]", "\u0301", "_", "-"]
    return ["".join(rng.choices(parts, k=rng.randint(1, 7))) for _ in range(300)]


def main():
    source, out = sys.argv[1:3]
    spec = json.loads(pathlib.Path(source).read_text())
    texts = make_texts(spec["model"]["vocab"])
    special = added_token_texts()
    tok = Tokenizer.from_file(source)
    golden = {"texts": texts + special, "ids": [tok.encode(t).ids for t in texts + special], "variants": []}
    sample = [i for i, t in enumerate(texts) if len(t) < 300 and i % 4 == 0 or i < len(TRICKY) and len(t) < 300]
    sample += range(len(texts), len(texts) + len(special))
    vocab = wide_vocab()
    for name, spec in variants(vocab):
        tok = Tokenizer.from_str(json.dumps(spec))
        del spec["model"]["vocab"]
        golden["variants"].append({"name": name, "tokenizer": spec, "texts": sample,
                                   "ids": [tok.encode(golden["texts"][i]).ids for i in sample]})
    golden["vocab"] = vocab
    data = json.dumps(golden, separators=(",", ":")).encode()
    pathlib.Path(out).write_bytes(gzip.compress(data, 9, mtime=0))
    print(f"{len(golden['texts'])} texts, {len(golden['variants'])} variants of {len(sample)} texts")


main()
