//! Every conjunction of up to three attributes that some row satisfies, with its counts.
//!
//! Values are small numbers here, in the order of their texts. Level by level: a conjunction whose
//! rows hold next to none of the excess is dropped, and so is all that lies in it.

use super::{ATTRIBUTES_MAX, DEPTH_MAX, Set, Table, Totals};
use rustc_hash::FxHashMap;

/// Most sets kept of one group of attributes: those with the largest excess.
const SETS_MAX: usize = 500;

/// A row without a value of the attribute.
const NONE: u32 = u32::MAX;

/// Attributes and numbers of values; unused places are `(u8::MAX, NONE)`.
type Parts = [(u8, u32); DEPTH_MAX];

/// A conjunction with its counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    parts: Parts,
    /// Bad requests of the window.
    pub(super) bad: f64,
    /// Bad requests to be expected in it.
    pub(super) expected: f64,
    /// Excess of those rows that have one.
    above: f64,
    /// Names the rows with traffic in the window: the sum of their own random-looking numbers.
    sum: u64,
    rows: u32,
}

impl Counted {
    fn new(parts: Parts) -> Self {
        Counted { parts, bad: 0.0, expected: 0.0, above: 0.0, sum: 0, rows: 0 }
    }

    /// Attributes and values, by attribute.
    pub(super) fn key(&self) -> &[(u8, u32)] {
        let n = self.parts.iter().take_while(|p| p.1 != NONE).count();
        &self.parts[..n]
    }

    pub(super) const fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The same for sets that cover the same traffic of the window, and for no others.
    pub(super) const fn print(&self) -> (u64, u32) {
        (self.sum, self.rows)
    }
}

/// A table with its values as numbers.
#[derive(Debug)]
pub(super) struct Grid<'a> {
    table: &'a Table,
    expected: Vec<f64>,
    /// By attribute, then row.
    ids: Vec<Vec<u32>>,
    /// Texts of an attribute's values, ascending.
    texts: Vec<Vec<&'a str>>,
    /// Attributes that divide something.
    used: Vec<usize>,
}

impl<'a> Grid<'a> {
    pub(super) fn new(table: &'a Table, expected: Vec<f64>) -> Self {
        let (mut ids, mut texts) = (Vec::new(), Vec::new());
        for a in 0..table.attributes.len().min(ATTRIBUTES_MAX) {
            let mut values: Vec<&str> = table.rows.iter().map(|r| r.values[a].as_str()).collect();
            values.sort_unstable();
            values.dedup();
            let number: FxHashMap<&str, u32> =
                values.iter().zip(0..).map(|(v, i)| (*v, if v.is_empty() { NONE } else { i })).collect();
            ids.push(table.rows.iter().map(|r| number[r.values[a].as_str()]).collect());
            texts.push(values);
        }
        // An attribute with one value divides nothing.
        let used = (0..texts.len()).filter(|&a| texts[a].len() > 1).collect();
        Grid { table, expected, ids, texts, used }
    }

    pub(super) fn totals(&self) -> Totals {
        Totals { bad: self.table.rows.iter().map(|r| r.now.0).sum(), expected: self.expected.iter().sum() }
    }

    /// The sets, by group of attributes: those that can hold an excess of `least`.
    pub(super) fn groups(&self, least: f64) -> Vec<Vec<Counted>> {
        let mut groups = Vec::new();
        // Which rows lie in a set that was kept, by group.
        let mut alive: FxHashMap<Vec<usize>, Vec<bool>> = FxHashMap::default();
        for depth in 1..=DEPTH_MAX {
            for attributes in choices(&self.used, depth) {
                let within: Vec<&Vec<bool>> = if depth == 1 {
                    Vec::new()
                } else {
                    (0..depth).filter_map(|left_out| alive.get(&without(&attributes, left_out))).collect()
                };
                let (group, rows) = self.group(&attributes, &within, least, depth < DEPTH_MAX);
                alive.insert(attributes, rows);
                groups.push(group);
            }
        }
        groups
    }

    /// The sets of one group of attributes over the rows that are in all of `within`, and which rows
    /// lie in them (if `mark`).
    fn group(&self, attributes: &[usize], within: &[&Vec<bool>], least: f64, mark: bool) -> (Vec<Counted>, Vec<bool>) {
        let mut place: FxHashMap<Parts, u32> = FxHashMap::default();
        let mut sets: Vec<Counted> = Vec::new();
        let mut of_row = vec![NONE; if mark { self.table.rows.len() } else { 0 }];
        for (i, row) in self.table.rows.iter().enumerate() {
            if within.iter().any(|rows| !rows[i]) {
                continue;
            }
            let mut parts = [(u8::MAX, NONE); DEPTH_MAX];
            for (part, &a) in parts.iter_mut().zip(attributes) {
                *part = (a as u8, self.ids[a][i]);
            }
            if parts[..attributes.len()].iter().any(|p| p.1 == NONE) {
                continue;
            }
            let at = *place.entry(parts).or_insert_with(|| {
                sets.push(Counted::new(parts));
                sets.len() as u32 - 1
            });
            let set = &mut sets[at as usize];
            set.bad += row.now.0;
            set.expected += self.expected[i];
            set.above += (row.now.0 - self.expected[i]).max(0.0);
            if row.now.0 > 0.0 || row.now.1 > 0.0 {
                set.sum = set.sum.wrapping_add(scatter(i as u64));
                set.rows += 1;
            }
            if mark {
                of_row[i] = at;
            }
        }
        let mut kept: Vec<u32> =
            (0..sets.len() as u32).filter(|&s| sets[s as usize].above >= least && sets[s as usize].rows > 0).collect();
        if kept.len() > SETS_MAX {
            kept.sort_by(|&a, &b| {
                let (a, b) = (&sets[a as usize], &sets[b as usize]);
                b.above.total_cmp(&a.above).then_with(|| a.parts.cmp(&b.parts))
            });
            kept.truncate(SETS_MAX);
        }
        let mut is_kept = vec![false; sets.len()];
        kept.iter().for_each(|&s| is_kept[s as usize] = true);
        let marks = of_row.iter().map(|&s| s != NONE && is_kept[s as usize]).collect();
        (kept.into_iter().map(|s| sets[s as usize]).collect(), marks)
    }

    /// A set with its texts.
    pub(super) fn set(&self, set: &Counted) -> Set {
        set.key().iter().map(|&(a, id)| (usize::from(a), self.texts[usize::from(a)][id as usize].to_owned())).collect()
    }

    /// Rows that satisfy any of `sets`, ascending.
    pub(super) fn rows(&self, sets: &[Counted]) -> Vec<usize> {
        let is_in = |row: usize, set: &Counted| set.key().iter().all(|&(a, id)| self.ids[usize::from(a)][row] == id);
        (0..self.table.rows.len()).filter(|&row| sets.iter().any(|s| is_in(row, s))).collect()
    }
}

/// All ways to choose `n` of `of`, in their order.
fn choices(of: &[usize], n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let mut out = Vec::new();
    for (i, &first) in of.iter().enumerate() {
        out.extend(choices(&of[i + 1..], n - 1).into_iter().map(|rest| [vec![first], rest].concat()));
    }
    out
}

fn without(attributes: &[usize], place: usize) -> Vec<usize> {
    attributes.iter().enumerate().filter(|(i, _)| *i != place).map(|(_, a)| *a).collect()
}

/// A fixed number for each row that looks random (`SplitMix64`: Steele, Lea and Flood, OOPSLA 2014).
const fn scatter(row: u64) -> u64 {
    let mut z = row.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
