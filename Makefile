# `make demo` and `make test` set up what is missing and need nothing else. `make help` lists the rest.

SWIFT ?= swift
# Passed to every build, for instance SWIFT_FLAGS="-Xswiftc -warnings-as-errors".
SWIFT_FLAGS ?=
# What swift format looks at.
SOURCES := Package.swift Sources Tests IntegrationTests Benchmarks Laboratory Fuzzing/Package.swift Fuzzing/Sources

# Builds the tests with these flags, then runs what FILTER names, or all of them ring by ring.
tests = $(SWIFT) build --build-tests $(1) $(SWIFT_FLAGS) && \
	$(if $(FILTER),$(SWIFT) test --skip-build --filter "$(FILTER)",SWIFT="$(SWIFT)" Scripts/test-rings) $(1) $(SWIFT_FLAGS)

.DEFAULT_GOAL := help
.PHONY: help setup build release demo test matrix tsan asan fuzz bench trial counts faults format lint clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | \
		awk -F '|' '{ printf "%-16s %s\n", $$1, $$2 }'

setup: ## Install what is missing: OpenSSL, SQLite, a PostgreSQL server
	@Scripts/setup

build: setup ## Build everything for debugging
	$(SWIFT) build $(SWIFT_FLAGS)

release: setup ## Build everything optimised
	$(SWIFT) build -c release $(SWIFT_FLAGS)

demo: setup ## Import a SQLite database and a MongoDB export, verify and query them; SOURCE=path for your own
	$(SWIFT) build -c release --product egret $(SWIFT_FLAGS)
	.build/release/egret demo $(if $(SOURCE),"$(SOURCE)")

test: setup ## Run every test against a private PostgreSQL; FILTER=name for some
	$(call tests,)

matrix: setup ## Run the live tests every way: each PostgreSQL installed, both pollers, over TLS, through poolers
	$(SWIFT) build --build-tests $(SWIFT_FLAGS)
	SWIFT="$(SWIFT)" Scripts/test-matrix $(SWIFT_FLAGS)

tsan: setup ## Run the tests under the thread sanitizer
	TSAN_OPTIONS=suppressions=$(CURDIR)/Scripts/races.supp WIDTH=4; export TSAN_OPTIONS WIDTH; \
	$(call tests,--sanitize=thread --scratch-path .build/tsan -Xswiftc -DTHREAD_SANITIZER)

asan: setup ## Run the tests under the address sanitizer
	LSAN_OPTIONS=suppressions=$(CURDIR)/Scripts/leaks.supp WIDTH=4; export LSAN_OPTIONS WIDTH; \
	$(call tests,--sanitize=address --scratch-path .build/asan)

fuzz: setup ## Fuzz the parsers: TARGET=url for one, SECONDS=60 for each, or RUNS=1000000
	SWIFT="$(SWIFT)" SWIFT_FLAGS="$(SWIFT_FLAGS)" FUZZ_SECONDS="$(or $(SECONDS),60)" RUNS="$(RUNS)" Scripts/fuzz $(TARGET)

bench: setup ## Measure one workload on a private PostgreSQL: WORKLOAD=ping
	$(SWIFT) build -c release $(SWIFT_FLAGS)
	.build/release/egret server run -- sh -c '.build/release/Benchmarks tables && \
		exec .build/release/Benchmarks $(or $(WORKLOAD),ping)'

trial: setup ## Try a promise out on a private PostgreSQL with TLS: TRIAL=fairness, idle, storm or endurance
	$(SWIFT) build -c release $(SWIFT_FLAGS)
	.build/release/egret server run --tls --set max_connections=1100 -- \
		.build/release/Benchmarks $(or $(TRIAL),fairness)

counts: setup ## Hold the release build's allocations for each query and row to their limits
	$(SWIFT) build -c release $(SWIFT_FLAGS)
	.build/release/egret server run -- .build/release/Benchmarks check

faults: setup ## Random faults over 50 tasks, and a ledger: FAULTS=10000, SEED=number to have a run's faults again
	$(SWIFT) build -c release --product Laboratory $(SWIFT_FLAGS)
	.build/release/Laboratory --faults $(or $(FAULTS),10000) $(if $(SEED),--seed $(SEED))

format: ## Format the sources in place
	$(SWIFT) format --in-place --recursive $(SOURCES)

lint: ## Check the format
	$(SWIFT) format lint --strict --recursive $(SOURCES)

clean: ## Remove what was built
	rm -rf .build Fuzzing/.build
