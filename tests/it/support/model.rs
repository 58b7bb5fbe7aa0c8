//! Model files that are made for tests: whisper.cpp takes them, and what it hears is babble.

/// A tiny multilingual model, f16, with weights drawn from a seed: 99 languages, one layer on each
/// side, the full window.
pub fn babble() -> Vec<u8> {
    const VOCABULARY: i32 = 51_865;
    const TOKENS: i32 = 50_257;
    const STATE: i32 = 32;
    const HEADS: i32 = 2;
    const FRAMES: i32 = 1500;
    const CONTEXT: i32 = 64;
    const BANDS: i32 = 80;
    const F16: i32 = 1;
    let mut model = Writer::default();
    model.int(0x6767_6d6c);
    for value in [
        VOCABULARY, FRAMES, STATE, HEADS, 1, CONTEXT, STATE, HEADS, 1, BANDS, F16,
    ] {
        model.int(value);
    }
    // Filters: each band takes two of the 201 bins.
    model.int(BANDS);
    model.int(201);
    for band in 0..BANDS {
        for bin in 0..201 {
            let weight = if bin / 2 == band { 0.02_f32 } else { 0.0 };
            model.0.extend(weight.to_le_bytes());
        }
    }
    model.int(TOKENS);
    for token in 0..TOKENS {
        // whisper.cpp cannot do without a blank.
        let text = match token {
            0 => " ".to_string(),
            other => format!(" t{other}"),
        };
        model.int(text.len() as i32);
        model.0.extend(text.bytes());
    }
    let mut dice = 1_u64;
    for side in ["encoder", "decoder"] {
        let (length, norm) = match side {
            "encoder" => (FRAMES, "ln_post"),
            _ => (CONTEXT, "ln"),
        };
        let mut add = |name: &str, half, shape: &[i32]| {
            model.tensor(&format!("{side}.{name}"), half, shape, &mut dice);
        };
        add("positional_embedding", false, &[STATE, length]);
        add(&format!("{norm}.weight"), false, &[STATE]);
        add(&format!("{norm}.bias"), false, &[STATE]);
        if side == "encoder" {
            for (conv, bands) in [("conv1", BANDS), ("conv2", STATE)] {
                add(&format!("{conv}.weight"), true, &[3, bands, STATE]);
                add(&format!("{conv}.bias"), false, &[1, STATE]);
            }
        } else {
            add("token_embedding.weight", true, &[STATE, VOCABULARY]);
        }
        let attentions: &[&str] = match side {
            "encoder" => &["attn"],
            _ => &["attn", "cross_attn"],
        };
        for attention in attentions {
            let block = format!("blocks.0.{attention}");
            add(&format!("{block}_ln.weight"), false, &[STATE]);
            add(&format!("{block}_ln.bias"), false, &[STATE]);
            for part in ["query", "key", "value", "out"] {
                add(&format!("{block}.{part}.weight"), true, &[STATE, STATE]);
                if part != "key" {
                    add(&format!("{block}.{part}.bias"), false, &[STATE]);
                }
            }
        }
        add("blocks.0.mlp_ln.weight", false, &[STATE]);
        add("blocks.0.mlp_ln.bias", false, &[STATE]);
        for (part, from, to) in [("mlp.0", STATE, 4 * STATE), ("mlp.2", 4 * STATE, STATE)] {
            add(&format!("blocks.0.{part}.weight"), true, &[from, to]);
            add(&format!("blocks.0.{part}.bias"), false, &[to]);
        }
    }
    model.0
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn int(&mut self, value: i32) {
        self.0.extend(value.to_le_bytes());
    }

    /// Values of about -0.5 to 0.5, as f16 or f32.
    fn tensor(&mut self, name: &str, half: bool, shape: &[i32], dice: &mut u64) {
        self.int(shape.len() as i32);
        self.int(name.len() as i32);
        self.int(i32::from(half));
        for size in shape {
            self.int(*size);
        }
        self.0.extend(name.bytes());
        for _ in 0..shape.iter().product::<i32>() {
            // Marsaglia's xorshift64.
            *dice ^= *dice << 13;
            *dice ^= *dice >> 7;
            *dice ^= *dice << 17;
            if half {
                // Sign, an exponent for 0.25 to 0.5, and ten bits of chance.
                let bits = (*dice >> 48) as u16;
                self.0.extend((bits & 0x83ff | 0x3400).to_le_bytes());
            } else {
                let value = (*dice >> 40) as f32 / (1_u64 << 24) as f32 - 0.5;
                self.0.extend(value.to_le_bytes());
            }
        }
    }
}
