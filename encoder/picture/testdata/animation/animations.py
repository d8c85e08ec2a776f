"""Draws animations with every way to replace and blend frames, and has Pillow show them: NAME.rgb.gz holds the frames on
white, [frames][height][width][3].

    pip install pillow==12.0.0; python3 animations.py
"""
import gzip
import pathlib

from PIL import Image, ImageDraw, ImageSequence

HERE = pathlib.Path(__file__).parent
SIZE = (20, 14)


def blots(alpha):
    """Frames with a blot each, at another place, the rest transparent; in one the blot is half transparent."""
    for n, colour in enumerate([(220, 40, 40), (40, 190, 60), (50, 70, 220), (230, 200, 40)]):
        frame = Image.new("RGBA", SIZE, (0, 0, 0, 0))
        ImageDraw.Draw(frame).rectangle((4 * n, 2 * n, 4 * n + 5, 2 * n + 5), fill=(*colour, alpha if n == 2 else 255))
        yield frame


def shown(name):
    pixels = b""
    for frame in ImageSequence.Iterator(Image.open(HERE / name)):
        white = Image.new("RGBA", SIZE, "white")
        pixels += Image.alpha_composite(white, frame.convert("RGBA")).convert("RGB").tobytes()
    (HERE / (name + ".rgb.gz")).write_bytes(gzip.compress(pixels, mtime=0))


for disposal in (1, 2, 3):
    first, *others = blots(255)
    name = f"disposal_{disposal}.gif"
    first.save(HERE / name, save_all=True, append_images=others, duration=[100, 0, 250, 100], disposal=disposal)
    shown(name)
for lossless in (True, False):
    first, *others = blots(128)
    name = f"blended_{'lossless' if lossless else 'lossy'}.webp"
    first.save(HERE / name, save_all=True, append_images=others, duration=[100, 40, 250, 100], lossless=lossless, quality=90,
               kmin=0, kmax=9, allow_mixed=False)
    shown(name)
