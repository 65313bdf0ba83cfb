#!/usr/bin/env bash
# Makes .venv with exactly what is locked (hash-checked, no dependency solved anew) and the project itself.
# uv is used where it is there, else pip. Nothing is compiled.
set -euo pipefail
cd "$(dirname "$0")/.."

needs() {
    echo "setup: $1 is missing. On Debian and Ubuntu: sudo apt-get install -y python3-venv git make" >&2
    exit 1
}

command -v git >/dev/null || needs git
if command -v uv >/dev/null; then
    [ -x .venv/bin/python ] || uv venv --quiet --seed --python '>=3.11,<3.14' .venv
    install() { uv pip install --quiet --python .venv/bin/python --no-deps "$@"; }
else
    python=""
    for candidate in python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            python=$candidate
            break
        fi
    done
    [ -n "$python" ] || needs "a Python from 3.11 to 3.13 with its venv module"
    [ -x .venv/bin/pip ] || "$python" -m venv .venv
    install() { .venv/bin/pip install --quiet --disable-pip-version-check --no-deps "$@"; }
fi

# setuptools first: it builds the project, and one old package of the lock that has no wheel
install --require-hashes -r requirements/build.txt
install --no-build-isolation --require-hashes -r requirements/dev.txt
install --no-build-isolation -e .
# pictures for demo and tests; both say so where they are not there
.venv/bin/python -m simulator.photos || echo "setup: no photos; demo and tests draw faces of their own" >&2
touch .venv/.ready
echo "setup: ready. Next: make demo"
