# SPDX-License-Identifier: Apache-2.0
# The front door. The build itself is CMake's (CMakePresets.json); each target
# here first sees to what it needs, which is quick when nothing is missing.

PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60

.DEFAULT_GOAL := release
.PHONY: release demo test test-full bench lint fuzz install clean help

release: ## build build/release/treaty
	@tools/setup build
	@tools/build release

demo: release ## the whole story in a minute, on embedded parts; FORMAT=protobuf
	@build/release/treaty demo $(if $(FORMAT),-format $(FORMAT))

test: ## unit, corpus, HTTP, command line, short end to end, Protobuf interop
	@tools/setup test
	@tools/test quick

test-full: ## sanitizers, lint, interop, faults, long end to end
	@tools/setup test
	@tools/test full

bench: ## the figures, side by side with their rivals
	@tools/setup bench
	@tools/build release
	@tools/bench

lint: ## clang-format, clang-tidy, includes, symbols
	@tools/setup test
	@tools/build dev
	@tools/lint

fuzz: ## each fuzz target for FUZZ_SECONDS
	@tools/setup test
	@tools/build fuzz
	@tools/fuzz $(FUZZ_SECONDS)

install: release ## into PREFIX (/usr/local), below DESTDIR
	@DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)"

clean: ## remove all that was built, and stop a test broker
	@test ! -d build/kafka/run || tools/kafka stop
	rm -rf build

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*##/ { printf "make %-10s %s\n", $$1, $$2 }' \
		Makefile
