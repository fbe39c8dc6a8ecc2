"""Measures processor time, wall time and peak memory of commands on the same file, alternating.

    measure.py SCRATCH LINES ROUNDS

Called by run.sh. Each command is a process of its own; its figures are those the kernel gives for it
when it has ended (wait4). Prints the medians and their ratios; writes nothing outside SCRATCH.
"""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import time

OUTSCOPE = "target/release/outscope"

# Every line by its pattern, requests counted per path, minute and status: about what the survey
# counts, without its outcomes, templates, tiers and ledger.
QUERY = r"""
SET threads = 2;
SELECT count(*), sum(n) FROM (
  SELECT r.path, r.minute, r.status, count(*) AS n
  FROM (
    SELECT regexp_extract(line,
      '^(\S+) \S+ \S+ \[([^:]+:\d\d:\d\d):\d\d [^\]]+\] "\S+ ([^ ?"]+)[^"]*" (\d{3})',
      ['client', 'minute', 'path', 'status']) AS r
    FROM read_csv('FILE', columns = {'line': 'VARCHAR'}, delim = '\x01', quote = '', escape = '',
      header = false, auto_detect = false, max_line_size = 2000000)
  )
  GROUP BY ALL
);
"""


def run(command):
    """(processor seconds, wall seconds, peak MiB) of one command; it must succeed."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)[:200]}: {said.decode(errors='replace')}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - began, usage.ru_maxrss / 1024


def medians(samples):
    return [statistics.median(column) for column in zip(*samples)]


def compare(file, scratch, rounds):
    """The table of all programs on one file."""
    python = f"{scratch}/venv/bin/python"
    commands = {
        "outscope inspect (the survey pass)": [OUTSCOPE, "inspect", file, "--quiet"],
        "outscope report": [OUTSCOPE, "report", file, "--quiet", "--out", f"{scratch}/report"],
        "DuckDB, 2 threads": [python, "-c", f"import duckdb\nduckdb.execute({QUERY.replace('FILE', file)!r}).fetchall()"],
        "wc -l": ["wc", "-l", file],
    }
    samples = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            samples[name].append(run(command))
    base = medians(samples["DuckDB, 2 threads"])[0]
    print(f"{'':36}{'processor s':>12}{'of DuckDB':>11}{'wall s':>9}{'peak MiB':>10}")
    for name, taken in samples.items():
        cpu, wall, peak = medians(taken)
        print(f"{name:36}{cpu:12.2f}{cpu / base:11.3f}{wall:9.2f}{peak:10.0f}")


def many(scratch, files):
    """A folder of `files` small logs of twenty lines each."""
    folder = f"{scratch}/logs/many-{files}"
    if not os.path.isdir(folder):
        os.makedirs(folder)
        with open(f"{scratch}/logs/plain-{LINES}.log", "rb") as lines:
            for i in range(files):
                with open(f"{folder}/{i:05}.log", "wb") as out:
                    out.writelines(next(lines, b"") for _ in range(20))
    return folder


def bounds(scratch):
    """Memory where tables are at their largest."""
    print(f"\n{'peak MiB (processor s)':36}{'inspect':>20}{'report':>20}")
    shapes = ["plain", "shuffled", "urls", "clients", "long", "hostile"]
    cases = [(shape, f"{scratch}/logs/{shape}-{LINES}.log") for shape in shapes]
    cases.append(("20,000 files", many(scratch, min(20_000, LINES // 20))))
    for name, path in cases:
        inspect = run([OUTSCOPE, "inspect", path, "--quiet"])
        report = run([OUTSCOPE, "report", path, "--quiet", "--out", f"{scratch}/report"])
        cell = lambda x: f"{x[2]:.0f} ({x[0]:.2f})"
        print(f"{name:36}{cell(inspect):>20}{cell(report):>20}")


def machine():
    import duckdb

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    version = subprocess.run([OUTSCOPE, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"{os.cpu_count()} cores {platform.machine()}, {memory:.0f} GiB, {platform.system()}; {version}; DuckDB {duckdb.__version__}")


if __name__ == "__main__":
    SCRATCH, LINES, ROUNDS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    log = f"{SCRATCH}/logs/plain-{LINES}.log"
    machine()
    print(f"{LINES:,} lines, {os.path.getsize(log) / 1e6:.0f} MB; medians of {ROUNDS} rounds\n")
    compare(log, SCRATCH, ROUNDS)
    bounds(SCRATCH)
    shutil.rmtree(f"{SCRATCH}/report", ignore_errors=True)
