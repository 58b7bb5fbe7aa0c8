#!/bin/sh
# Installs what the build needs from the system (with `test` or `dist`: what those need, too).
# Through apt where it may; else it says what to install and stops. Touches no network if nothing
# is missing.
set -eu
cd "$(dirname "$0")/.."

missing=

# need COMMAND PACKAGE
need() {
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

if ! command -v cargo >/dev/null 2>&1; then
    echo "Rust is missing: install 1.89 or newer with rustup, and open a new shell." >&2
    exit 1
fi
need cmake cmake
need make make
[ -n "${CC-}" ] || need cc gcc
[ -n "${CXX-}" ] || need c++ g++

if [ "${1-}" = dist ]; then
    need python3 python3
    need objdump binutils
elif [ "${1-}" = test ]; then
    python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || missing="$missing python3-venv"
    need node nodejs
    need npm npm
    # Under any of the names that tests/pages/browser.mjs knows.
    command -v google-chrome >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
        need chromium chromium
    for tool in fmt clippy; do
        cargo "$tool" --version >/dev/null 2>&1 && continue
        component=$([ "$tool" = fmt ] && echo rustfmt || echo clippy)
        echo "cargo $tool is missing: adding $component"
        rustup component add "$component"
    done
fi

install_missing() {
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "Please install these, under whatever name your system has them:$missing" >&2
        exit 1
    elif [ "$(id -u)" = 0 ]; then
        root=
    elif sudo -n true 2>/dev/null; then
        root="sudo -n"
    else
        echo "Please install what is missing: sudo apt-get install$missing" >&2
        exit 1
    fi
    echo "installing$missing"
    $root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $missing
}

[ -z "$missing" ] || install_missing

# The tests' own Python packages, in a folder of their own.
if [ "${1-}" = test ] && ! cmp -s tests/requirements.txt target/venv/installed; then
    python3 -m venv target/venv
    target/venv/bin/python -m pip install --quiet --disable-pip-version-check \
        -r tests/requirements.txt
    # irrCAC asks for an old scipy, with which pyarrow does not work; it needs nothing of it.
    target/venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --no-deps irrCAC==0.4.4
    cp tests/requirements.txt target/venv/installed
fi

# The packages with which tests/pages/ opens pages in a browser, in a folder of their own.
if [ "${1-}" = test ] && ! cmp -s tests/pages/package-lock.json target/pages/installed; then
    mkdir -p target/pages
    cp tests/pages/package.json tests/pages/package-lock.json target/pages/
    npm ci --prefix target/pages --silent --no-audit --no-fund --no-update-notifier
    cp tests/pages/package-lock.json target/pages/installed
fi
