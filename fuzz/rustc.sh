#!/bin/sh
# A RUSTC_WRAPPER for stable Rust: tells the compiler to count the edges that run, in this crate
# and the parsers that it uses. Not in what runs at build time (which is not optimised).
case " $* " in
*" opt-level=3 "*) ;;
*) exec "$@" ;;
esac
case " $* " in
*" --crate-name callibrate "* | *" --crate-name symphonia"* | *" --crate-name hound "* | \
*" --crate-name calamine "* | *" --crate-name zip "* | *" --crate-name quick_xml "* | \
*" --crate-name csv "* | *" --crate-name csv_core "* | *" --crate-name serde_saphyr "* | \
*" --crate-name granit_parser "* | *" --crate-name serde_json "* | *" --crate-name toml "* | \
*" --crate-name toml_parser "* | *" --crate-name winnow "* | *" --crate-name globset "* | \
*" --crate-name jiff "* | *" --crate-name polars_parquet "* | \
*" --crate-name polars_parquet_format "*)
	exec "$@" -Cpasses=sancov-module \
		-Cllvm-args=-sanitizer-coverage-level=4 \
		-Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
		-Cllvm-args=-sanitizer-coverage-pc-table \
		-Cllvm-args=-sanitizer-coverage-trace-compares
	;;
esac
exec "$@"
