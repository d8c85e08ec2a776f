"""Writes golden.json and the drawn pictures that it describes: embeddings by the reference stack.

usage: golden.py MODEL_FOLDER        (pip install onnxruntime==1.24.4 pillow tokenizers numpy)

For pinax-mini's kind of preprocessing: longest edge, bicubic, padded around the middle.
"""
import base64
import io
import json
import pathlib
import sys

import numpy as np
import onnxruntime as ort
from PIL import Image, ImageDraw
from tokenizers import Tokenizer

model = pathlib.Path(sys.argv[1])
here = pathlib.Path(__file__).resolve().parent
pre = json.loads((model / "preprocessor_config.json").read_text())
size = pre["size"]["longest_edge"]
tok = Tokenizer.from_file(str(model / "tokenizer.json"))
options = ort.SessionOptions()
options.intra_op_num_threads = 1
vision = ort.InferenceSession(str(model / "onnx/vision_model.onnx"), options)
text = ort.InferenceSession(str(model / "onnx/text_model.onnx"), options)

TEXTS = [
    "", "a", "shirt", "Navy Blue Checked Shirt", "red summer dress", "black leather shoes", "women's handbag", "silver watch",
    "running shoes for men, size 42", "kids' printed t-shirt", "sunglasses", "green cotton kurta", "white socks (pack of 3)",
    "red dress red dress red dress red dress red dress red dress red dress red dress red dress red dress", "DARK GREY JEANS",
    "perfume 100 ml", "lipstick", "a pair of brown sandals", "belt", "sports bra", "formal trousers", "pink flip flops",
    "\u7ea2\u8272\u8fde\u8863\u88d9", "\u84dd\u8272\u886c\u886b", "\u9ed1\u8272\u624b\u63d0\u5305", "\u767d\u8272\u8fd0\u52a8\u978b", "\u5973\u58eb\u624b\u8868", "\u7537\u58ebT\u6064", "\u68d5\u8272\u76ae\u5e26", "\u592a\u9633\u955c", "\u7d2b\u8272 scarf",
    "caf\u00e9 cr\u00e8me blouse", "\U0001f457 dress \U0001f45f", "[SEP] shirt", "x" * 150, "!!! ??? ...", "<b>red</b> &amp; blue",
    "\u0420\u0443\u0431\u0430\u0448\u043a\u0430", "\u30ef\u30f3\u30d4\u30fc\u30b9", "shirt " * 400,
]


def pixels(data):
    im = Image.open(io.BytesIO(data)).convert("RGB")
    w, h = im.size
    s = size / max(w, h)
    if s != 1:
        im = im.resize((max(1, round(w * s)), max(1, round(h * s))), Image.BICUBIC)
    c = Image.new("RGB", (size, size), (pre["pad_value"],) * 3)
    c.paste(im, ((size - im.width) // 2, (size - im.height) // 2))
    x = np.asarray(c, np.float32) / 255
    return ((x - np.float32(pre["image_mean"])) / np.float32(pre["image_std"])).transpose(2, 0, 1)


def draw(kind, width, height, colour):
    """A flat garment, bag or watch on white, with edges and a pattern for the resampling to work on."""
    im = Image.new("RGB", (width, height), "white")
    d = ImageDraw.Draw(im)
    x = lambda f: round(f * width)
    y = lambda f: round(f * height)
    if kind == "shirt":
        d.polygon([(x(.3), y(.15)), (x(.7), y(.15)), (x(.95), y(.4)), (x(.8), y(.5)), (x(.75), y(.9)), (x(.25), y(.9)),
                   (x(.2), y(.5)), (x(.05), y(.4))], fill=colour)
        for i in range(5):
            d.line([(x(.3 + i * .1), y(.2)), (x(.3 + i * .1), y(.88))], fill="black")
    elif kind == "bag":
        d.arc([x(.3), y(.1), x(.7), y(.6)], 180, 360, fill=colour, width=max(1, x(.04)))
        d.rounded_rectangle([x(.15), y(.35), x(.85), y(.9)], max(1, x(.08)), fill=colour)
    else:
        d.rectangle([x(.4), y(.05), x(.6), y(.95)], fill="saddlebrown")
        d.ellipse([x(.2), y(.25), x(.8), y(.75)], fill=colour, outline="black", width=max(1, x(.02)))
    return im


def encoded(im, **options):
    out = io.BytesIO()
    im.save(out, **options)
    return out.getvalue()


PICTURES = {
    "shirt.png": encoded(draw("shirt", 60, 80, "navy"), format="PNG"),
    "shirt_large.jpg": encoded(draw("shirt", 480, 640, "crimson"), format="JPEG", quality=90),
    "bag.jpg": encoded(draw("bag", 168, 224, "black"), format="JPEG", quality=75),
    "bag_progressive.jpg": encoded(draw("bag", 300, 200, "olive"), format="JPEG", quality=85, progressive=True),
    "watch_444.jpg": encoded(draw("watch", 80, 80, "silver"), format="JPEG", quality=95, subsampling=0),
    "watch_grey.jpg": encoded(draw("watch", 120, 90, "gold").convert("L"), format="JPEG", quality=80),
    "bag_palette.png": encoded(draw("bag", 90, 120, "teal").quantize(32), format="PNG"),
    "watch_small.png": encoded(draw("watch", 17, 31, "gold"), format="PNG"),
}


def pack(v):
    return base64.b64encode(np.ascontiguousarray(v, "<f4").tobytes()).decode()


def unit(v):
    return v / np.linalg.norm(v)


golden = {"texts": [], "pictures": []}
for t in TEXTS:
    e = tok.encode(t)
    v = text.run(None, {"input_ids": np.array([e.ids]), "attention_mask": np.array([e.attention_mask])})[0][0]
    golden["texts"].append({"text": t, "vector": pack(unit(v))})
(here / "pictures").mkdir(exist_ok=True)
for name, data in PICTURES.items():
    (here / "pictures" / name).write_bytes(data)
    v = vision.run(None, {"pixel_values": pixels(data)[None]})[0][0]
    golden["pictures"].append({"file": name, "vector": pack(unit(v))})
(here / "golden.json").write_text(json.dumps(golden, indent=0, ensure_ascii=True) + "\n")
print(len(golden["texts"]), "texts,", len(golden["pictures"]), "pictures")
