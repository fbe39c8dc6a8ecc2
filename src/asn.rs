//! Who routes an address: a table of address ranges and autonomous systems, as iptoasn.com gives it
//! (`start end number country name`, tab-separated, plain or gzip).

use crate::error::{Error, Result};
use flate2::read::MultiGzDecoder;
use std::io::Read;
use std::net::IpAddr;

/// Most bytes of the table once unpacked; the whole public one has 35 MB.
pub const SIZE_MAX: u64 = 256 << 20;

/// One range: first and last address as numbers (IPv4 mapped into IPv6), and the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Range {
    first: u128,
    last: u128,
    asn: u32,
}

/// Ranges in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsnTable {
    ranges: Vec<Range>,
    names: std::collections::BTreeMap<u32, String>,
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(four) => u128::from(four.to_ipv6_mapped()),
        IpAddr::V6(six) => u128::from(six),
    }
}

impl AsnTable {
    /// Reads a table, unpacking it where it begins as gzip does. `path` is for messages.
    ///
    /// # Errors
    /// [`Error::Usage`] where it cannot be unpacked, is larger than [`SIZE_MAX`], or holds a line that
    /// is no range; the message names the line.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<AsnTable> {
        let mut text = String::new();
        let wrong = |why: String| Error::Usage(format!("{path}: {why}"));
        let limit = SIZE_MAX + 1;
        let read = if bytes.starts_with(&[0x1f, 0x8b]) {
            MultiGzDecoder::new(bytes).take(limit).read_to_string(&mut text)
        } else {
            bytes.take(limit).read_to_string(&mut text)
        };
        let n = read.map_err(|e| wrong(format!("the table cannot be read: {e}")))?;
        if n as u64 > SIZE_MAX {
            return Err(wrong(format!("the table is larger than {} MiB", SIZE_MAX >> 20)));
        }
        let mut table = AsnTable::default();
        for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#')) {
            let mut fields = line.split('\t');
            let mut next = || fields.next().unwrap_or_default().trim();
            let (first, last, asn) = (next().parse::<IpAddr>(), next().parse::<IpAddr>(), next().parse::<u32>());
            let (Ok(first), Ok(last), Ok(asn)) = (first, last, asn) else {
                return Err(wrong(format!("line {} is no `start<tab>end<tab>number<tab>country<tab>name`", i + 1)));
            };
            let _country = next();
            // 0 stands for addresses that nobody routes.
            if asn != 0 {
                table.names.entry(asn).or_insert_with(|| next().chars().take(60).collect());
                table.ranges.push(Range { first: number(first), last: number(last), asn });
            }
        }
        table.ranges.sort_unstable();
        Ok(table)
    }

    /// The system that routes the address, as `AS64500`; with its name where the table gives one.
    #[must_use]
    pub fn named(&self, address: IpAddr) -> Option<String> {
        let asn = self.find(address)?;
        let name = self.names.get(&asn).filter(|n| !n.is_empty());
        Some(name.map_or_else(|| format!("AS{asn}"), |name| format!("AS{asn} {name}")))
    }

    fn find(&self, address: IpAddr) -> Option<u32> {
        let at = number(address);
        let after = self.ranges.partition_point(|r| r.first <= at);
        let range = self.ranges.get(after.checked_sub(1)?)?;
        (at <= range.last).then_some(range.asn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const TEXT: &str = "198.51.100.0\t198.51.100.255\t64500\tNL\tEXAMPLE-ONE\n\
        203.0.113.0\t203.0.113.127\t64501\tUS\tEXAMPLE-TWO\n10.0.0.0\t10.255.255.255\t0\tNone\tNot routed\n\
        2001:db8::\t2001:db8:ffff:ffff:ffff:ffff:ffff:ffff\t64502\tDE\t\n";

    fn named(table: &AsnTable, address: &str) -> Option<String> {
        table.named(address.parse().expect("an address"))
    }

    #[test]
    fn addresses_are_found_in_their_range_and_nowhere_else() {
        let table = AsnTable::parse("t", TEXT.as_bytes()).expect("a table");
        for (address, want) in [
            ("198.51.100.7", Some("AS64500 EXAMPLE-ONE")),
            ("203.0.113.127", Some("AS64501 EXAMPLE-TWO")),
            ("203.0.113.128", None),
            ("10.1.1.1", None),
            ("2001:db8::1", Some("AS64502")),
            ("1.1.1.1", None),
        ] {
            assert_eq!(named(&table, address).as_deref(), want, "{address}");
        }
    }

    #[test]
    fn a_packed_table_reads_as_the_plain_one() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(TEXT.as_bytes()).expect("in memory");
        let packed = packed.finish().expect("in memory");
        assert_eq!(AsnTable::parse("t", &packed).ok(), AsnTable::parse("t", TEXT.as_bytes()).ok());
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_line() {
        let message =
            AsnTable::parse("asn.tsv", b"198.51.100.0\t198.51.100.255\t64500\nhello\n").expect_err("no table").to_string();
        assert!(message.contains("asn.tsv") && message.contains("line 2"), "{message}");
    }
}
