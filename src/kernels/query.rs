//! An output vector of the decoder, quantised for scanning.

/// A vector as symmetric int8: `z[j] = step * values[j]` up to rounding.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantisedQuery {
    values: Vec<i8>,
    /// The values as i16, for instruction sets that multiply those.
    wide: Vec<i16>,
    step: f32,
    /// Sum of the values, for instruction sets that multiply unsigned by signed bytes.
    sum: i32,
}

impl QuantisedQuery {
    /// Quantises `z` as docs/pack-format.md section 6 says: `step = max|z| / 127`, `values = round(z / step)`, halves
    /// away from zero; all zeros when `step` is 0. A component that is not a number counts as 0 and an infinite one
    /// as the largest finite number, so that NaN does not spread over the scores.
    ///
    /// # Panics
    /// When `z` has more than 65,536 components.
    pub fn new(z: &[f32]) -> Self {
        assert!(z.len() <= 1 << 16, "vector too wide for an exact sum in 32 bits");
        let finite = |v: f32| if v.is_nan() { 0.0 } else { v.clamp(f32::MIN, f32::MAX) };
        let largest = z.iter().fold(0.0_f32, |most, &v| most.max(finite(v).abs()));
        let step = largest / 127.0;
        let values: Vec<i8> = if step == 0.0 {
            vec![0; z.len()]
        } else {
            // `as` saturates: a subnormal step, which is not exact, cannot push a value past 127 by more than that.
            z.iter().map(|&v| ((finite(v) / step).round() as i8).max(-127)).collect()
        };
        let wide = values.iter().map(|&v| i16::from(v)).collect();
        let sum = values.iter().map(|&v| i32::from(v)).sum();
        Self { values, wide, step, sum }
    }

    /// The int8 values, in -127 ..= 127.
    pub fn values(&self) -> &[i8] {
        &self.values
    }

    /// `t` of the specification: what a value of 1 stands for; 0 for a vector of zeros.
    pub fn step(&self) -> f32 {
        self.step
    }

    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub(super) fn wide(&self) -> &[i16] {
        &self.wide
    }

    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub(super) fn sum(&self) -> i32 {
        self.sum
    }
}
