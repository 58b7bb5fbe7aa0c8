#!/bin/sh
# Fuzzes one parser of outside bytes until it is stopped, or finds something: an input that ends it
# lies in target/fuzz/TARGET/ then; kept in tests/fixtures/hostile/TARGET/, it is a test.
# scripts/fuzz.sh [TARGET [LIBFUZZER_OPTION...]]
set -eu
cd "$(dirname "$0")/.."

(cd fuzz && env -u SOURCE_DATE_EPOCH RUSTC_WRAPPER="$PWD/rustc.sh" cargo build --release --locked)
fuzz=$PWD/fuzz/target/release/fuzz

list() {
    env -u TARGET "$fuzz" -runs=0 2>/dev/null | grep '^[a-z]' || true
}

if [ $# = 0 ]; then
    echo "scripts/fuzz.sh TARGET, one of:"
    list | cut -d' ' -f1 | sed 's/^/  /'
    exit 0
fi
target=$1
shift
line=$(list | grep "^$target ") || { echo "there is no target $target" >&2; exit 2; }
longest=$(echo "$line" | cut -d' ' -f2)
seeds=$(echo "$line" | cut -d' ' -f3-)

folder=target/fuzz/$target
mkdir -p "$folder/corpus"
# shellcheck disable=SC2086 # a list of words
find $seeds "tests/fixtures/hostile/$target" -type f 2>/dev/null | while read -r seed; do
    cp "$seed" "$folder/corpus/seed-$(basename "$seed")"
done
[ ! -f "fuzz/dict/$target" ] || set -- "-dict=fuzz/dict/$target" "$@"
export TARGET="$target"
exec "$fuzz" "$folder/corpus" "-artifact_prefix=$folder/" "-max_len=$longest" \
    -timeout=20 -rss_limit_mb=2048 "$@"
