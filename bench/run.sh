#!/bin/sh
# What the program costs, beside DuckDB and wc on the same file in the same run.
#
#   sh bench/run.sh [LINES [ROUNDS]]     default: a million lines, three rounds
#
# Everything it makes lies below target/bench: the logs, and a scratch environment with DuckDB.
set -eu
cd "$(dirname "$0")/.."
lines=${1:-1000000}
rounds=${2:-3}
scratch=target/bench
mkdir -p "$scratch/logs"

cargo build --release --locked --quiet --bin outscope --example access_log
for shape in plain shuffled urls clients long hostile; do
  file="$scratch/logs/$shape-$lines.log"
  [ -e "$file" ] || ./target/release/examples/access_log "$shape" "$lines" "$file"
done
if [ ! -x "$scratch/venv/bin/python" ]; then
  python3 -m venv "$scratch/venv"
  "$scratch/venv/bin/pip" install --quiet duckdb
fi
exec "$scratch/venv/bin/python" bench/measure.py "$scratch" "$lines" "$rounds"
