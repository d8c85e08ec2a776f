"""Measures how far decoding differs from Pillow's on pictures of your own.

requirements: as golden.py
usage: python parity.py PICTURES.tar.gz COUNT FOLDER && go test ./encoder/picture -run 'Pillows|Processors' -v -golden FOLDER | grep largest
"""
import json, pathlib, sys, tarfile
import numpy as np
import golden

archive, count, folder = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])
config = {"size": {"longest_edge": 80}, "resample": 3, "do_pad": True, "pad_size": {"height": 80, "width": 80},
          "pad_value": 255, "do_normalize": False, "do_rescale": False}
golden.OUT = folder
folder.mkdir(parents=True, exist_ok=True)
with tarfile.open(archive) as t:
    members = [m for m in t if m.isfile()]
    for m in members[::max(1, len(members) // count)][:count]:
        name = pathlib.Path(m.name).name
        im = golden.source(name, t.extractfile(m).read(), tolerance=5)
        x = np.asarray(golden.longest_edge(im, config), np.float32).transpose(2, 0, 1)
        golden.CASES["tensor"].append({"name": name, "source": name, "config": config, "shape": list(x.shape), "tolerance": 5,
                                       "values": golden.pack(name + ".f32.gz", np.ascontiguousarray(x).tobytes())})
(folder / "cases.json").write_text(json.dumps(golden.CASES))
