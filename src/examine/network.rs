//! Networks of clients: the parts of the internet that an address belongs to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network: /24 of IPv4 or /48 of IPv6, the smallest that are routed on the public internet; or
/// the /16 or /32 around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(u64);

/// Marks IPv6; the low 48 bits are the address's first ones.
const SIX: u64 = 1 << 63;
/// Marks the wide kind.
const WIDE: u64 = 1 << 62;

impl Network {
    /// The /24 or /48 of a client, if its name is an address. IPv4 inside IPv6 is IPv4.
    #[must_use]
    pub fn of(client: &[u8]) -> Option<Network> {
        let address: IpAddr = std::str::from_utf8(client).ok()?.parse().ok()?;
        Some(match address.to_canonical() {
            IpAddr::V4(four) => Network(u64::from(u32::from(four) >> 8)),
            IpAddr::V6(six) => Network(SIX | (u128::from(six) >> 80) as u64),
        })
    }

    /// The /16 or /32 around it.
    #[must_use]
    pub const fn wide(self) -> Network {
        let bits = self.0 & !(SIX | WIDE);
        if self.0 & SIX == 0 { Network(WIDE | (bits >> 8)) } else { Network(SIX | WIDE | (bits >> 16)) }
    }

    /// Its first address.
    #[must_use]
    pub fn first(self) -> IpAddr {
        let bits = self.0 & !(SIX | WIDE);
        let wide = self.0 & WIDE != 0;
        if self.0 & SIX == 0 {
            let address = (bits as u32) << if wide { 16 } else { 8 };
            IpAddr::V4(Ipv4Addr::from(address))
        } else {
            IpAddr::V6(Ipv6Addr::from(u128::from(bits) << if wide { 96 } else { 80 }))
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = match (self.0 & SIX != 0, self.0 & WIDE != 0) {
            (false, false) => 24,
            (false, true) => 16,
            (true, false) => 48,
            (true, true) => 32,
        };
        write!(f, "{}/{length}", self.first())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_lies_in_its_small_and_in_its_wide_network() {
        for (client, small, wide) in [
            ("198.51.100.7", "198.51.100.0/24", "198.51.0.0/16"),
            ("::ffff:198.51.100.7", "198.51.100.0/24", "198.51.0.0/16"),
            ("2001:db8:7:8::9", "2001:db8:7::/48", "2001:db8::/32"),
        ] {
            let n = Network::of(client.as_bytes()).expect("an address");
            assert_eq!([n.to_string(), n.wide().to_string()], [small, wide]);
        }
        for nobody in ["", "-", "c0ffee", "198.51.100.7:80"] {
            assert_eq!(Network::of(nobody.as_bytes()), None, "{nobody}");
        }
    }
}
