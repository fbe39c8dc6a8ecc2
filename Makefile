# outscope. `make help` lists the targets.
#
#   make report                       the report of the shipped (synthetic) bundle
#   make report BUNDLE=path [OUT=dir] the report of any bundle: folder, archive or file
#   make compare [A=path B=path]      two reports or bundles side by side
#   make test                         every test that needs nothing but this toolchain

BUNDLE ?= logs/spaces-2024-08-12
OUT ?= reports/$(shell basename "$(BUNDLE)" | sed -E 's/\.(tar|tar\.gz|tgz|tar\.zst|tar\.bz2|tar\.xz|zip)$$//')
ARGS ?=
A ?= logs/spaces-2024-08-12
B ?= logs/spaces-2023-05-24
FIT ?=
LOCALISATION ?= $(abspath ../shared/localisation)

.PHONY: help report compare test calibrate validate lint bless docs bench bench-formats bench-localise fuzz fuzz-short synth check-report

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

report: ## Make the report of BUNDLE in OUT
	cargo build --release --locked --quiet
	./target/release/outscope report "$(BUNDLE)" --out "$(OUT)" $(ARGS)

compare: ## Lay two reports or bundles side by side (A=, B=; default: the two shipped bundles); C=dir is where it goes
	cargo build --release --locked --quiet
	./target/release/outscope compare "$(A)" "$(B)" $(if $(C),--out "$(C)") $(ARGS)

test: ## Run the tests
	cargo test --locked --quiet

calibrate: ## Hold intervals, tests and verdicts against simulations, and write the tables of docs/calibration.md; CASE=seed runs one scenario again
	CASE="$(CASE)" cargo test --locked --release --quiet --test calibrate -- --ignored --nocapture --test-threads=1

validate: ## Hold explanations against families of scenarios, and write the tables of docs/validation.md; FIT=1 fits their coefficients first; FAMILY=name CASE=seed runs one again
ifneq ($(FIT),)
	FIT=1 cargo test --locked --release --quiet --test validate full -- --ignored --nocapture
	cargo fmt
endif
	FAMILY="$(FAMILY)" CASE="$(CASE)" cargo test --locked --release --quiet --test validate full -- --ignored --nocapture

lint: ## Formatting, clippy and docs, warnings denied
	cargo fmt --check
	cargo clippy --locked --all-targets --quiet -- -D warnings
	cargo clippy --locked --all-targets --no-default-features --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet

bless: ## Make the shipped bundle and its committed report anew (look at the difference before committing)
	cargo build --release --locked --quiet
	./target/release/outscope synth spaces-2024-08-12 --out logs/spaces-2024-08-12
	./target/release/outscope synth spaces-2023-05-24 --out logs/spaces-2023-05-24
	./target/release/outscope report logs/spaces-2024-08-12 --out reports/spaces-2024-08-12

docs: ## Make docs/formats.md anew from the registry of formats
	OUTSCOPE_BLESS=1 cargo test --locked --quiet --test it formats_md

check-report: ## The committed report is what this program makes, byte for byte
	rm -rf target/check-report
	./target/release/outscope report logs/spaces-2024-08-12 --out target/check-report/spaces-2024-08-12 --quiet > /dev/null
	diff -r reports/spaces-2024-08-12 target/check-report/spaces-2024-08-12
	@echo "the committed report is reproduced byte for byte"

bench-formats: ## How fast each format's lines are read, on one core
	cargo test --locked --release --quiet --lib format::checks::speed -- --ignored --nocapture

bench-localise: ## The search for the cause set on real cases (LOCALISATION=dir, default ../shared/localisation)
	OUTSCOPE_LOCALISATION="$(LOCALISATION)" cargo test --locked --release --quiet --test it localise::bench -- --ignored --nocapture

fuzz: ## Fuzz every format for FUZZ_SECONDS each (default 60); needs a C++ compiler
	sh fuzz/run.sh "$${FUZZ_SECONDS:-60}"

fuzz-short: ## The same, one second each, as .ci/run does
	sh fuzz/run.sh 1

bench: ## Measure against DuckDB on the same file in one run (installs it in a scratch environment)
	sh bench/run.sh
