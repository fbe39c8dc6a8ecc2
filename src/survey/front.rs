//! What tells series apart beside the resource: who logged it, for which host, at which POP and
//! backend. Both passes number these combinations the same way.

use super::{Interner, NAMES_MAX, Recent, SourceInfo};
use crate::event::{Event, Tier};
use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashSet};

/// One combination; all but the tier are numbers of names in its [`Fronts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Front {
    /// Which tier logged it.
    pub tier: Tier,
    /// Which instance of it.
    pub instance: u32,
    /// Host asked for.
    pub host: u32,
    /// Point of presence.
    pub pop: u32,
    /// Backend.
    pub backend: u32,
}

/// Combinations numbered in order of first sight: local to one partial, as with [`Interner`].
#[derive(Clone, Debug, Default)]
pub struct Fronts {
    names: Interner,
    fronts: IndexSet<Front, FxBuildHasher>,
    /// How many of the names are instances: these come with the files, not with the lines.
    instances: usize,
    /// Whether hosts, POPs and backends are no longer told apart.
    folded: bool,
}

impl Fronts {
    /// None yet; `folded` if hosts, POPs and backends are not to be told apart.
    #[must_use]
    pub fn new(folded: bool) -> Self {
        Fronts { folded, ..Fronts::default() }
    }

    /// Whether hosts, POPs and backends are no longer told apart.
    #[must_use]
    pub fn is_folded(&self) -> bool {
        self.folded
    }

    /// Whether there are more names than [`NAMES_MAX`]: no honest log has so many, but a scanner may
    /// send a different `Host` with each request.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !self.folded && self.names.len() - self.instances > NAMES_MAX
    }

    /// Stops telling hosts, POPs and backends apart: all of them or none, so that it does not matter
    /// which were seen first. Gives the new numbers of the fronts.
    pub fn fold(&mut self) -> Vec<u32> {
        let old = std::mem::replace(self, Fronts::new(true));
        let none = self.names.id(b"");
        let folded = |f: &Front| {
            let instance = self.instance(old.names.name(f.instance));
            let front = Front { tier: f.tier, instance, host: none, pop: none, backend: none };
            self.fronts.insert_full(front).0 as u32
        };
        old.fronts.iter().map(folded).collect()
    }

    /// The number of an instance's name.
    fn instance(&mut self, name: &[u8]) -> u32 {
        let known = self.names.len();
        let id = self.names.id(name);
        self.instances += self.names.len() - known;
        id
    }

    /// Front number `id`, which must be one that was given out.
    #[must_use]
    pub fn front(&self, id: u32) -> Front {
        self.fronts[id as usize]
    }

    /// All names as shown, by number.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.names.iter().map(|n| String::from_utf8_lossy(n).into_owned()).collect()
    }

    /// The name with number `id`.
    #[must_use]
    pub fn name(&self, id: u32) -> &[u8] {
        self.names.name(id)
    }

    /// Takes in those of another partial; gives their numbers here.
    pub fn adopt(&mut self, other: &Fronts) -> Vec<u32> {
        let instances: FxHashSet<u32> = other.fronts.iter().map(|f| f.instance).collect();
        let number = |(i, n): (usize, &[u8])| {
            if instances.contains(&(i as u32)) { self.instance(n) } else { self.names.id(n) }
        };
        let names: Vec<u32> = other.names.iter().enumerate().map(number).collect();
        let here = |f: &Front| Front {
            tier: f.tier,
            instance: names[f.instance as usize],
            host: names[f.host as usize],
            pop: names[f.pop as usize],
            backend: names[f.backend as usize],
        };
        other.fronts.iter().map(|f| self.fronts.insert_full(here(f)).0 as u32).collect()
    }
}

/// Numbers the fronts of one chunk's lines. Neighbouring lines are mostly of the same front, so the
/// last one is remembered. Belongs to one [`Fronts`].
#[derive(Debug)]
pub struct Fronting<'s> {
    info: &'s SourceInfo,
    /// The number of the source's instance.
    instance: Option<u32>,
    host: Recent,
    pop: Recent,
    backend: Recent,
    last: Option<(Front, u32)>,
}

impl<'s> Fronting<'s> {
    /// For lines of the source that `info` tells of.
    #[must_use]
    pub fn new(info: &'s SourceInfo) -> Self {
        let new = Recent::default;
        Fronting { info, instance: None, host: new(), pop: new(), backend: new(), last: None }
    }

    /// The number of the front of `event`, asked of `host`.
    pub fn of(&mut self, event: &Event<'_>, host: &[u8], fronts: &mut Fronts) -> u32 {
        // An edge without a POP field is its own POP: `edge-ams.log` stands for `ams`.
        let own_pop = if self.info.tier == Tier::Edge { name_of(self.info) } else { b"" };
        let kept = |name| if fronts.folded { b"".as_slice() } else { name };
        let (host, pop) = (kept(host), kept(event.pop.as_deref().unwrap_or(own_pop)));
        let backend = kept(event.backend.as_deref().unwrap_or(b""));
        let instance = *self.instance.get_or_insert_with(|| fronts.instance(name_of(self.info)));
        let names = &mut fronts.names;
        let front = Front {
            tier: self.info.tier,
            instance,
            host: self.host.id(names, host),
            pop: self.pop.id(names, pop),
            backend: self.backend.id(names, backend),
        };
        match self.last {
            Some((last, id)) if last == front => id,
            _ => {
                let id = fronts.fronts.insert_full(front).0 as u32;
                self.last = Some((front, id));
                id
            }
        }
    }
}

/// The instance's name; empty where the source has none.
fn name_of(info: &SourceInfo) -> &[u8] {
    info.instance.as_deref().map_or(b"".as_slice(), str::as_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_leaves_tier_and_instance_and_gives_every_front_a_new_number() {
        let mut fronts = Fronts::default();
        let mut id = |name: &str| fronts.names.id(name.as_bytes());
        let (a, b, x, y, none) = (id("a"), id("b"), id("x.example"), id("y.example"), id(""));
        for (instance, host) in [(a, x), (a, y), (b, x)] {
            fronts.fronts.insert(Front { tier: Tier::Edge, instance, host, pop: none, backend: none });
        }
        assert_eq!(fronts.fold(), [0, 0, 1]);
        assert!(fronts.is_folded() && !fronts.is_over());
        assert_eq!(fronts.name(fronts.front(1).instance), b"b");
        assert_eq!(fronts.name(fronts.front(1).host), b"");
    }
}
