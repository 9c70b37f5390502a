#!/usr/bin/env bash
# Writes the hash-pinned locks from pyproject.toml. They hold no index address and no path, whatever this machine's settings are.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
    uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --no-header --no-annotate "$@"
}
compile pyproject.toml --output-file requirements/run.txt
compile pyproject.toml --group develop --output-file requirements/develop.txt
awk '/^[a-z]/ { ours = /^uv==/ } ours' requirements/develop.txt > requirements/installer.txt
