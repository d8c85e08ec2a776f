"""Puts the ONNX Runtime library under lib/<goos>_<goarch>/, from where the Go build embeds it.

usage: fetch.py [PLATFORM ...]     such as linux_amd64; "all" for every one; none for the machine that it runs on

The library comes out of the "onnxruntime" wheel, which the package client that this Python is set up with downloads, so
mirrors and proxies work as they do for everything else. Versions and hashes are pinned below: a wheel with other
contents is refused. What is already there and has the right hash is left alone. Standard library only.
"""
import hashlib
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import zipfile

VERSION = "1.24.4"  # the newest that still speaks the API version of the Go binding in go.mod
PYTHON = "312"  # the wheels differ by Python version only in the extension module, which is left out

# platform: (wheel platform tag, SHA-256 of the wheel, member with the library, SHA-256 of the library)
WHEELS = {
    "linux_amd64": (
        "manylinux_2_27_x86_64", "0d640eb9f3782689b55cfa715094474cd5662f2f137be6a6f847a594b6e9705c",
        f"onnxruntime/capi/libonnxruntime.so.{VERSION}",
        "2d518e11c7767f9fdc4413bdbeb45acf30db504ff76a82fc19d9238a3f9f6c24"),
    "linux_arm64": (
        "manylinux_2_27_aarch64", "1a5c5a544b22f90859c88617ecb30e161ee3349fcc73878854f43d77f00558b5",
        f"onnxruntime/capi/libonnxruntime.so.{VERSION}",
        "f373ae5fd4d878ed17ebea26e5480bd3d0a15e3bd6bc94b878e6c1b73998d22a"),
    "darwin_arm64": (
        "macosx_14_0_arm64", "cad1c2b3f455c55678ab2a8caa51fb420c25e6e3cf10f4c23653cdabedc8de78",
        f"onnxruntime/capi/libonnxruntime.{VERSION}.dylib",
        "f958c8c8f50a787f64cd13aa5f07710b97075d9869c6983dc0001d2452100eaa"),
    "windows_amd64": (
        "win_amd64", "535b29475ca42b593c45fbb2152fbf1cdf3f287315bf650e6a724a0a1d065cdb",
        "onnxruntime/capi/onnxruntime.dll",
        "87da0279ab54add397fd518f7022efe8b9a89fd968669d0adff9f9f242344b6c"),
    "windows_arm64": (
        "win_arm64", "e6214096e14b7b52e3bee1903dc12dc7ca09cb65e26664668a4620cc5e6f9a90",
        "onnxruntime/capi/onnxruntime.dll",
        "8074abb34bee85312d49c39f1cde276d97aa5c27f5fe370727c8a46192086a0f"),
}
NOTICES = ["onnxruntime/LICENSE", "onnxruntime/ThirdPartyNotices.txt"]
LIB = pathlib.Path(__file__).resolve().parent / "lib"


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def host():
    """The platform of this machine, or the one that GOOS and GOARCH name."""
    system = os.environ.get("GOOS") or platform.system().lower()
    machine = platform.machine().lower()
    arch = os.environ.get("GOARCH") or {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(machine, machine)
    return f"{system}_{arch}"


def download(tags, folder, package, version):
    """Returns the path of a package's wheel for the first fitting one of platform tags."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
               "--only-binary=:all:", "--implementation", "cp", "--python-version", PYTHON, "--dest", str(folder)]
    for tag in tags:
        command += ["--platform", tag]
    try:
        subprocess.run(command + [f"{package}=={version}"], check=True)
    except subprocess.CalledProcessError as e:
        raise SystemExit(f"pip could not download {package} {version} for {tags[0]} (status {e.returncode}). "
                         "Is the package index reachable? Otherwise set runtime.library to a library of your own.")
    return next(folder.glob("*.whl"))


def fetch(name):
    tag, wheel_hash, member, library_hash = WHEELS[name]
    target = LIB / name
    library = target / pathlib.PurePosixPath(member).name
    wanted = [library] + [target / pathlib.PurePosixPath(n).name for n in NOTICES]
    if all(p.is_file() for p in wanted) and sha256(library) == library_hash:
        print(f"{name}: {library.name} is there")
        return
    target.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that a rename can move the files; not inside it, so that a build never embeds half a file.
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=LIB) as temporary:
        folder = pathlib.Path(temporary)
        wheel = download([tag], folder, "onnxruntime", VERSION)
        if (got := sha256(wheel)) != wheel_hash:
            raise SystemExit(f"fetch.py: {wheel.name} has SHA-256 {got}, not {wheel_hash}. It was not installed.")
        with zipfile.ZipFile(wheel) as z:
            for entry in NOTICES + [member]:  # the library last: its presence means that all is there
                part = folder / "part"
                part.write_bytes(z.read(entry))
                if entry == member and (got := sha256(part)) != library_hash:
                    raise SystemExit(f"fetch.py: {entry} has SHA-256 {got}, not {library_hash}. It was not installed.")
                os.replace(part, target / pathlib.PurePosixPath(entry).name)
    for old in target.iterdir():  # a library of an earlier version would be embedded too
        if old not in wanted and old.name != ".gitignore":
            old.unlink()
    print(f"{name}: {library.name} ({library.stat().st_size / 1e6:.1f} MB)")


def main(names):
    if names == ["all"]:
        names = list(WHEELS)
    for name in names or [host()]:
        if name not in WHEELS:
            raise SystemExit(f"fetch.py: there is no ONNX Runtime {VERSION} for {name}, only for {', '.join(WHEELS)}. "
                             "Build without it and set runtime.library to a library of your own.")
        fetch(name)


if __name__ == "__main__":
    main(sys.argv[1:])
