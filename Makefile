# Everything that a contributor runs, by name. The work is in scripts/; each script sets up what it needs inside this folder.

SHELL := /bin/bash
.DEFAULT_GOAL := help

PARTS := test-rust test-models test-playground test-kotlin test-android test-swift test-sqlcipher test-arm check-mobile check-libraries

.PHONY: help demo test ci $(PARTS) test-kills check bench size licences pictures models-env demo-pack golden

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## search and recommend on the demo pack (needs Rust and Python)
	@scripts/demo

test: ## all of the following tests; a part whose tools are missing is skipped by name
	@scripts/run-parts $(PARTS)

ci: # what .ci/run runs: check and test, with one table at the end
	@scripts/run-parts check $(PARTS)

test-rust: ## the engine, the command line and the boundary crate; then encryption as below
	@scripts/run-parts $@ test-sqlcipher
test-sqlcipher: ## profiles encrypted at rest, in every language that is there (needs OpenSSL's headers)
	@scripts/run-parts $@
test-models: ## the Python package
	@scripts/run-parts $@
test-playground: ## the playground's page in headless Chromium (needs chromium and chromedriver)
	@scripts/run-parts $@
test-kotlin: ## the Kotlin layer and its example (needs a JDK and Maven)
	@scripts/run-parts $@
test-android: ## the Kotlin of android/, library and sample, on the JVM (needs a JDK and Maven)
	@scripts/run-parts $@
test-swift: ## the Swift binding (needs Swift 6)
	@scripts/run-parts $@
test-arm: ## kernels and the demo's answers on an emulated Arm machine (needs qemu-user and an aarch64 toolchain)
	@scripts/run-parts $@
check-mobile: ## type checks for Android and iOS (needs the targets of rustup, or Debian's Rust sources)
	@scripts/run-parts $@

check-libraries: ## the library as it ships: 16 KB pages, exports, no sockets, size; the same of JNA and ONNX Runtime (Linux)
	@scripts/run-parts $@

test-kills: ## profiles of processes that are killed 500 times, plain and encrypted; `make test` does 50 (GENSR_KILLS: another number)
	@scripts/run-parts $@

check: ## format, lints, documentation
	@scripts/check

bench: ## micro-benchmarks
	@scripts/bench

size: ## the library as it ships, and the lines of each language's layer
	@scripts/size

licences: ## what the library is made of: licences, bill of materials (compiles cargo-deny, cargo-about, cargo-cyclonedx)
	@scripts/licences

pictures: ## docs/pictures: the sample app's screens, drawn (needs a JDK and Maven)
	@scripts/pictures

models-env: ## models/.venv with the Python package
	@scripts/models-env

demo-pack: ## rebuild models/demo/demo.gensr
	@scripts/demo-pack

golden: ## rewrite tests/golden, the files of the Python package that the Rust tests read
	@scripts/golden
