"""Full-size CLIP models with random weights: as torch modules, and as folders that Pinax opens.

Speed does not depend on what weights are, and no licence does on random ones. The tokenizer is that of the bundled model,
whose ids are all within CLIP's vocabulary.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import shutil

import torch
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, CLIPVisionConfig, CLIPVisionModelWithProjection


@dataclasses.dataclass(frozen=True)
class Size:
    """What sets one CLIP model apart from another."""

    name: str
    edge: int  # of a picture, in pixels
    patch: int
    vision: tuple[int, int, int]  # width, layers, heads
    text: tuple[int, int, int]
    dimension: int

    def picture_flops(self) -> float:
        """Floating-point operations of a picture: two a multiplication with addition, matrices only."""
        width, layers, _ = self.vision
        patches = (self.edge // self.patch) ** 2
        tokens = patches + 1
        embed = 2 * patches * 3 * self.patch**2 * width
        return embed + layers * transformer_flops(tokens, width) + 2 * width * self.dimension

    def text_flops(self, tokens: int) -> float:
        width, layers, _ = self.text
        return layers * transformer_flops(tokens, width) + 2 * width * self.dimension


def transformer_flops(tokens: int, width: int) -> float:
    """One layer: four square matrices, two of four times the width, and both products of attention."""
    return 2 * tokens * 12 * width**2 + 4 * tokens**2 * width


B32 = Size("vit-b-32", 224, 32, (768, 12, 12), (512, 12, 8), 512)
L14 = Size("vit-l-14", 224, 14, (1024, 24, 16), (768, 12, 12), 768)
TINY = Size("tiny", 32, 16, (32, 2, 2), (32, 2, 2), 16)  # to try the script itself


class Vision(torch.nn.Module):
    def __init__(self, size: Size):
        super().__init__()
        width, layers, heads = size.vision
        config = CLIPVisionConfig(hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers,
                                  num_attention_heads=heads, patch_size=size.patch, image_size=size.edge,
                                  projection_dim=size.dimension)
        self.model = CLIPVisionModelWithProjection._from_config(config, attn_implementation="sdpa")

    def forward(self, pixel_values):
        return self.model(pixel_values=pixel_values).image_embeds


class Text(torch.nn.Module):
    def __init__(self, size: Size):
        super().__init__()
        width, layers, heads = size.text
        config = CLIPTextConfig(hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers,
                                num_attention_heads=heads, projection_dim=size.dimension)
        self.model = CLIPTextModelWithProjection._from_config(config, attn_implementation="sdpa")

    def forward(self, input_ids):
        return self.model(input_ids=input_ids).text_embeds


def towers(size: Size, device: str, dtype: torch.dtype) -> tuple[Vision, Text]:
    torch.manual_seed(0)
    return tuple(tower(size).eval().to(device, dtype) for tower in (Vision, Text))


def export(size: Size, bundled: pathlib.Path, folder: pathlib.Path, device: str) -> pathlib.Path:
    """Writes a model folder in float16, its inputs and outputs too, unless it is there."""
    ready = folder / "ready"
    if ready.exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "onnx").mkdir(parents=True)
    # On the CPU some operators have no float16, so the graphs are traced where they run.
    vision, text = towers(size, device, torch.float16)
    pixels = torch.randn(2, 3, size.edge, size.edge, device=device, dtype=torch.float16)
    ids = torch.full((2, 8), 320, device=device)
    ids[:, -1] = 49407
    write(vision, pixels, folder / "onnx/vision_model.onnx", "pixel_values", "image_embeds", {0: "batch"})
    write(text, ids, folder / "onnx/text_model.onnx", "input_ids", "text_embeds", {0: "batch", 1: "tokens"})
    shutil.copy(bundled / "tokenizer.json", folder)
    (folder / "config.json").write_text(json.dumps(
        {"_name_or_path": size.name, "projection_dim": size.dimension, "text_config": {"max_position_embeddings": 77}}))
    (folder / "preprocessor_config.json").write_text(json.dumps({
        "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": size.edge}, "resample": 3,
        "crop_size": {"height": size.edge, "width": size.edge}}))
    ready.touch()
    return folder


def write(tower, example, path, given, made, axes):
    with torch.no_grad():
        torch.onnx.export(tower, (example,), str(path), input_names=[given], output_names=[made], opset_version=17,
                          dynamic_axes={given: axes, made: {0: "batch"}}, dynamo=False)
