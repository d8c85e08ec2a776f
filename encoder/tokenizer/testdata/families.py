"""Trains a small vocabulary for each family of tokenizers and writes what the reference library makes of the corpus.

usage: families.py [FAMILY …]        (pip install -r requirements.txt)

A family's components are those that the models of its kind are published with; only the vocabulary is small and
trained here, on texts of corpus.py from another seed, or kept from the last time. families/NAME.tar.gz holds the model folder; golden/NAME.json.gz
the ids of some texts and a hash over the ids of each block of 50 of all 20,000.
"""
import gzip
import hashlib
import io
import json
import os
import pathlib
import struct
import sys
import tarfile
import tempfile

os.environ["TOKENIZERS_PARALLELISM"] = "false"

import sentencepiece
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import corpus

HERE = pathlib.Path(__file__).parent
TEXTS = 20_000
BLOCK = 50
EVERY = 17  # of the short texts, one in so many is kept with its ids


def training_texts():
    r = corpus.Random(7)
    kinds = [lambda r: corpus.words(r, 3, 14)] * 6 + [corpus.glued, lambda r: corpus.mixture(r, "emoji")]
    mixed = [r.one(kinds)(r) for _ in range(12_000)]
    return mixed + [" ".join(chr(c) for c in range(low, min(high, low + 20) + 1) if not 0xD800 <= c < 0xE000)
                    for low, high in corpus.DATA["scripts"] for _ in range(3)]


def sentencepiece_model(folder, name, size=3000, **options):
    """Trains from memory, so that the model file names no path."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(t.replace("\n", " ").replace("\x00", "") for t in training_texts()), model_writer=model,
        vocab_size=size, hard_vocab_limit=False, minloglevel=2, max_sentence_length=100_000, num_threads=1,
        character_coverage=0.99, **options)
    (folder / name).write_bytes(model.getvalue())


def write(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False))


def byte_alphabet():
    return [chr(c) for c in [*range(33, 127), *range(161, 173), *range(174, 256)]] + [chr(256 + n) for n in range(68)]


def bpe_files(folder, tokenizer, trainer, vocabulary):
    """Writes vocab.json and merges.txt; vocabulary orders the tokens, given those that were trained."""
    if (folder / "merges.txt").exists():
        return
    tokenizer.train_from_iterator(training_texts(), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    write(folder / "vocab.json", {t: i for i, t in enumerate(vocabulary(sorted(model["vocab"], key=model["vocab"].get)))})
    lines = [" ".join(m) for m in model["merges"]]
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(lines) + "\n")


def unique(*lists):
    return list(dict.fromkeys(t for some in lists for t in some))


def clip(folder):
    t = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    made = transformers.CLIPTokenizer()._tokenizer
    t.normalizer, t.pre_tokenizer = made.normalizer, made.pre_tokenizer
    bytes_ = byte_alphabet()
    bpe_files(folder, t, trainers.BpeTrainer(vocab_size=3000, end_of_word_suffix="</w>", initial_alphabet=bytes_,
                                             show_progress=False),
              lambda trained: unique(bytes_, [b + "</w>" for b in bytes_], trained,
                                     ["<|startoftext|>", "<|endoftext|>"]))
    write(folder / "tokenizer_config.json", {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77,
                                             "do_lower_case": True, "unk_token": "<|endoftext|>",
                                             "pad_token": "<|endoftext|>", "bos_token": "<|startoftext|>",
                                             "eos_token": "<|endoftext|>"})
    return transformers.CLIPTokenizer.from_pretrained(folder)


def roberta(folder):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    bpe_files(folder, t, trainers.BpeTrainer(vocab_size=3000, initial_alphabet=byte_alphabet(), show_progress=False),
              lambda trained: unique(special, trained, ["<mask>"]))
    write(folder / "tokenizer_config.json", {"tokenizer_class": "RobertaTokenizer", "model_max_length": 512})
    write(folder / "special_tokens_map.json", {
        "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>", "pad_token": "<pad>",
        "cls_token": "<s>", "mask_token": {"content": "<mask>", "single_word": False, "lstrip": True, "rstrip": False,
                                           "normalized": False}})
    return transformers.RobertaTokenizer.from_pretrained(folder)


def bert(folder, lowercase=True):
    if not (folder / "vocab.txt").exists():
        train_bert(folder, lowercase)
    write(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "do_lower_case": lowercase,
                                             "model_max_length": 512})
    return transformers.BertTokenizer.from_pretrained(folder)


def train_bert(folder, lowercase):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    t.train_from_iterator(training_texts(), trainers.WordPieceTrainer(
        vocab_size=5000, limit_alphabet=1800, special_tokens=special, show_progress=False))
    vocab = t.get_vocab()
    (folder / "vocab.txt").write_text("\n".join(sorted(vocab, key=vocab.get)) + "\n")


def bert_cased(folder):
    return bert(folder, lowercase=False)


def xlm_roberta(folder):
    sentencepiece_model(folder, "sentencepiece.bpe.model", model_type="unigram")
    write(folder / "tokenizer_config.json", {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 512})
    return transformers.XLMRobertaTokenizer.from_pretrained(folder)


def t5_model(folder):
    sentencepiece_model(folder, "spiece.model", model_type="unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)


def t5(folder):
    t5_model(folder)
    write(folder / "tokenizer_config.json", {"tokenizer_class": "T5Tokenizer", "model_max_length": 512})
    return transformers.T5Tokenizer.from_pretrained(folder)


def siglip(folder):
    """As its tokenizer.json is published; sentencepiece reads the same model in siglip-slow."""
    t5_model(folder)
    from sentencepiece import sentencepiece_model_pb2
    proto = sentencepiece_model_pb2.ModelProto.FromString((folder / "spiece.model").read_bytes())
    t = Tokenizer(models.Unigram([(p.piece, p.score) for p in proto.pieces], unk_id=2, byte_fallback=False))
    t.normalizer = normalizers.Sequence([
        normalizers.Lowercase(),
        normalizers.Replace(Regex(r"""[!"\#\$%\&'\(\)\*\+,\-\.:;=\?@\[\\\]\^_`\{\|\}\~]"""), ""),
        normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip(),
        normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap),
        normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "\u2581")])
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    t.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>",
                                                     special_tokens=[("</s>", 1)])
    t.add_special_tokens(["<unk>", "</s>"])
    t.enable_truncation(64)
    t.enable_padding(length=64, pad_id=1, pad_token="</s>")
    (folder / "spiece.model").unlink()
    return t


def siglip_slow(folder):
    t5_model(folder)
    write(folder / "tokenizer_config.json", {"tokenizer_class": "SiglipTokenizer", "model_max_length": 64,
                                             "do_lower_case": True})
    write(folder / "special_tokens_map.json", {"eos_token": "</s>", "pad_token": "</s>", "unk_token": "<unk>"})
    return transformers.SiglipTokenizer.from_pretrained(folder)


def gemma(folder):
    """Gemma's, with the lowercasing of SigLIP 2."""
    sentencepiece_model(folder, "tokenizer.model", size=4000, model_type="bpe", byte_fallback=True, split_digits=True,
                        normalization_rule_name="identity", add_dummy_prefix=False, remove_extra_whitespaces=False,
                        pad_id=0, eos_id=1, bos_id=2, unk_id=3, eos_piece="<eos>", bos_piece="<bos>",
                        user_defined_symbols=["<mask>", "<start_of_turn>"])
    write(folder / "tokenizer_config.json", {"tokenizer_class": "Siglip2Tokenizer", "add_bos_token": False,
                                             "add_eos_token": True, "model_max_length": 64})
    return transformers.Siglip2Tokenizer.from_pretrained(folder)


def llama(folder):
    sentencepiece_model(folder, "tokenizer.model", size=4000, model_type="bpe", byte_fallback=True, split_digits=True,
                        normalization_rule_name="identity", allow_whitespace_only_pieces=True)
    write(folder / "tokenizer_config.json", {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True,
                                             "add_eos_token": False, "legacy": False})
    return transformers.LlamaTokenizer.from_pretrained(folder)


def llama3(folder):
    """Byte-level BPE with the expression of cl100k, and whole pieces before merges."""
    t = Tokenizer(models.BPE(ignore_merges=True))
    cl100k = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
              r"\s*[\r\n]+|\s+(?!\S)|\s+")
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(cl100k), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=False)])
    t.train_from_iterator(training_texts(), trainers.BpeTrainer(vocab_size=3000, initial_alphabet=byte_alphabet(),
                                                                show_progress=False))
    t.add_special_tokens(["<|begin_of_text|>", "<|end_of_text|>"])
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True), processors.TemplateProcessing(
        single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|> $B",
        special_tokens=[("<|begin_of_text|>", t.token_to_id("<|begin_of_text|>"))])])
    return t


FAMILIES = {f.__name__: f for f in [clip, roberta, bert, bert_cased, xlm_roberta, t5, siglip, siglip_slow, gemma, llama,
                                    llama3]}


def encoder(made):
    """The function from a text to its ids, untruncated, and the reference tokenizer, if it is one."""
    fast = getattr(made, "_tokenizer", made)
    if not isinstance(fast, Tokenizer):
        return (lambda text: made(text, truncation=False)["input_ids"]), None
    fast.no_truncation(), fast.no_padding()
    return (lambda text: fast.encode(text).ids), fast


def pack(folder, path):
    """A tar.gz that is the same whenever it is made."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for file in sorted(folder.iterdir()):
            info = tarfile.TarInfo(file.name)
            info.size = file.stat().st_size
            tar.addfile(info, io.BytesIO(file.read_bytes()))
    path.write_bytes(gzip.compress(raw.getvalue(), 9, mtime=0))


def keep_vocabulary(name, folder):
    """Takes vocabularies over that are there: training one with the tokenizers library is not the same twice."""
    archive = HERE / "families" / f"{name}.tar.gz"
    if archive.exists():
        with tarfile.open(archive) as tar:
            for file in tar.getmembers():
                if file.name in ("vocab.json", "merges.txt", "vocab.txt"):
                    tar.extract(file, folder, filter="data")


def golden(encode, texts, path):
    ids, kept, blocks, some = [], [], [], hashlib.sha256()
    for i, text in enumerate(texts):
        got = encode(text)
        some.update(struct.pack(f"<{len(got) + 1}I", len(got), *got))
        if (i + 1) % BLOCK == 0:
            blocks.append(some.hexdigest()[:12])
            some = hashlib.sha256()
        if len(text) < 300 and (i % EVERY == 0 or i < 100):
            kept.append(i)
            ids.append(got)
    data = json.dumps({"block": BLOCK, "blocks": blocks, "kept": kept, "ids": ids}, separators=(",", ":")).encode()
    path.write_bytes(gzip.compress(data, 9, mtime=0))


def main():
    for folder in ["families", "golden"]:
        (HERE / folder).mkdir(exist_ok=True)
    texts = corpus.texts(TEXTS)
    for name in sys.argv[1:] or FAMILIES:
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            keep_vocabulary(name, folder)
            made = FAMILIES[name](folder)
            fast = getattr(made, "_tokenizer", made)
            if isinstance(fast, Tokenizer):
                fast.save(str(folder / "tokenizer.json"), pretty=False)
            pack(folder, HERE / "families" / f"{name}.tar.gz")
            golden(encoder(made)[0], texts, HERE / "golden" / f"{name}.json.gz")
        print(name, *(f"{(HERE / d / name).with_suffix(s).stat().st_size:,}" for d, s in
                      [("families", ".tar.gz"), ("golden", ".json.gz")]), flush=True)


if __name__ == "__main__":
    main()
