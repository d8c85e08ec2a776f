"""Puts what ONNX Runtime needs for NVIDIA GPUs into one folder, which the server loads by path.

usage: fetch_gpu.py [FOLDER]     by default bin/gpu, where bin/pinax looks for it; Linux on x86-64

The libraries come out of wheels that the package client downloads, as in fetch.py: 1.9 GB, 3 GB on the disk. Versions and
hashes are pinned below. The driver is not among them: it must be of the 525 series or newer. Standard library only.
"""
import os
import pathlib
import shutil
import sys
import tempfile
import zipfile

from fetch import VERSION, download, host, sha256

# package, version, SHA-256 of the wheel
WHEELS = [
    ("onnxruntime-gpu", VERSION, "eb0e38f0c1ef3b76ae0081c8e51eed20dd8925aa916f0fc6f9b8b17d05610e99"),
    ("nvidia-cuda-runtime-cu12", "12.9.79", "25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3"),
    ("nvidia-cuda-nvrtc-cu12", "12.9.86", "210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4"),
    ("nvidia-nvjitlink-cu12", "12.9.86", "e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9"),
    ("nvidia-cublas-cu12", "12.9.1.4", "453611eb21a7c1f2c2156ed9f3a45b691deda0440ec550860290dc901af5b4c2"),
    ("nvidia-cufft-cu12", "11.4.1.4", "c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28"),
    ("nvidia-curand-cu12", "10.3.10.19", "49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e"),
    ("nvidia-cudnn-cu12", "9.20.0.48", "7d7479e1321c7a039b33827f0247791ee1be091759032c1f66a287c4a643396a"),
]
TAGS = ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64",
        "manylinux_2_12_x86_64", "manylinux2010_x86_64"]

# What the server loads, each after what it needs. cuDNN loads its own parts when it is asked for them, from beside itself or
# from memory: they are listed so that they are found in memory wherever the folder is.
PRELOAD = [
    "libcudart.so.12", "libnvrtc.so.12", "libnvJitLink.so.12", "libcublasLt.so.12", "libcublas.so.12", "libcufft.so.11",
    "libcurand.so.10", "libcudnn_graph.so.9", "libcudnn_engines_precompiled.so.9",
    "libcudnn_engines_runtime_compiled.so.9", "libcudnn_heuristic.so.9", "libcudnn_ops.so.9", "libcudnn_adv.so.9",
    "libcudnn_cnn.so.9", "libcudnn.so.9", f"libonnxruntime.so.{VERSION}",
]
UNUSED = ["libnvblas.so.12", "libcufftw.so.11"]
RECORD = "wheels.txt"  # the hashes of what the folder was filled from


def unpack(wheel, folder, package):
    """Writes the libraries of a wheel, and its licences under names of their own."""
    with zipfile.ZipFile(wheel) as z:
        for name in z.namelist():
            base = pathlib.PurePosixPath(name).name
            if base.startswith("lib") and ".so" in base and ".alt." not in base and base not in UNUSED:
                target = folder / base
            elif base.upper().startswith(("LICENSE", "THIRDPARTYNOTICES")):
                target = folder / f"{package}.{base}"
            else:
                continue
            with z.open(name) as source, open(target, "wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)


def fill(folder):
    for package, version, want in WHEELS:
        with tempfile.TemporaryDirectory(dir=folder) as temporary:
            wheel = download(TAGS, pathlib.Path(temporary), package, version)
            if (got := sha256(wheel)) != want:
                raise SystemExit(f"fetch_gpu.py: {wheel.name} has SHA-256 {got}, not {want}. It was not installed.")
            unpack(wheel, folder, package)
            print(f"{package} {version}")
    missing = [name for name in PRELOAD if not (folder / name).is_file()]
    if missing:
        raise SystemExit(f"fetch_gpu.py: the wheels lack {', '.join(missing)}")
    (folder / "preload.txt").write_text("\n".join(PRELOAD) + "\n")


def main(target):
    if host() != "linux_amd64":
        raise SystemExit(f"fetch_gpu.py: there is nothing for {host()}, only for linux_amd64. "
                         "Set runtime.library to an ONNX Runtime that was built for this machine's GPU.")
    record = "".join(f"{want}  {package}=={version}\n" for package, version, want in WHEELS)
    if (target / RECORD).is_file() and (target / RECORD).read_text() == record:
        print(f"{target} is there")
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.parent / (target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    fill(part)
    (part / RECORD).write_text(record)
    shutil.rmtree(target, ignore_errors=True)
    os.replace(part, target)
    print(f"{target}: {sum(f.stat().st_size for f in target.iterdir()) / 1e9:.1f} GB")


ROOT = pathlib.Path(__file__).resolve().parents[2]
main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "bin" / "gpu")
