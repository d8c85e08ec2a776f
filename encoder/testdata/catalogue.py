"""Prints the reference embeddings of catalogue pictures, one JSON object a line.

usage: catalogue.py MODEL_FOLDER CATALOGUE_TAR_GZ COUNT      (pip install onnxruntime pillow numpy)
"""
import base64
import io
import json
import pathlib
import sys
import tarfile

import numpy as np
import onnxruntime as ort
from PIL import Image

model, count = pathlib.Path(sys.argv[1]), int(sys.argv[3])
pre = json.loads((model / "preprocessor_config.json").read_text())
size = pre["size"]["longest_edge"]
vision = ort.InferenceSession(str(model / "onnx/vision_model.onnx"))


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


with tarfile.open(sys.argv[2]) as tar:
    for member in tar:
        if count == 0:
            break
        if not member.isfile():
            continue
        data = tar.extractfile(member).read()
        vector = vision.run(None, {"pixel_values": pixels(data)[None]})[0][0]
        print(json.dumps({"name": member.name, "picture": base64.b64encode(data).decode(),
                          "vector": base64.b64encode(np.ascontiguousarray(vector, "<f4").tobytes()).decode()}))
        count -= 1
