"""The texts on which Go and the reference library are compared, made by a small generator that both implement.

`texts(n, seed)` equals what corpus_test.go makes, bit for bit: both read corpus.json and draw from SplitMix64.
"""
import json
import pathlib

DATA = json.loads(pathlib.Path(__file__).with_name("corpus.json").read_text())
MASK = (1 << 64) - 1


class Random:
    """SplitMix64 (Steele, Lea, Flood 2014)."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return (z ^ (z >> 31)) % n

    def one(self, items):
        return items[self.below(len(items))]

    def between(self, low, high):
        return low + self.below(high - low + 1)


def upper(text):
    return "".join(chr(ord(c) - 32) if "a" <= c <= "z" else c for c in text)


def any_rune(r):
    while True:
        c = r.below(r.one([0x80, 0x250, 0x800, 0x3000, 0x10000, 0x20000, 0x110000]))
        if not 0xD800 <= c < 0xE000:
            return chr(c)


def words(r, low, high):
    return " ".join(r.one(DATA["words"]) for _ in range(r.between(low, high)))


def glued(r):
    out = ""
    for _ in range(r.between(1, 8)):
        word = r.one(DATA["words"])
        case = r.below(3)
        if case == 0:
            word = upper(word)
        elif case == 1:
            word = upper(word[:1]) + word[1:]
        out += word + r.one(DATA["glue"])
    return out


def script(r):
    low, high = r.one(DATA["scripts"])
    return " ".join("".join(chr(r.between(low, high)) for _ in range(r.between(1, 7))) for _ in range(r.between(1, 6)))


def accents(r):
    out = ""
    for _ in range(r.between(1, 12)):
        out += chr(r.between(0x61, 0x7A)) if r.below(4) else any_rune(r)
        for _ in range(r.below(4)):
            out += chr(r.between(0x300, 0x36F))
    return out


def mixture(r, kind):
    return "".join(r.one(DATA[kind]) if r.below(3) else r.one(DATA["words"]) for _ in range(r.between(1, 10)))


def emoji(r):
    out = ""
    for _ in range(r.between(1, 6)):
        out += chr(r.between(0x1F300, 0x1FAFF)) if r.below(2) else r.one(DATA["emoji"])
        out += r.one(["", "", " ", "\u200d", "\ufe0f", "\U0001f3fd", "\u20e3"])
    return out


def long(r):
    unit = r.one([script, lambda r: words(r, 1, 3), any_rune, emoji, glued])(r)
    unit = unit[:r.between(1, 40)]
    return (unit * (10000 // len(unit) + 1))[:10000]


def text(r):
    k = r.below(1000)
    if k < 300:
        return words(r, 1, 14)
    if k < 400:
        return glued(r)
    if k < 620:
        return script(r)
    if k < 700:
        return accents(r)
    if k < 760:
        return mixture(r, "special")
    if k < 820:
        return mixture(r, "space")
    if k < 860:
        return mixture(r, "html")
    if k < 900:
        return emoji(r)
    if k < 998:
        return "".join(any_rune(r) for _ in range(r.between(1, 20)))
    return long(r)


def texts(n, seed=20261124):
    r = Random(seed)
    out = DATA["tricky"] + [unit * n for unit, n in DATA["repeated"]]
    while len(out) < n:
        out.append(text(r))
    return out
