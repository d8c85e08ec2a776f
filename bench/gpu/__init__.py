"""Encoders on a GPU beside torch and the chip's own rate. `bench/gpu.sh` runs it."""
