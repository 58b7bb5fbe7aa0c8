//! `callibrate doctor`: is this machine ready, and is the build a fast one?

use std::sync::LazyLock;

use super::exit::Exit;
use super::tell;
use crate::batch::threads;
use crate::batch::worker::with_causes;
use crate::speech::models::ModelSource;
use crate::speech::whisper;

/// The version with the recogniser's, for `--version`.
pub(super) fn version() -> &'static str {
    static VERSION: LazyLock<String> =
        LazyLock::new(|| format!("{} ({})", env!("CARGO_PKG_VERSION"), whisper::engine_name()));
    &VERSION
}

pub(super) fn doctor() -> Exit {
    tell(format_args!("callibrate   {}", env!("CARGO_PKG_VERSION")));
    tell(format_args!("recogniser   {}", whisper::engine_name()));
    tell(format_args!("backend      {}", whisper::backend()));
    tell(format_args!("cores        {}", threads::cores()));
    let info = whisper::system_info();
    tell(format_args!("kernels      {}", info.trim()));
    let slow = missing(&info);
    for missing in &slow {
        tell(format_args!("warning: {missing}"));
    }
    if !slow.is_empty() {
        tell(format_args!(
            "hint: build with `make install`, which sets the flags that `cargo install` loses"
        ));
    }
    match ModelSource::Embedded.load() {
        Ok(model) => {
            tell(format_args!(
                "model        {} (BLAKE3 {})",
                model.name,
                &model.key[..16]
            ));
            tell(format_args!(
                "             for the sample calls only; name a real one with --model"
            ));
            Exit::Well
        }
        Err(e) => {
            tell(format_args!(
                "error: the embedded model cannot be used: {}",
                with_causes(&e)
            ));
            Exit::Internal
        }
    }
}

/// Fast kernels that this build lacks.
fn missing(info: &str) -> Vec<String> {
    let on = |name: &str| whisper::has_feature(info, name);
    let mut missing = Vec::new();
    if !on("LLAMAFILE") {
        missing.push(
            "whisper.cpp was built without its fast matrix products (GGML_LLAMAFILE); speech takes about twice as long"
                .to_string(),
        );
    }
    if cfg!(target_arch = "x86_64") && !(on("AVX2") && on("FMA")) {
        missing.push(
            "whisper.cpp was built without AVX2 and FMA; speech takes many times as long"
                .to_string(),
        );
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_build_is_noticed() {
        let fast = "WHISPER : COREML = 0 | OPENVINO = 0 | CPU : SSE3 = 1 | AVX = 1 | AVX2 = 1 | FMA = 1 | LLAMAFILE = 1 | ";
        assert!(missing(fast).is_empty());
        let plain = "WHISPER : COREML = 0 | CPU : SSE3 = 1 | AVX = 1 | ";
        let expected = 1 + usize::from(cfg!(target_arch = "x86_64"));
        assert_eq!(missing(plain).len(), expected);
    }
}
