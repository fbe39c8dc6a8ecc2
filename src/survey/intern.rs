//! Names as small numbers.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

/// Byte strings numbered in order of first sight. The numbers are local to one partial; whatever
/// leaves it is told by name.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    names: IndexSet<Box<[u8]>, FxBuildHasher>,
}

impl Interner {
    /// The number of `name`, new or known.
    pub fn id(&mut self, name: &[u8]) -> u32 {
        if let Some(i) = self.names.get_index_of(name) {
            return i as u32;
        }
        self.names.insert_full(name.into()).0 as u32
    }

    /// The number of `name`, or of `(other)` once there are `max` names: for attributes that are
    /// few in any honest log (hosts, POPs, backends).
    pub fn id_up_to(&mut self, name: &[u8], max: usize) -> u32 {
        if let Some(i) = self.names.get_index_of(name) {
            return i as u32;
        }
        if self.names.len() >= max { self.id(b"(other)") } else { self.id(name) }
    }

    /// The name with number `id`; empty if there is none.
    #[must_use]
    pub fn name(&self, id: u32) -> &[u8] {
        self.names.get_index(id as usize).map_or(b"", |n| n)
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// All names by number.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.names.iter().map(|n| &**n)
    }
}
