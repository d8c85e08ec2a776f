"""Draws small pictures of every kind and writes what Pillow makes of them; the Go tests compare.

requirements: pillow==13.0.0 numpy==2.4.6
usage: python golden.py          (rewrites the folder golden/ beside it)

golden/cases.json lists the cases. A source is an encoded picture; expected pixels are gzipped RGB bytes, expected tensors
gzipped little-endian float32.
"""
import gzip, io, json, math, pathlib, shutil, struct, zlib
import numpy as np
from PIL import Image, ImageDraw, ImageOps

OUT = pathlib.Path(__file__).parent / "golden"
CASES = {"decode": [], "resize": [], "tensor": []}


def drawing(w, h, seed=0, noise=24):
    """Gradients, coloured shapes with hard edges, and noise: what chroma filters and resampling get wrong shows on it."""
    rng = np.random.default_rng([seed, w, h])
    y, x = np.mgrid[0:h, 0:w]
    base = np.stack([255 * x / max(1, w - 1), 255 * y / max(1, h - 1), 255 * (x + y) / max(1, w + h - 2)], -1)
    im = Image.fromarray(base.astype(np.uint8))
    d = ImageDraw.Draw(im)
    for colour in [(220, 20, 30), (20, 160, 60), (30, 60, 220), (250, 240, 20), (255, 255, 255), (0, 0, 0)]:
        x0, y0 = rng.integers(0, max(1, w)), rng.integers(0, max(1, h))
        box = [x0, y0, min(w - 1, x0 + w // 3), min(h - 1, y0 + h // 3)]
        (d.ellipse if rng.random() < 0.5 else d.rectangle)([float(v) for v in box], fill=colour)
    a = np.asarray(im, np.int16)
    half = a[:, w // 2:]
    a = a.copy()
    a[:, w // 2:] = half + rng.integers(-noise, noise + 1, half.shape)
    return Image.fromarray(np.clip(a, 0, 255).astype(np.uint8))


def alpha(w, h):
    y, x = np.mgrid[0:h, 0:w]
    return Image.fromarray(((x * 37 + y * 11) % 256).astype(np.uint8))


def with_alpha(w, h, seed=0):
    im = drawing(w, h, seed).convert("RGBA")
    im.putalpha(alpha(w, h))
    return im


def upright(im):
    """The rule of the product: upright, transparency on white, RGB."""
    im = ImageOps.exif_transpose(im)
    if im.has_transparency_data:
        im = im.convert("RGBA")
        im = Image.alpha_composite(Image.new("RGBA", im.size, "white"), im)
    return im.convert("RGB")


def pack(name, data):
    (OUT / name).write_bytes(gzip.compress(data, 9, mtime=0))
    return name


def source(name, data, tolerance=0, expected=None):
    """Adds a picture that must decode to what Pillow says (or to expected, where Pillow has no sensible answer)."""
    (OUT / name).write_bytes(data)
    im = expected or upright(Image.open(io.BytesIO(data)))
    CASES["decode"].append({"source": name, "width": im.width, "height": im.height, "tolerance": tolerance,
                            "pixels": pack(name + ".rgb.gz", im.tobytes())})
    return im


def save(im, format, **options):
    b = io.BytesIO()
    im.save(b, format, **options)
    return b.getvalue()


def exif(orientation):
    e = Image.Exif()
    e[0x0112] = orientation
    return e


# ---- formats that Pillow cannot write -------------------------------------------------------------------------------
def png(w, h, depth, colour, rows, chunks=(), interlace=False):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    ihdr = chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, colour, 0, 0, int(interlace)))
    body = b"".join(b"\0" + r for r in rows)
    return (b"\x89PNG\r\n\x1a\n" + ihdr + b"".join(chunk(k, v) for k, v in chunks)
            + chunk(b"IDAT", zlib.compress(body, 9)) + chunk(b"IEND", b""))


def adam7(a):
    for x0, y0, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
        part = a[y0::dy, x0::dx]
        if part.size:
            yield from (r.tobytes() for r in part)


def packed(values, depth):
    """Rows of samples of less than a byte."""
    for row in values:
        bits = "".join(format(int(v), f"0{depth}b") for v in row)
        bits += "0" * (-len(bits) % 8)
        yield bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def resampled_jpeg(data, sampling, w, h):
    """Reinterprets the blocks of a JPEG with other sampling factors: a valid file, if a strange picture."""
    i = data.index(b"\xff\xc0")
    d = bytearray(data)
    d[i + 5:i + 9] = struct.pack(">HH", h, w)
    d[i + 11] = sampling
    return bytes(d)


def garment(w, h):
    """A product photo as shops have them: one thing, shaded, on white. For benchmarks."""
    big = Image.new("RGB", (4 * w, 4 * h), "white")
    d = ImageDraw.Draw(big)
    body = [(.3, .12), (.42, .18), (.58, .18), (.7, .12), (.95, .35), (.84, .46), (.74, .38), (.74, .92), (.26, .92), (.26, .38),
            (.16, .46), (.05, .35)]
    d.polygon([(x * 4 * w, y * 4 * h) for x, y in body], fill=(40, 60, 120))
    for i in range(10):
        d.line([(.27 * 4 * w, (.25 + .07 * i) * 4 * h), (.73 * 4 * w, (.24 + .07 * i) * 4 * h)], fill=(190, 60, 70), width=w // 25 + 1)
    a = np.asarray(big.resize((w, h), Image.LANCZOS), np.float32)
    y, x = np.mgrid[0:h, 0:w]
    grain = np.random.default_rng(3).normal(0, 3, (h, w, 1)) * (a.min(-1, keepdims=True) < 240)
    shade = 1 - 0.25 * np.abs(x / w - .45)[..., None] * (a.min(-1, keepdims=True) < 240)
    return Image.fromarray(np.clip(a * shade + grain, 0, 255).astype(np.uint8))


# ---- decoding -------------------------------------------------------------------------------------------------------
JPEG = 3  # the inverse DCTs round differently; see docs/adr/0002-picture-decoding.md


def jpegs():
    for name, sub in [("444", 0), ("422", 1), ("420", 2)]:
        for w, h in [(61, 83), (16, 16)]:
            source(f"jpeg_{name}_{w}x{h}.jpg", save(drawing(w, h), "JPEG", quality=88, subsampling=sub), JPEG)
    for w, h in [(1, 1), (2, 2), (3, 3), (4, 5), (5, 4), (6, 1), (1, 7), (17, 2)]:
        source(f"jpeg_420_{w}x{h}.jpg", save(drawing(w, h), "JPEG", quality=90, subsampling=2), JPEG)
        source(f"jpeg_422_{w}x{h}.jpg", save(drawing(w, h), "JPEG", quality=90, subsampling=1), JPEG)
    source("jpeg_440.jpg", resampled_jpeg(save(drawing(48, 24), "JPEG", quality=90, subsampling=1), 0x12, 23, 47), JPEG)
    source("jpeg_411.jpg", resampled_jpeg(save(drawing(48, 32), "JPEG", quality=90, subsampling=2), 0x41, 95, 15), JPEG)
    source("jpeg_progressive.jpg", save(drawing(50, 37), "JPEG", quality=80, progressive=True), JPEG)
    source("jpeg_restarts.jpg", save(drawing(50, 37), "JPEG", quality=80, restart_marker_blocks=2), JPEG)
    source("jpeg_low_quality.jpg", save(drawing(50, 37), "JPEG", quality=12), JPEG)
    source("jpeg_grey.jpg", save(drawing(29, 31).convert("L"), "JPEG", quality=85), JPEG)
    source("jpeg_grey_progressive.jpg", save(drawing(29, 31).convert("L"), "JPEG", progressive=True), JPEG)
    source("jpeg_cmyk.jpg", save(drawing(29, 31).convert("CMYK"), "JPEG", quality=90), JPEG)
    d = bytearray(save(drawing(29, 31).convert("CMYK"), "JPEG", quality=90))
    d[d.index(b"Adobe") + 11] = 2
    source("jpeg_ycck.jpg", bytes(d), JPEG)
    source("jpeg_rgb.jpg", save(drawing(29, 31), "JPEG", quality=90, keep_rgb=True, subsampling=0), JPEG)
    for o in range(1, 9):
        source(f"jpeg_orientation_{o}.jpg", save(drawing(24, 17), "JPEG", quality=90, exif=exif(o)), JPEG)
    im = drawing(24, 17)
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    d = save(im, "JPEG", quality=90)
    source("jpeg_orientation_in_xmp.jpg", save(im, "JPEG", quality=90, xmp=xmp), JPEG,
           expected=Image.open(io.BytesIO(d)).convert("RGB")) # Pillow would turn it
    broken = b"\xff\xe1\x00\x10Exif\0\0not EXIF"
    source("jpeg_exif_broken.jpg", d[:2] + broken + d[2:], JPEG, expected=Image.open(io.BytesIO(d)).convert("RGB")) # Pillow raises
    source("jpeg_orientation_9.jpg", save(drawing(24, 17), "JPEG", quality=90, exif=exif(9)), JPEG)


def photos():
    source("photo_80.jpg", save(garment(60, 80), "JPEG", quality=85), JPEG)
    (OUT / "photo_1000.jpg").write_bytes(save(garment(750, 1000), "JPEG", quality=85))


def pngs():
    w, h = 43, 29
    a = np.asarray(drawing(w, h))
    source("png_rgb.png", save(drawing(w, h), "PNG"))
    source("png_rgba.png", save(with_alpha(w, h), "PNG"))
    source("png_grey.png", save(drawing(w, h).convert("L"), "PNG"))
    v = np.arange(256, dtype=np.uint8)
    every = Image.fromarray(np.stack(np.meshgrid(v, v), -1), "LA") # every value with every transparency
    source("png_grey_alpha.png", save(every, "PNG"))
    source("png_bilevel.png", save(drawing(w, h).convert("1"), "PNG"))
    for bits in (1, 2, 4, 8):
        source(f"png_palette_{bits}.png", save(drawing(w, h).quantize(2 ** bits), "PNG", bits=bits))
    clear = bytes(range(0, 256, 4))
    source("png_palette_transparent.png", save(drawing(w, h).quantize(64), "PNG", transparency=clear))
    source("png_rgb_key.png", png(w, h, 8, 2, [r.tobytes() for r in a], [(b"tRNS", struct.pack(">HHH", *map(int, a[3, 3])))]))
    g = np.asarray(drawing(w, h).convert("L"))
    source("png_grey_key.png", png(w, h, 8, 0, [r.tobytes() for r in g], [(b"tRNS", struct.pack(">H", int(g[3, 3])))]))
    for depth in (2, 4):
        source(f"png_grey_{depth}.png", png(w, h, depth, 0, list(packed(g >> (8 - depth), depth))))
    wide = a.astype(np.uint16) * 256 + 77
    source("png_rgb_16.png", png(w, h, 16, 2, [r.astype(">u2").tobytes() for r in wide]))
    wide = np.dstack([wide, np.asarray(alpha(w, h)).astype(np.uint16) * 256 + 200])
    source("png_rgba_16.png", png(w, h, 16, 6, [r.astype(">u2").tobytes() for r in wide]))
    # Pillow clips 16-bit grey to 8 bits, which makes nearly everything white: the high byte, as for colour, is right.
    wide = g.astype(np.uint16) * 256 + 77
    source("png_grey_16.png", png(w, h, 16, 0, [r.astype(">u2").tobytes() for r in wide]),
           expected=Image.fromarray(g).convert("RGB"))
    # Pillow compares the transparent grey of 2 and 4 bits with samples that it has widened already.
    nibbles = g >> 4
    clear = np.where(nibbles == nibbles[3, 3], 255, nibbles * 17).astype(np.uint8)
    source("png_grey_4_key.png", png(w, h, 4, 0, list(packed(nibbles, 4)), [(b"tRNS", struct.pack(">H", int(nibbles[3, 3])))]),
           expected=Image.fromarray(clear).convert("RGB"))
    source("png_interlaced.png", png(w, h, 8, 2, adam7(a), interlace=True))
    source("png_tall.png", save(drawing(1, 10000, noise=0), "PNG"))
    source("png_1x1.png", save(drawing(1, 1), "PNG"))
    for o in range(1, 9):
        source(f"png_orientation_{o}.png", save(drawing(13, 8), "PNG", exif=exif(o)))


def gifs():
    w, h = 45, 33
    source("gif.gif", save(drawing(w, h).quantize(200), "GIF"))
    source("gif_grey.gif", save(drawing(w, h).convert("L"), "GIF"))
    source("gif_transparent.gif", save(drawing(w, h).quantize(32), "GIF", transparency=5))
    frames = [drawing(w, h, s).quantize(32) for s in range(3)]
    source("gif_animated.gif", save(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50))
    for name, options in [("gif_offset.gif", {}), ("gif_offset_transparent.gif", {"transparency": 7})]:
        d = bytearray(save(drawing(w, h).quantize(32), "GIF", interlace=0, **options))
        i = d.index(b"," + struct.pack("<HHHH", 0, 0, w, h))
        d[6:10] = struct.pack("<HH", w + 10, h + 7)
        d[i + 1:i + 5] = struct.pack("<HH", 4, 5)
        source(name, bytes(d))


def webps():
    for w, h in [(47, 35), (32, 32), (1, 1), (2, 3), (33, 1)]:
        source(f"webp_lossy_{w}x{h}.webp", save(drawing(w, h), "WEBP", quality=75))
    source("webp_lossy_alpha.webp", save(with_alpha(47, 35), "WEBP", quality=75))
    d = save(drawing(47, 35), "WEBP", quality=75)[12:]
    flagged = b"WEBPVP8X" + struct.pack("<IB3x", 10, 16) + (46).to_bytes(3, "little") + (34).to_bytes(3, "little") + d
    source("webp_alpha_announced_but_missing.webp", b"RIFF" + struct.pack("<I", len(flagged)) + flagged)
    source("webp_lossless.webp", save(drawing(47, 35), "WEBP", lossless=True))
    source("webp_lossless_alpha.webp", save(with_alpha(47, 35), "WEBP", lossless=True))
    frames = [with_alpha(47, 35, s) for s in range(3)]
    for name, options in [("webp_animated.webp", {"quality": 70}), ("webp_animated_lossless.webp", {"lossless": True})]:
        source(name, save(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=50, **options))
    opaque = [drawing(47, 35, s) for s in range(2)]
    source("webp_animated_opaque.webp", save(opaque[0], "WEBP", save_all=True, append_images=opaque[1:], duration=50))
    for o in (3, 6):
        source(f"webp_orientation_{o}.webp", save(drawing(13, 8), "WEBP", lossless=True, exif=exif(o)))


def others():
    w, h = 37, 23
    im = drawing(w, h)
    for name, m in [("rgb", im), ("grey", im.convert("L")), ("bilevel", im.convert("1")), ("palette", im.quantize(100)),
                    ("32", with_alpha(w, h))]:
        source(f"bmp_{name}.bmp", save(m, "BMP"))
    for name, compression in [("raw", None), ("lzw", "tiff_lzw"), ("deflate", "tiff_adobe_deflate"), ("packbits", "packbits")]:
        source(f"tiff_{name}.tif", save(im, "TIFF", compression=compression))
    source("tiff_group4.tif", save(im.convert("1"), "TIFF", compression="group4"))
    for name, m in [("grey", im.convert("L")), ("palette", im.quantize(100)), ("rgba", with_alpha(w, h))]:
        source(f"tiff_{name}.tif", save(m, "TIFF", compression="tiff_lzw"))
    for o in (5, 8):
        source(f"tiff_orientation_{o}.tif", save(im, "TIFF", compression="tiff_lzw", exif=exif(o)))


# ---- resizing and preprocessing -------------------------------------------------------------------------------------
FILTERS = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}


def resizes():
    im = Image.open(OUT / "png_rgb.png")
    for number in FILTERS.values():
        for w, h in [(20, 13), (43, 13), (64, 50), (1, 1), (7, 60)]:
            name = f"resize_{number}_{w}x{h}.rgb.gz"
            CASES["resize"].append({"source": "png_rgb.png", "filter": number, "width": w, "height": h,
                                    "pixels": pack(name, im.resize((w, h), number).tobytes())})


def longest_edge(im, c):
    """As the bundled model was trained."""
    size, pad = c["size"]["longest_edge"], c["pad_size"]
    w, h = im.size
    s = size / max(w, h)
    im = im.resize((max(1, round(w * s)), max(1, round(h * s))), c["resample"])
    value = c["pad_value"]
    canvas = Image.new("RGB", (pad["width"], pad["height"]), tuple(value) if isinstance(value, list) else (value,) * 3)
    canvas.paste(im, ((pad["width"] - im.width) // 2, (pad["height"] - im.height) // 2))
    return canvas


def exact(im, c):
    return im.resize((c["size"]["width"], c["size"]["height"]), c["resample"])


def centre(im, h, w):
    """center_crop of transformers: what lies outside is zero."""
    a = np.asarray(im)
    ah, aw = a.shape[:2]
    big = np.zeros((max(h, ah), max(w, aw), 3), np.uint8)
    top, left = math.ceil((big.shape[0] - ah) / 2), math.ceil((big.shape[1] - aw) / 2)
    big[top:top + ah, left:left + aw] = a
    y, x = (ah - h) // 2 + top, (aw - w) // 2 + left
    return Image.fromarray(big[max(0, y):y + h, max(0, x):x + w])


def shortest_edge(im, c):
    edge, (w, h) = c["size"]["shortest_edge"], im.size
    short, long = min(w, h), max(w, h)
    other = int(edge * long / short)
    im = im.resize((edge, other) if w <= h else (other, edge), c["resample"])
    return centre(im, c["crop_size"]["height"], c["crop_size"]["width"])


def crop_only(im, c):
    return centre(im, c["crop_size"]["height"], c["crop_size"]["width"])


def tensors():
    clip = {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
    pinax = {"size": {"longest_edge": 40}, "resample": 3, "do_pad": True, "pad_size": {"height": 40, "width": 40},
             "pad_value": 255, "rescale_factor": 0.00392156862745098, "image_mean": [0.88] * 3, "image_std": [0.25] * 3}
    configs = [
        ("longest_edge", longest_edge, pinax),
        ("longest_edge_in_a_larger_frame", longest_edge,
         pinax | {"pad_size": {"height": 47, "width": 44}, "pad_value": [10, 20, 30]}),
        ("shortest_edge", shortest_edge, clip | {"image_processor_type": "CLIPImageProcessor", "resample": 3,
         "size": {"shortest_edge": 32}, "do_center_crop": True, "crop_size": {"height": 32, "width": 32}}),
        ("crop_wider_than_the_picture", shortest_edge, clip | {"resample": 2, "size": {"shortest_edge": 20},
         "do_center_crop": True, "crop_size": {"height": 25, "width": 31}}),
        ("exact", exact, {"resample": 3, "size": {"height": 24, "width": 30}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}),
        ("crop_only", crop_only, clip | {"do_resize": False, "do_center_crop": True, "crop_size": {"height": 24, "width": 50}}),
        ("raw_values", exact, {"resample": 1, "size": {"height": 9, "width": 9}, "do_rescale": False, "do_normalize": False}),
    ]
    for name, f, c in configs:
        for src in ["png_rgb.png", "png_orientation_6.png", "png_1x1.png", "png_tall.png", "gif.gif"]:
            x = np.asarray(f(upright(Image.open(OUT / src)), c))
            if c.get("do_rescale", True):
                x = (x.astype(np.float64) * c.get("rescale_factor", 1 / 255)).astype(np.float32)
            x = x.astype(np.float32)
            if c.get("do_normalize", True):
                x = (x - np.float32(c["image_mean"])) / np.float32(c["image_std"])
            x = np.ascontiguousarray(x.transpose(2, 0, 1))
            CASES["tensor"].append({"name": f"{name}/{src}", "source": src, "config": c, "shape": list(x.shape),
                                    "values": pack(f"tensor_{name}_{src}.f32.gz", x.astype("<f4").tobytes())})


if __name__ == "__main__":
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    for f in (jpegs, photos, pngs, gifs, webps, others, resizes, tensors):
        f()
    (OUT / "cases.json").write_text("{\n" + ",\n".join(f'"{k}": [\n' + ",\n".join(json.dumps(c) for c in v) + "\n]"
                                                      for k, v in CASES.items()) + "\n}\n")
