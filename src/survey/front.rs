//! What tells series apart beside the resource: who logged it, for which host, at which POP and
//! backend. Both passes number these combinations the same way.

use super::{Interner, NAMES_MAX, Recent, SourceInfo};
use crate::event::{Event, Tier};
use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

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
}

impl Fronts {
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
        let names: Vec<u32> = other.names.iter().map(|n| self.names.id(n)).collect();
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
    instance: Recent,
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
        Fronting { info, instance: new(), host: new(), pop: new(), backend: new(), last: None }
    }

    /// The number of the front of `event`, asked of `host`.
    pub fn of(&mut self, event: &Event<'_>, host: &[u8], fronts: &mut Fronts) -> u32 {
        let instance = self.info.instance.as_deref().map_or(b"".as_slice(), str::as_bytes);
        // An edge without a POP field is its own POP: `edge-ams.log` stands for `ams`.
        let own_pop = if self.info.tier == Tier::Edge { instance } else { b"" };
        let names = &mut fronts.names;
        let front = Front {
            tier: self.info.tier,
            instance: self.instance.id_up_to(names, instance, usize::MAX),
            host: self.host.id_up_to(names, host, NAMES_MAX),
            pop: self.pop.id_up_to(names, event.pop.as_deref().unwrap_or(own_pop), NAMES_MAX),
            backend: self.backend.id_up_to(names, event.backend.as_deref().unwrap_or(b""), NAMES_MAX),
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
