# Pinax. `make` lists what can be asked for. Everything works with Go, a C compiler, Python 3 and Node alone.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL: # the Go tool keeps every core busy by itself

VERSION   := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GO        ?= go
PYTHON    ?= python3
FUZZTIME  ?= 5s# for each fuzz target
CRASHES   ?= 20# kills in `make test-crash`
DATA      ?= data
# A second benchmark run on the same machine differs by 10–25 %, so each is repeated and the median reported.
ROUNDS    ?= 3

GOLANGCI_VERSION := v2.15.0
GOLANGCI := tools/bin/golangci-lint-$(GOLANGCI_VERSION)
VENV     := .cache/bench-venv
TRAIN    := .cache/train-venv
SHARED   := $(or $(PINAX_SHARED),../shared)
SKIPS    := .cache/skipped.txt
GOTEST   := $(PYTHON) tools/gotest.py

export PINAX_SKIPS    := $(SKIPS)
export PINAX_GOLANGCI := $(CURDIR)/$(GOLANGCI)

##@ Use

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

.PHONY: run
run: build ## build, fill an empty data folder with the demo products and serve the page
	bin/pinax serve --demo --data $(DATA)

.PHONY: build
build: runtime ## make bin/pinax, one file that carries the ONNX Runtime and the encoder
	$(GO) build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)" -o bin/pinax ./cmd/pinax

# The library is embedded, so whatever compiles Go code needs it first. Fetching is a matter of milliseconds when it is there.
.PHONY: runtime
runtime:
	@$(PYTHON) encoder/onnx/fetch.py || { $(PYTHON) -m pip --version >/dev/null 2>&1 || \
	  echo "$(PYTHON) has no pip, which fetches the ONNX Runtime. Debian and Ubuntu: apt-get install python3-pip." \
	       "Elsewhere: $(PYTHON) -m ensurepip. Or name another interpreter: make PYTHON=/path/to/python3" >&2; exit 1; }

.PHONY: gpu
gpu: ## fetch CUDA's libraries into bin/gpu, where bin/pinax finds them (1.9 GB; Linux on x86-64)
	$(PYTHON) encoder/onnx/fetch_gpu.py

.PHONY: fmt
fmt: $(GOLANGCI) ## format the Go code
	$(GOLANGCI) fmt

.PHONY: clean
clean: ## remove what was built and cached here; data/ stays
	rm -rf bin tools/bin .cache test/e2e/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

##@ Check

.PHONY: test
test: ## everything below, then what was skipped
	@mkdir -p .cache && rm -f $(SKIPS)
	@for step in lint test-unit test-race test-crash test-fuzz test-e2e; do \
	  echo; echo "== make $$step"; start=$$SECONDS; $(MAKE) --no-print-directory $$step; \
	  echo "== make $$step: passed in $$((SECONDS - start)) s"; done
	@echo; if [ -s $(SKIPS) ]; then echo "SKIPPED ($$(sort -u $(SKIPS) | wc -l)):"; sort -u $(SKIPS); \
	  else echo "Nothing was skipped."; fi

.PHONY: lint
lint: runtime $(GOLANGCI) ## golangci-lint, the rule of who may import whom included
	$(GOLANGCI) run ./...
	$(GO) test ./tools/deprule

.PHONY: test-unit
test-unit: runtime ## unit and conformance tests
	$(GOTEST) ./...

.PHONY: test-race
test-race: runtime ## the same, shortened, under the race detector and with the expensive invariants checked
	$(GOTEST) -race -short -tags invariants ./...

.PHONY: test-crash
test-crash: runtime ## kill the storage engine at random moments (CRASHES=20)
	PINAX_CRASH_ROUNDS=$(CRASHES) $(GOTEST) -run Crash ./storage/...

.PHONY: test-fuzz
test-fuzz: runtime ## fuzz every parser for a while (FUZZTIME=5s each)
	$(PYTHON) tools/fuzz.py $(FUZZTIME)

.PHONY: test-e2e
test-e2e: build test/e2e/node_modules/.package-lock.json ## drive the page in a real browser
	@mkdir -p .cache
	cd test/e2e && node --test --test-reporter=spec 2>&1 | tee $(CURDIR)/.cache/e2e.log
	@{ grep -E '# SKIP|SKIPPED' .cache/e2e.log || true; } | sed 's/^[^[:alnum:]]*/test\/e2e: /' >> $(SKIPS)

test/e2e/node_modules/.package-lock.json: test/e2e/package-lock.json
	npm --prefix test/e2e ci --no-audit --no-fund
	@touch $@

$(GOLANGCI):
	GOBIN=$(CURDIR)/tools/bin CGO_ENABLED=0 $(GO) install \
	  github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv tools/bin/golangci-lint $@

##@ Measure (needs ../shared or PINAX_SHARED; writes docs/benchmarks)

.PHONY: bench
bench: bench-micro bench-ingest bench-quality bench-tokenizers bench-search bench-crash ## all of the below but bench-ann, which takes hours, and bench-encode-gpu

.PHONY: bench-micro
bench-micro: runtime ## Go benchmarks of the parts
	$(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: bench-ingest
bench-ingest: build bench-setup ## items a second beside the bare session and a Python peer (ROUNDS=3)
	$(VENV)/bin/python bench/ingest.py --rounds $(ROUNDS)

.PHONY: bench-quality
bench-quality: build bench-setup ## recall over HTTP, and embeddings against Python's
	$(VENV)/bin/python bench/quality.py

.PHONY: bench-tokenizers
bench-tokenizers: bench-setup ## texts a second of every tokenizer beside the reference library (ROUNDS=3)
	$(VENV)/bin/python bench/tokenizers.py --rounds $(ROUNDS)

.PHONY: bench-search
bench-search: build ## latency, throughput and recall of search over the full catalogue
	$(PYTHON) bench/search.py

.PHONY: bench-crash
bench-crash: build ## kill -9 the server 50 times while it takes items in
	$(PYTHON) bench/crash.py

.PHONY: bench-ann
bench-ann: runtime bench-setup ## the index beside hnswlib, usearch and faiss (ROUNDS=3 SETS=a,b,m,real PARTS=… ROWS=…)
	PYTHONPATH=bench $(VENV)/bin/python -m unittest --quiet ann.test_curve ann.test_data
	PYTHONPATH=bench $(VENV)/bin/python -m ann --rounds $(ROUNDS) $(if $(SETS),--sets $(SETS)) \
	  $(if $(PARTS),--parts $(PARTS)) $(if $(ROWS),--rows $(ROWS)) $(ANN)

.PHONY: bench-quantize
bench-quantize: $(TRAIN)/ready ## what half precision and eight bits cost the bundled encoder and bring
	$(TRAIN)/bin/python train/quantize/quantize.py models/pinax-mini .cache/quantized --rounds $(ROUNDS) \
	  --pairs $(SHARED)/data/catalog/fashion.csv --pictures $(SHARED)/data/catalog/fashion_80.tar.gz --page docs/benchmarks/quantize.md

$(TRAIN)/ready: train/quantize/requirements.txt
	$(PYTHON) -m venv --clear $(TRAIN)
	$(TRAIN)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.PHONY: bench-encode-gpu
bench-encode-gpu: ## encoders on an NVIDIA GPU beside torch, and the device's memory over 10 minutes
	bench/gpu.sh

.PHONY: bench-setup
bench-setup: $(VENV)/ready ## a Python environment with the pinned peers

$(VENV)/ready: bench/requirements.txt
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make environments. Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@
