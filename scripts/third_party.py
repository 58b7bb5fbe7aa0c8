"""Prints names, licences and licence texts of everything that the program is linked with."""

import json
import subprocess
from pathlib import Path

TARGET = "x86_64-unknown-linux-gnu"
NAMES = ("licen", "copying", "notice", "copyright", "unlicense")
# C and C++ sources that a crate brings along.
BUNDLED = {"whisper-rs-sys": ["whisper.cpp"], "zstd-sys": ["zstd"]}


def linked_packages():
    """The packages that end up in the program, by name: build tools and tests are left out."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET]
    metadata = json.loads(subprocess.check_output(command))
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    seen, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        for dependency in nodes[node]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    linked = (packages[node] for node in seen - {root})
    return sorted(linked, key=lambda package: (package["name"], package["version"]))


def licence_files(package):
    """Files with the licence in the package's folder, and in those of sources that it bundles."""
    folder = Path(package["manifest_path"]).parent
    folders = [folder, *(folder / name for name in BUNDLED.get(package["name"], []))]
    files = (file for place in folders if place.is_dir() for file in sorted(place.iterdir()))
    return [file for file in files if file.is_file() and file.name.lower().startswith(NAMES)]


def main():
    texts = {}
    print("callibrate is built with these packages:\n")
    for package in linked_packages():
        name = f"{package['name']} {package['version']}"
        licence = package["license"] or "see its licence file"
        print(f"  {name}: {licence}, source at {package['repository'] or 'its registry'}")
        for file in licence_files(package):
            text = file.read_text(encoding="utf-8", errors="replace").strip()
            texts.setdefault(text, []).append(name)
    for text, names in texts.items():
        users = ", ".join(dict.fromkeys(names))
        print(f"\n{'=' * 78}\n{users}\n{'-' * 78}\n{text}")


if __name__ == "__main__":
    main()
