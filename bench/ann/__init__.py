"""Nearest neighbours: Pinax's index beside hnswlib, usearch, faiss and coder/hnsw. See README.md."""
