#!/usr/bin/env bash
# Solves pyproject.toml anew into requirements/*.txt, for every platform, with hashes. Needs the network.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    python3 -m venv build/uv
    build/uv/bin/pip install --quiet --disable-pip-version-check uv
    uv=build/uv/bin/uv
fi

compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --override requirements/overrides.txt --custom-compile-command "make lock" pyproject.toml "$@"
}
compile -o requirements/runtime.txt
compile --extra demo --extra dev -o requirements/dev.txt
{
    sed -n '/^setuptools==/,/^    # via/p' requirements/runtime.txt | grep -v '^    # via'
    echo '    # via towerd (pyproject.toml)'
} >requirements/build.txt
.venv/bin/python -m tools.lock_check
