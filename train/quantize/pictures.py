"""Pictures as preprocessor_config.json wants them, with Pillow."""

import io
import json
import pathlib

import numpy as np
from PIL import Image


class Preprocessor:
    """The settings of a model folder."""

    def __init__(self, model: pathlib.Path):
        self.config = json.loads((model / "preprocessor_config.json").read_text())

    def tensor(self, data: bytes) -> np.ndarray:
        """A picture as [3][height][width]float32."""
        c = self.config
        image = Image.open(io.BytesIO(data)).convert("RGB")
        if c.get("do_resize", True):
            image = self.resized(image)
        if c.get("do_pad"):
            image = self.padded(image)
        if c.get("do_center_crop"):
            image = self.cropped(image)
        pixels = np.asarray(image, np.float32)
        if c.get("do_rescale", True):
            pixels = pixels * np.float32(c.get("rescale_factor", 1 / 255))
        if c.get("do_normalize", True):
            pixels = (pixels - np.float32(c["image_mean"])) / np.float32(c["image_std"])
        return np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32)

    def resized(self, image: Image.Image) -> Image.Image:
        size, (w, h) = self.config["size"], image.size
        if isinstance(size, int):
            size = {"shortest_edge": size}
        if "height" in size:
            target = (size["width"], size["height"])
        else:
            edge, of = (size["shortest_edge"], min(w, h)) if "shortest_edge" in size else (size["longest_edge"], max(w, h))
            rounded = int if "shortest_edge" in size else round  # as the reference does either
            target = (max(1, rounded(w * edge / of)), max(1, rounded(h * edge / of)))
        return image.resize(target, self.config.get("resample", Image.Resampling.BICUBIC))

    def padded(self, image: Image.Image) -> Image.Image:
        size = self.config["pad_size"]
        canvas = Image.new("RGB", (size["width"], size["height"]), (self.config.get("pad_value", 0),) * 3)
        canvas.paste(image, ((canvas.width - image.width) // 2, (canvas.height - image.height) // 2))
        return canvas

    def cropped(self, image: Image.Image) -> Image.Image:
        size = self.config["crop_size"]
        w, h = (size, size) if isinstance(size, int) else (size["width"], size["height"])
        left, top = (image.width - w) // 2, (image.height - h) // 2
        return image.crop((left, top, left + w, top + h))
