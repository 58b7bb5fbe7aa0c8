#!/bin/sh
# Builds for any x86-64 Linux machine with AVX2 and FMA, and packs the result with licences and
# documentation into dist/callibrate-VERSION-x86_64-linux.tar.gz.
set -eu
cd "$(dirname "$0")/.."

if [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "make dist builds for x86-64 Linux, on x86-64 Linux" >&2
    exit 1
fi

# Each set by name: where SOURCE_DATE_EPOCH is set, whisper.cpp's own defaults drop to SSE2, and a
# build is many times slower.
export GGML_NATIVE=OFF GGML_LLAMAFILE=ON
export GGML_SSE42=ON GGML_AVX=ON GGML_AVX2=ON GGML_FMA=ON GGML_F16C=ON GGML_BMI2=ON
# Rust keeps to the baseline: nearly all time is spent in whisper.cpp.
export RUSTFLAGS="-C target-cpu=x86-64"
unset CFLAGS CXXFLAGS

# A target folder of its own: whisper.cpp is not built again when only the variables above change.
built=target/dist
cargo build --release --locked --target-dir "$built"

# AVX-512 would end the program on most machines.
for archive in "$built"/release/build/whisper-rs-sys-*/out/lib*/libggml-cpu.a; do
    if objdump -d --no-show-raw-insn "$archive" | grep -q '%zmm'; then
        echo "$archive holds AVX-512 instructions: remove $built and try again" >&2
        exit 1
    fi
    if ! objdump -d --no-show-raw-insn "$archive" | grep -q 'vfmadd.*%ymm'; then
        echo "$archive was built without AVX2 and FMA: remove $built and try again" >&2
        exit 1
    fi
done

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
name="callibrate-$version-x86_64-linux"
rm -rf "dist/$name"
mkdir -p "dist/$name/models"
cp "$built/release/callibrate" "dist/$name/"
cp -r README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE docs "dist/$name/"
cp models/*.md models/*.toml "dist/$name/models/"
python3 scripts/third_party.py > "dist/$name/THIRD-PARTY.txt"
tar -C dist --sort=name --owner=0 --group=0 --numeric-owner -czf "dist/$name.tar.gz" "$name"
rm -rf "dist/$name"
echo "made dist/$name.tar.gz"
