//! The columns of a Parquet file as a tree, with the levels at which something is there.
//!
//! Reference: Apache Parquet, "Nested Encoding" (after Melnik et al., "Dremel", VLDB 2010, section 4)
//! and "LogicalTypes" for lists and maps, their older shapes included.

use super::footer::{Element, Meaning};
use super::{damaged, refused};
use std::io;
use std::ops::Range;

/// Groups in groups that are followed. Real schemas have two to six levels.
const DEPTH_MAX: usize = 32;

/// How values of a column lie in a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Physical {
    Boolean,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    Bytes,
    Fixed(usize),
}

impl Physical {
    fn numbered(element: &Element) -> Option<Self> {
        Some(match element.physical? {
            0 => Physical::Boolean,
            1 => Physical::Int32,
            2 => Physical::Int64,
            3 => Physical::Int96,
            4 => Physical::Float,
            5 => Physical::Double,
            6 => Physical::Bytes,
            7 => Physical::Fixed(usize::try_from(element.length).ok().filter(|n| *n > 0)?),
            _ => return None,
        })
    }

    /// Bytes of a value, where they are fixed.
    pub(super) const fn size(self) -> Option<usize> {
        match self {
            Physical::Int32 | Physical::Float => Some(4),
            Physical::Int64 | Physical::Double => Some(8),
            Physical::Int96 => Some(12),
            Physical::Fixed(n) => Some(n),
            Physical::Boolean | Physical::Bytes => None,
        }
    }
}

/// A column that holds values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// Names from the root, joined by points: for messages.
    pub(super) path: String,
    pub(super) physical: Physical,
    /// The number of the physical type, as row groups repeat it.
    pub(super) number: i32,
    pub(super) meaning: Meaning,
    /// Level at which a value is there, and how many lists it lies in.
    pub(super) def_max: u32,
    pub(super) rep_max: u32,
}

/// A column or a group of columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// The name as a JSON key with its colon.
    pub(super) key: Vec<u8>,
    /// Definition level at which it is not null.
    pub(super) def: u32,
    /// The leaves in it; never empty.
    pub(super) leaves: Range<usize>,
    pub(super) shape: Shape,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The leaf itself.
    Value,
    Group(Vec<Node>),
    /// Items are there from definition level `item` on; a repetition level of `rep` or more goes on.
    List {
        item: u32,
        rep: u32,
        element: Box<Node>,
    },
    Map {
        item: u32,
        rep: u32,
        key: Box<Node>,
        value: Box<Node>,
    },
}

/// The schema.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    pub(super) columns: Vec<Node>,
    pub(super) leaves: Vec<Leaf>,
}

impl Schema {
    /// Makes the tree of its list of elements, the first of which is the root.
    pub(super) fn of(elements: &[Element]) -> io::Result<Self> {
        let mut builder = Builder { elements, at: 0, leaves: Vec::new(), path: Vec::new() };
        let root = builder.next()?;
        let columns = builder.children(root, Levels::default())?;
        if builder.leaves.is_empty() {
            return Err(refused("it has no columns"));
        }
        Ok(Schema { columns, leaves: builder.leaves })
    }
}

#[derive(Clone, Copy, Default)]
struct Levels {
    def: u32,
    rep: u32,
}

struct Builder<'e> {
    elements: &'e [Element],
    at: usize,
    leaves: Vec<Leaf>,
    path: Vec<&'e str>,
}

impl<'e> Builder<'e> {
    fn next(&mut self) -> io::Result<&'e Element> {
        let element = self.elements.get(self.at).ok_or_else(|| damaged("its schema ends too early"))?;
        self.at += 1;
        Ok(element)
    }

    fn children(&mut self, of: &'e Element, levels: Levels) -> io::Result<Vec<Node>> {
        let mut nodes = Vec::new();
        for _ in 0..of.children {
            nodes.push(self.node(levels)?);
        }
        Ok(nodes)
    }

    /// The next element with what is below it. One that repeats by itself is a list without a name for
    /// its elements.
    fn node(&mut self, above: Levels) -> io::Result<Node> {
        let element = self.next()?;
        match element.repetition {
            0 => self.content(element, above),
            1 => self.content(element, Levels { def: above.def + 1, ..above }),
            2 => {
                let inner = Levels { def: above.def + 1, rep: above.rep + 1 };
                let content = self.content(element, inner)?;
                let (key, leaves) = (content.key.clone(), content.leaves.clone());
                let shape = Shape::List { item: inner.def, rep: inner.rep, element: Box::new(content) };
                Ok(Node { key, def: above.def, leaves, shape })
            }
            _ => Err(damaged("a column is neither required nor optional nor repeated")),
        }
    }

    /// What an element holds, `levels` being those at which it is there.
    fn content(&mut self, element: &'e Element, levels: Levels) -> io::Result<Node> {
        if self.path.len() >= DEPTH_MAX {
            return Err(refused(format!("columns in more than {DEPTH_MAX} groups are not read")));
        }
        self.path.push(&element.name);
        let first = self.leaves.len();
        let shape = if element.physical.is_some() || element.children <= 0 {
            self.leaf(element, levels)?;
            Shape::Value
        } else {
            self.group(element, levels)?
        };
        self.path.pop();
        let leaves = first..self.leaves.len();
        if leaves.is_empty() {
            return Err(damaged("a group has no columns"));
        }
        Ok(Node { key: key(&element.name), def: levels.def, leaves, shape })
    }

    fn leaf(&mut self, element: &Element, levels: Levels) -> io::Result<()> {
        let physical = Physical::numbered(element).ok_or_else(|| damaged("a column has no type"))?;
        self.leaves.push(Leaf {
            path: self.path.join("."),
            physical,
            number: element.physical.unwrap_or_default(),
            meaning: element.meaning,
            def_max: levels.def,
            rep_max: levels.rep,
        });
        Ok(())
    }

    fn group(&mut self, element: &'e Element, levels: Levels) -> io::Result<Shape> {
        let wrapper = self.elements.get(self.at).filter(|e| element.children == 1 && e.repetition == 2);
        let item = Levels { def: levels.def + 1, rep: levels.rep + 1 };
        match (element.meaning, wrapper) {
            (Meaning::List, Some(wrapper)) => {
                let is_element = wrapper.physical.is_some()
                    || wrapper.children != 1
                    || wrapper.name == "array"
                    || wrapper.name.strip_suffix("_tuple") == Some(&element.name);
                self.at += 1;
                let element = if is_element { self.content(wrapper, item)? } else { self.node(item)? };
                Ok(Shape::List { item: item.def, rep: item.rep, element: Box::new(element) })
            }
            (Meaning::Map, Some(wrapper)) if wrapper.physical.is_none() && wrapper.children == 2 => {
                self.at += 1;
                let (key, value) = (self.node(item)?, self.node(item)?);
                Ok(Shape::Map { item: item.def, rep: item.rep, key: Box::new(key), value: Box::new(value) })
            }
            _ => self.children(element, levels).map(Shape::Group),
        }
    }
}

/// A JSON key with its colon.
fn key(name: &str) -> Vec<u8> {
    let mut key = Vec::new();
    super::json::text(name.as_bytes(), &mut key);
    key.push(b':');
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, repetition: i32, children: i32, meaning: Meaning) -> Element {
        Element { name: name.into(), repetition, children, meaning, ..Element::default() }
    }

    fn leaf(name: &str, repetition: i32) -> Element {
        Element { name: name.into(), physical: Some(6), repetition, ..Element::default() }
    }

    /// The tree in short: `name@level` for what is there from that level on.
    fn short(node: &Node) -> String {
        let key = String::from_utf8_lossy(&node.key).replace(['"', ':'], "");
        let all = |nodes: &[Node]| nodes.iter().map(short).collect::<Vec<_>>().join(" ");
        let inner = match &node.shape {
            Shape::Value => String::new(),
            Shape::Group(nodes) => format!("{{{}}}", all(nodes)),
            Shape::List { item, rep, element } => format!("[{item}/{rep} {}]", short(element)),
            Shape::Map { item, rep, key, value } => format!("<{item}/{rep} {} {}>", short(key), short(value)),
        };
        format!("{key}@{}{inner}", node.def)
    }

    fn tree(elements: Vec<Element>) -> String {
        let n = i32::try_from(elements.iter().filter(|e| e.name.starts_with(char::is_uppercase)).count()).expect("few");
        let all: Vec<Element> = [group("root", 0, n, Meaning::Plain)].into_iter().chain(elements).collect();
        Schema::of(&all).expect("a schema").columns.iter().map(short).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn levels_follow_the_published_examples() {
        assert_eq!(tree(vec![leaf("A", 0), leaf("B", 1)]), "A@0 B@1");
        assert_eq!(tree(vec![group("G", 1, 2, Meaning::Plain), leaf("x", 1), leaf("y", 0)]), "G@1{x@2 y@1}");
        // The Dremel paper's `repeated group Name { repeated group Language { required Code } }`.
        let dremel = vec![group("Name", 2, 1, Meaning::Plain), group("language", 2, 1, Meaning::Plain), leaf("code", 0)];
        assert_eq!(tree(dremel), "Name@0[1/1 Name@1{language@1[2/2 language@2{code@2}]}]");
        let three = vec![group("L", 1, 1, Meaning::List), group("list", 2, 1, Meaning::Plain), leaf("element", 1)];
        assert_eq!(tree(three), "L@1[2/1 element@3]");
        let two = vec![group("L", 1, 1, Meaning::List), leaf("element", 2)];
        assert_eq!(tree(two), "L@1[2/1 element@2]");
        let tuple = vec![group("L", 0, 1, Meaning::List), group("L_tuple", 2, 1, Meaning::Plain), leaf("x", 0)];
        // The wrapper begins with a capital too, but hangs below `L`.
        let all: Vec<Element> = [group("root", 0, 1, Meaning::Plain)].into_iter().chain(tuple).collect();
        assert_eq!(short(&Schema::of(&all).expect("a schema").columns[0]), "L@0[1/1 L_tuple@1{x@1}]");
        let map =
            vec![group("M", 1, 1, Meaning::Map), group("key_value", 2, 2, Meaning::Plain), leaf("key", 0), leaf("value", 1)];
        assert_eq!(tree(map), "M@1<2/1 key@2 value@3>");
    }

    #[test]
    fn schemas_that_cannot_be_are_refused() {
        let wide = group("root", 0, i32::MAX, Meaning::Plain);
        let deep: Vec<Element> = (0..100_000).map(|_| group("g", 1, 1, Meaning::Plain)).collect();
        for (elements, why) in [
            (vec![], "ends too early"),
            (vec![wide.clone(), leaf("a", 0)], "ends too early"),
            (vec![group("root", 0, 0, Meaning::Plain)], "no columns"),
            (vec![group("root", 0, 1, Meaning::Plain), leaf("a", 7)], "neither required"),
            (vec![group("root", 0, 1, Meaning::Plain), group("g", 0, 0, Meaning::Plain)], "no type"),
            (deep, "more than 32"),
        ] {
            let error = Schema::of(&elements).expect_err(why);
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}
