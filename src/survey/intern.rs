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

/// The name asked for last and its number: neighbouring lines mostly name the same host, POP and
/// backend. Belongs to one [`Interner`].
#[derive(Clone, Debug, Default)]
pub struct Recent {
    name: Vec<u8>,
    id: Option<u32>,
}

impl Recent {
    /// As [`Interner::id`] of `names`.
    pub fn id(&mut self, names: &mut Interner, name: &[u8]) -> u32 {
        if let Some(id) = self.id.filter(|_| same(&self.name, name)) {
            return id;
        }
        let id = names.id(name);
        self.name.clear();
        self.name.extend_from_slice(name);
        self.id = Some(id);
        id
    }
}

/// Whether two names are equal. Two empty ones are not handed to the C library: their pointers may
/// point nowhere, and its AVX-512 `memcmp` then takes 200 ns to find out that nothing equals nothing.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && (a.is_empty() || a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recent_name_has_the_number_that_the_interner_gives() {
        let (mut names, mut recent) = (Interner::default(), Recent::default());
        for name in ["", "", "a", "a", "b", "", "c", "c", "b", "d"] {
            let id = recent.id(&mut names, name.as_bytes());
            assert_eq!(id, names.clone().id(name.as_bytes()), "{name}");
        }
        assert_eq!(names.iter().collect::<Vec<_>>(), [&b""[..], b"a", b"b", b"c", b"d"]);
    }
}
