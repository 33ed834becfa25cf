#!/bin/sh
# Writes both locks from pyproject.toml. `uv.lock` and `pylock.toml` would record the address of whatever index or
# mirror this machine uses; these files carry hashes only, and a test refuses any address in them.
set -eu
cd "$(dirname "$0")/.."
compile() {
  out=$1
  shift
  uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-header \
    --only-binary :all: --output-file "$out" "$@"
}
compile requirements/dev.lock --group dev
# Constrained by the first, so that production runs exactly what was tested.
compile requirements/base.lock --constraint requirements/dev.lock
