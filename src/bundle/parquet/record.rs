//! Rows put together from columns, each as one JSON object on a line of its own.
//!
//! Reference: Melnik et al., "Dremel", VLDB 2010, section 4 and appendix C, as a descent through the
//! schema that looks at the levels of each group's first column.

use super::column::{Column, Levels};
use super::footer::Group;
use super::page::Store;
use super::schema::{Leaf, Node, Schema, Shape};
use super::{ROW_MAX, cut, damaged, json};
use std::io;
use std::ops::Range;

/// The rows of one row group.
#[derive(Debug)]
pub(super) struct Rows {
    columns: Vec<Column>,
    left: u64,
}

impl Rows {
    /// Opens every column of the group.
    pub(super) fn open(group: &Group, schema: &Schema, store: &mut Store) -> io::Result<Self> {
        let mut columns = Vec::new();
        for (chunk, leaf) in group.chunks.iter().zip(&schema.leaves) {
            let is_flat = leaf.rep_max == 0;
            if is_flat && u64::try_from(chunk.values).ok() != Some(group.rows) {
                return Err(damaged(format!("the column `{}` has not as many values as there are rows", leaf.path)));
            }
            columns.push(Column::open(chunk, leaf, store)?);
        }
        Ok(Rows { columns, left: group.rows })
    }

    /// Writes the next row; `false` at the end. On an error nothing of the row is written.
    pub(super) fn write(&mut self, schema: &Schema, store: &mut Store, out: &mut Vec<u8>) -> io::Result<bool> {
        let Some(left) = self.left.checked_sub(1) else { return self.is_over() };
        self.left = left;
        let start = out.len();
        let mut row = Row { columns: &mut self.columns, leaves: &schema.leaves, store, out, most: start + ROW_MAX };
        let done = row.members(&schema.columns).and_then(|()| row.is_whole());
        if done.is_err() {
            out.truncate(start);
        } else {
            out.push(b'\n');
        }
        done.map(|()| true)
    }

    /// After the last row no column may have anything left.
    fn is_over(&mut self) -> io::Result<bool> {
        for column in &mut self.columns {
            if column.now()?.is_some() {
                return Err(damaged("a row group has more values than rows"));
            }
        }
        Ok(false)
    }

    /// Gives back the memory of all columns.
    pub(super) fn close(self, store: &mut Store) {
        self.columns.into_iter().for_each(|c| c.close(store));
    }
}

/// One row in the making.
struct Row<'r> {
    columns: &'r mut [Column],
    leaves: &'r [Leaf],
    store: &'r mut Store,
    out: &'r mut Vec<u8>,
    /// From here on nothing more is written: the row is too long for a line and will be counted so.
    most: usize,
}

impl Row<'_> {
    fn put(&mut self, bytes: &[u8]) {
        if self.out.len() < self.most {
            self.out.extend_from_slice(bytes);
        }
    }

    /// Where the first column of a node stands.
    fn levels(&mut self, node: &Node) -> io::Result<Levels> {
        self.now(node)?.ok_or_else(|| cut("a column ends before its rows"))
    }

    fn now(&mut self, node: &Node) -> io::Result<Option<Levels>> {
        self.columns.get_mut(node.leaves.start).map_or(Ok(None), Column::now)
    }

    /// Passes over what is absent in all of these columns.
    fn pass(&mut self, leaves: Range<usize>) {
        for i in leaves {
            if let (Some(column), Some(leaf)) = (self.columns.get_mut(i), self.leaves.get(i)) {
                column.advance(leaf, self.store);
            }
        }
    }

    /// The members that are there, as an object.
    fn members(&mut self, nodes: &[Node]) -> io::Result<()> {
        self.put(b"{");
        let mut is_first = true;
        for node in nodes {
            let before = self.out.len();
            if !is_first {
                self.put(b",");
            }
            self.put(&node.key);
            if self.node(node)? {
                is_first = false;
            } else {
                self.out.truncate(before);
            }
        }
        self.put(b"}");
        Ok(())
    }

    /// One column or group; `false` where it is null and nothing was written.
    fn node(&mut self, node: &Node) -> io::Result<bool> {
        let def = self.levels(node)?.def;
        if def < node.def {
            self.pass(node.leaves.clone());
            return Ok(false);
        }
        match &node.shape {
            Shape::Value => return self.value(node, &mut json::value),
            Shape::Group(nodes) => self.members(nodes)?,
            Shape::List { item, rep, element } => {
                self.put(b"[");
                self.items(node, *item, *rep, &mut |row| {
                    if !row.node(element)? {
                        row.put(b"null");
                    }
                    Ok(())
                })?;
                self.put(b"]");
            }
            Shape::Map { item, rep, key, value } => {
                self.put(b"{");
                self.items(node, *item, *rep, &mut |row| {
                    row.key(key)?;
                    if !row.node(value)? {
                        row.put(b"null");
                    }
                    Ok(())
                })?;
                self.put(b"}");
            }
        }
        Ok(true)
    }

    /// The items of a list or map, with commas between them.
    fn items(&mut self, node: &Node, item: u32, rep: u32, each: &mut dyn FnMut(&mut Self) -> io::Result<()>) -> io::Result<()> {
        if self.levels(node)?.def < item {
            self.pass(node.leaves.clone());
            return Ok(());
        }
        loop {
            each(self)?;
            match self.now(node)? {
                Some(levels) if levels.rep >= rep => self.put(b","),
                _ => return Ok(()),
            }
        }
    }

    /// The key of a map's item. One that is null or no simple value is empty.
    fn key(&mut self, node: &Node) -> io::Result<()> {
        if node.shape == Shape::Value && self.levels(node)?.def >= node.def {
            self.value(node, &mut |raw, leaf, out| {
                json::key(raw, leaf, out);
                true
            })?;
        } else {
            self.pass(node.leaves.clone());
            self.put(b"\"\":");
        }
        Ok(())
    }

    fn value(
        &mut self,
        node: &Node,
        write: &mut dyn FnMut(&super::values::Raw<'_>, &Leaf, &mut Vec<u8>) -> bool,
    ) -> io::Result<bool> {
        let i = node.leaves.start;
        let (Some(column), Some(leaf)) = (self.columns.get_mut(i), self.leaves.get(i)) else { return Ok(false) };
        let mut raw = column.value()?;
        if let super::values::Raw::Bytes(bytes) = &mut raw {
            // Enough to make the row too long for a line.
            *bytes = bytes.get(..ROW_MAX).unwrap_or(bytes);
        }
        let written = self.out.len() >= self.most || write(&raw, leaf, self.out);
        column.advance(leaf, self.store);
        Ok(written)
    }

    /// After a row every column must stand at the beginning of the next one.
    fn is_whole(&self) -> io::Result<()> {
        match self.columns.iter().any(Column::is_inside) {
            true => Err(damaged("its columns do not agree on where a row ends")),
            false => Ok(()),
        }
    }
}
