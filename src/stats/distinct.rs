//! How many different ones: exact up to ten million, beyond by a sketch of fixed size.
//!
//! Reference: Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog", AofA 2007, 127-146; with hashes of 64
//! bits (Heule, Nunkesser and Hall, "HyperLogLog in Practice", EDBT 2013) no correction is needed for
//! large numbers, and small ones are exact here.

/// Most different ones counted one by one: 80 MB of hashes, as much again while they are collected.
pub const EXACT_MAX: usize = 10_000_000;

/// Bits of the hash that choose a register: 65,536 registers of a byte.
const PRECISION: u32 = 16;

/// Hashes collected before they are first sorted.
const FIRST: usize = 1 << 15;

/// Relative standard error of the sketch, 1.04 over the root of the number of registers: 0.41 %.
pub const SKETCH_ERROR: f64 = 1.04 / 256.0;

/// Counts different ones by their hashes. Merging is a union, so any order gives the same.
#[derive(Clone, Debug, Default)]
pub struct Distinct {
    /// Hashes; those before `packed` ascending, each once.
    seen: Vec<u64>,
    packed: usize,
    /// The last one, as the next one is often the same.
    last: Option<u64>,
    /// Instead of `seen`, once there are too many: the longest run of zeros for each register.
    sketch: Option<Vec<u8>>,
}

/// Spreads a hash over all 64 bits (the finaliser of MurmurHash3): registers look at single bits.
const fn spread(mut x: u64) -> u64 {
    x = (x ^ (x >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    x = (x ^ (x >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

fn register(sketch: &mut [u8], hash: u64) {
    let (place, rest) = ((hash >> (64 - PRECISION)) as usize, hash << PRECISION);
    let run = (rest.leading_zeros().min(64 - PRECISION) + 1) as u8;
    if let Some(known) = sketch.get_mut(place) {
        *known = run.max(*known);
    }
}

impl Distinct {
    /// Adds one, by its hash.
    pub fn add(&mut self, hash: u64) {
        if self.last == Some(hash) {
            return;
        }
        self.last = Some(hash);
        self.put(spread(hash), EXACT_MAX);
    }

    fn put(&mut self, hash: u64, most: usize) {
        if let Some(sketch) = &mut self.sketch {
            register(sketch, hash);
            return;
        }
        self.seen.push(hash);
        if self.seen.len() >= FIRST.max(2 * self.packed) {
            self.pack(most);
        }
    }

    fn pack(&mut self, most: usize) {
        self.seen.sort_unstable();
        self.seen.dedup();
        self.packed = self.seen.len();
        if self.packed > most {
            self.spill();
        }
    }

    /// From counting one by one to the sketch.
    fn spill(&mut self) -> &mut Vec<u8> {
        let seen = std::mem::take(&mut self.seen);
        self.packed = 0;
        let sketch = self.sketch.get_or_insert_with(|| vec![0; 1 << PRECISION]);
        seen.into_iter().for_each(|hash| register(sketch, hash));
        sketch
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: Distinct) {
        self.merge_up_to(other, EXACT_MAX);
    }

    fn merge_up_to(&mut self, other: Distinct, most: usize) {
        if let Some(theirs) = other.sketch {
            self.spill().iter_mut().zip(&theirs).for_each(|(mine, theirs)| *mine = (*theirs).max(*mine));
        }
        if self.sketch.is_some() {
            other.seen.into_iter().for_each(|hash| self.put(hash, most));
        } else {
            self.seen.extend(other.seen);
            self.pack(most);
        }
    }

    /// How many, and the relative standard error of that: `None` where it is exact.
    #[must_use]
    pub fn count(mut self) -> (u64, Option<f64>) {
        self.count_up_to(EXACT_MAX)
    }

    fn count_up_to(&mut self, most: usize) -> (u64, Option<f64>) {
        if self.sketch.is_none() {
            self.pack(most);
        }
        let Some(sketch) = &self.sketch else { return (self.packed as u64, None) };
        let m = sketch.len() as f64;
        // Summed by length of run, so that no order plays a part.
        let mut runs = [0u64; 65];
        sketch.iter().for_each(|&r| runs[usize::from(r).min(64)] += 1);
        let sum: f64 = runs.iter().enumerate().map(|(r, &n)| n as f64 * 0.5f64.powi(r as i32)).sum();
        let alpha = 0.7213 / (1.0 + 1.079 / m);
        ((alpha * m * m / sum).round() as u64, Some(SKETCH_ERROR))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn few_are_counted_exactly_and_many_within_a_few_standard_errors() {
        let mut few = Distinct::default();
        for i in (0..70_000u64).chain(30_000..90_000) {
            few.add(i);
        }
        assert_eq!(few.count(), (90_000, None));
        let (n, most) = (3_000_000u64, 1_000);
        let mut many = Distinct::default();
        (0..n).for_each(|i| many.put(spread(i), most));
        let (estimate, error) = many.count_up_to(most);
        let error = error.expect("a sketch");
        assert!((estimate as f64 / n as f64 - 1.0).abs() < 4.0 * error, "{estimate}");
    }

    proptest! {
        #[test]
        fn any_order_and_grouping_gives_the_same(list in prop::collection::vec(0u64..3_000, 0..600), cut in 0usize..600, most in 1usize..400) {
            let part = |list: &[u64]| {
                let mut d = Distinct::default();
                list.iter().for_each(|&x| d.put(spread(x), most));
                d.pack(most);
                d
            };
            let (a, b) = list.split_at(cut.min(list.len()));
            let mut ab = part(a);
            ab.merge_up_to(part(b), most);
            let mut ba = part(b);
            ba.merge_up_to(part(a), most);
            let whole = part(&list).count_up_to(most);
            prop_assert_eq!(ab.count_up_to(most), whole);
            prop_assert_eq!(ba.count_up_to(most), whole);
        }
    }
}
