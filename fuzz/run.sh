#!/bin/sh
# Fuzzes every target for SECONDS each, guided by coverage (libFuzzer), every format by itself.
#
#   sh fuzz/run.sh SECONDS [TARGET...]
#
# A target is a format's name, `reader` or `description`; without any, all. Needs a C++ compiler.
# What is found lies in target/fuzz/found, what was learned in target/fuzz/corpus.
set -eu
seconds=$1
shift
cd "$(dirname "$0")/.."
out=target/fuzz
mkdir -p "$out/found" "$out/corpus"
host=$(rustc -vV | sed -n 's/^host: //p')
RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares" \
  cargo build --quiet --release --locked --manifest-path fuzz/Cargo.toml --target-dir "$out/build" --target "$host"
cargo build --quiet --locked
bin="$out/build/$host/release"
[ $# -gt 0 ] || set -- $(./target/debug/outscope formats --names) reader description
for target in "$@"; do
  corpus="$out/corpus/$target"
  mkdir -p "$corpus"
  program=format
  case "$target" in reader | description) program=$target ;; esac
  if [ "$program" = description ]; then
    printf '%s' '$remote_addr [$time_local] "$request" $status' > "$corpus/seed-nginx"
    printf '%s' 'LogFormat "%h %t \"%r\" %>s %b %D" x' > "$corpus/seed-apache"
    printf '%s' 'log-format "%ci [%tr] %ST %{+Q}r"' > "$corpus/seed-haproxy"
  else
    # The samples are where the search begins.
    case "$program" in format) ./target/debug/outscope formats --samples "$target" ;; *) ./target/debug/outscope formats --samples all ;; esac |
      awk -v to="$corpus" '{ print > (to "/seed-" NR) }'
  fi
  echo "fuzz: $target"
  FORMAT="$target" "$bin/$program" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=0 \
    -artifact_prefix="$out/found/$target-" "$corpus" > "$out/$target.log" 2>&1 || {
    tail -40 "$out/$target.log" >&2
    echo "fuzz: $target failed; the input lies in $out/found" >&2
    exit 1
  }
done
echo "fuzz: nothing found"
