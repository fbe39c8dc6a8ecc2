//! Which single paths stand out? Counts by hash bucket: additive, so exact in any order, and of a
//! fixed size whatever the number of paths. The second pass then keeps rows of their own for the
//! paths in heavy buckets and drops those that shared a bucket by chance.

use rustc_hash::FxHasher;
use std::hash::Hasher;

const BUCKETS: usize = 1 << 16;

/// Requests and bad responses by hash bucket of (host, path).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    buckets: Vec<[u32; 2]>,
}

impl Default for Sketch {
    fn default() -> Self {
        Sketch { buckets: vec![[0, 0]; BUCKETS] }
    }
}

/// Hash of a host and a path.
#[must_use]
pub fn path_hash(host: &[u8], path: &[u8]) -> u64 {
    let mut h = FxHasher::default();
    h.write(host);
    h.write_u8(0);
    h.write(path);
    h.finish()
}

impl Sketch {
    /// Counts requests, each told by its hash and whether it was bad. Many at once: the buckets do not
    /// fit into the nearest cache, and only in a loop of their own can their misses overlap.
    pub fn add(&mut self, requests: &[(u64, bool)]) {
        for &(hash, bad) in requests {
            let bucket = &mut self.buckets[index(hash)];
            bucket[0] = bucket[0].saturating_add(1);
            bucket[1] = bucket[1].saturating_add(u32::from(bad));
        }
    }

    /// Adds another sketch.
    pub fn merge(&mut self, other: &Sketch) {
        for (a, b) in self.buckets.iter_mut().zip(&other.buckets) {
            *a = [a[0].saturating_add(b[0]), a[1].saturating_add(b[1])];
        }
    }

    /// Whether the bucket of `hash` holds at least `requests` requests or `bad` bad ones.
    #[must_use]
    pub fn is_heavy(&self, hash: u64, requests: u64, bad: u64) -> bool {
        let bucket = self.buckets[index(hash)];
        u64::from(bucket[0]) >= requests || u64::from(bucket[1]) >= bad
    }
}

/// The upper bits of the hash are its best ones.
fn index(hash: u64) -> usize {
    (hash >> 48) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_path_is_heavy_and_merging_adds() {
        let (mut a, mut b) = (Sketch::default(), Sketch::default());
        let hot = path_hash(b"x.example", b"/i/spaces/1");
        for i in 0..1_000u32 {
            a.add(&[(path_hash(b"x.example", format!("/user/{i}").as_bytes()), false)]);
            b.add(&[(hot, i % 2 == 0)]);
        }
        a.merge(&b);
        assert!(a.is_heavy(hot, 1_000, u64::MAX) && a.is_heavy(hot, u64::MAX, 500));
        assert!(!a.is_heavy(path_hash(b"x.example", b"/user/7"), 100, 100));
        assert_ne!(path_hash(b"ab", b"c"), path_hash(b"a", b"bc"));
    }
}
