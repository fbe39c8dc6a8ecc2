//! Quantiles from counts in buckets whose width grows with their value, so that every quantile is known to
//! the same relative error, and counts of parts add up to those of the whole.
//!
//! Reference: Masson, Rim and Lee, "DDSketch", PVLDB 12, 2019, 2195-2205, with buckets that are linear within
//! a power of two in place of a logarithm (whole numbers only, the same on every machine); too many
//! buckets are joined two by two everywhere, as in Epicoco, Melle, Cafaro, Pulimeno and Morleo,
//! "UDDSketch", IEEE Access 8, 2020.

/// Buckets of a power of two, as bits: 32, each 3.1 % wide at most.
const BITS: u32 = 5;

/// Most halvings of the resolution that are of use: after five a bucket is a whole power of two.
pub const COARSEST: u32 = BITS;

/// Relative error of a quantile read at the middle of its bucket after `shift` joinings: 1.6 % at first,
/// doubling with each.
#[must_use]
pub fn error(shift: u32) -> f64 {
    0.5 / f64::from(1u32 << (BITS - shift.min(BITS)))
}

/// The bucket of `value`: values below 32 have one each.
#[must_use]
pub fn bucket(value: u64) -> u16 {
    let top = 63 - (value | 1).leading_zeros();
    if top < BITS {
        return value as u16;
    }
    let power = top - BITS;
    (((power + 1) << BITS) | ((value >> power) as u32 & ((1 << BITS) - 1))) as u16
}

/// The middle of a bucket that `shift` joinings have left.
#[must_use]
pub fn middle(bucket: u16, shift: u32) -> f64 {
    let edge = |b: u32| {
        let (power, within) = (b >> BITS, b & ((1 << BITS) - 1));
        if power == 0 { f64::from(within) } else { f64::from((1 << BITS) | within) * 2f64.powi(power as i32 - 1) }
    };
    let (from, to) = (u32::from(bucket) << shift, (u32::from(bucket) + 1) << shift);
    f64::midpoint(edge(from), edge(to))
}

/// Of ascending (bucket, count), the buckets of the quantiles wanted (0 to 1): the smallest that at least
/// that share does not exceed. `None` without counts.
#[must_use]
pub fn quantiles<const N: usize>(counts: &[(u16, u64)], wanted: [f64; N]) -> Option<[u16; N]> {
    let all: u64 = counts.iter().map(|c| c.1).sum();
    let last = counts.last().filter(|_| all > 0)?.0;
    Some(wanted.map(|share| {
        let mut below = 0;
        let reached = |c: &&(u16, u64)| {
            below += c.1;
            below as f64 >= share * all as f64
        };
        counts.iter().find(reached).map_or(last, |c| c.0)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_value_lies_within_the_stated_error_of_its_buckets_middle(value in 0u64..1_000_000_000_000, shift in 0u32..5) {
            let read = middle(bucket(value) >> shift, shift);
            prop_assert!((read - value as f64).abs() <= error(shift) * value as f64 + 0.5 * f64::from(1u32 << shift), "{} {}", value, read);
        }

        #[test]
        fn larger_values_never_have_smaller_buckets(a in 0u64..u64::MAX, b in 0u64..u64::MAX) {
            let (a, b) = (a.min(b), a.max(b));
            prop_assert!(bucket(a) <= bucket(b));
        }
    }

    #[test]
    fn quantiles_are_those_of_the_counts() {
        let counts: Vec<(u16, u64)> = (1..=100).map(|v| (v, 1)).collect();
        assert_eq!(quantiles(&counts, [0.5, 0.95, 1.0]), Some([50, 95, 100]));
        assert_eq!(quantiles(&[(7, 0)], [0.5]), None);
        assert_eq!(quantiles(&[], [0.5]), None);
        assert_eq!(quantiles(&[(3, 1), (9, 1)], [0.0, 0.5, 0.51]), Some([3, 3, 9]));
    }
}
