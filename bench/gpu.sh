#!/usr/bin/env bash
# Measures encoders on this machine's NVIDIA GPU and writes docs/benchmarks/encode-gpu.md, in one go:
#
#     bench/gpu.sh                  about 25 minutes, of which 10 watch the device's memory
#     bench/gpu.sh --minutes 2      or as long as is asked for
#     bench/gpu.sh --provider cpu --tiny --minutes 0.2    tries the script itself where there is no GPU
#
# It needs what `make build` needs, NVIDIA's driver, 12 GB of disk, and a package index for CUDA and torch.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
venv=.cache/gpu-venv

if [[ " $* " != *" cpu "* ]]; then
  command -v nvidia-smi >/dev/null || { echo "gpu.sh: there is no nvidia-smi, so no driver: nothing can be measured" >&2; exit 1; }
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
  make gpu
fi
make build
if ! cmp -s bench/gpu/requirements.txt "$venv/ready" 2>/dev/null; then
  "$python" -m venv --clear "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r bench/gpu/requirements.txt
  cp bench/gpu/requirements.txt "$venv/ready"
fi
PYTHONPATH=bench exec "$venv/bin/python" -m gpu "$@"
