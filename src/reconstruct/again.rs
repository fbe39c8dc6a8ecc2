//! Reads sources of a bundle once more that a survey has read before.

use super::sources::identify;
use crate::bundle::Bundle;
use crate::config::Options;
use crate::progress::Progress;
use crate::read::{Chunk, Sniffed, pump_again};
use crate::survey::Context;

/// What every further reading of a bundle shares.
#[derive(Clone, Copy)]
pub(super) struct Again<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) options: &'a Options,
    pub(super) context: &'a Context,
    pub(super) progress: &'a dyn Progress,
}

impl Again<'_> {
    /// Gives every chunk of the `wanted` sources to `work`, and merges what the workers made of them, in no
    /// order that matters. `what` is what a waiting person is told.
    pub(super) fn read<W: Send>(
        &self,
        what: &'static str,
        wanted: &(dyn Fn(usize) -> bool + Sync),
        new: &(dyn Fn() -> W + Sync),
        work: &(dyn Fn(&mut W, &Chunk) + Sync),
        merge: impl Fn(&mut W, W),
    ) -> W {
        let sniff = |i: usize, head: &[u8]| {
            let path = &self.bundle.sources[i].path;
            match identify(path, head, self.options, &self.context.catalogue, self.context.instances) {
                Ok((info, dialect)) => Sniffed::Log { dialect, facts: info.facts },
                Err(why) => Sniffed::NotALog(why),
            }
        };
        let files = (0..self.bundle.sources.len()).filter(|&i| wanted(i)).count() as u64;
        self.progress.begin(what, self.bundle.packed_bytes(wanted), files);
        let parts = pump_again(self.bundle, self.options.threads, wanted, &sniff, new, work, self.progress);
        self.progress.end();
        let merged = parts.into_iter().reduce(|mut all, more| {
            merge(&mut all, more);
            all
        });
        merged.unwrap_or_else(new)
    }
}
