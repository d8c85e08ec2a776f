"""Draws the clips of the tests: three scenes of two seconds, each of one colour with a square that moves.

    pip install pillow==12.0.0; python3 clips.py path/to/ffmpeg
"""
import pathlib
import subprocess
import sys

from PIL import Image, ImageDraw

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT, FPS = 96, 64, 10
SCENES = [(200, 30, 40), (30, 170, 60), (40, 60, 210)]


def frames():
    for colour in SCENES:
        for n in range(2 * FPS):
            frame = Image.new("RGB", (WIDTH, HEIGHT), colour)
            ImageDraw.Draw(frame).rectangle((10 + n, 20, 22 + n, 32), fill=(240, 240, 230))
            yield frame


def film(ffmpeg: str, name: str, *codec: str):
    command = [ffmpeg, "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS),
               "-i", "-", *codec, "-map_metadata", "-1", str(HERE / name)]
    subprocess.run(command, input=b"".join(f.tobytes() for f in frames()), check=True)


first, *others = frames()
first.save(HERE / "scenes.gif", save_all=True, append_images=others, duration=1000 // FPS, loop=0)
first.save(HERE / "scenes.webp", save_all=True, append_images=others, duration=1000 // FPS, quality=50, method=6)
film(sys.argv[1], "scenes.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "30")
film(sys.argv[1], "scenes.webm", "-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", "-crf", "40", "-b:v", "0")
