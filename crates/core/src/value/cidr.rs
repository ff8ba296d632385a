//! Networks in CIDR notation, IPv4 and IPv6.
//!
//! An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) counts as its IPv4 address, on both sides. Bits after the prefix are
//! ignored (`10.1.2.3/8` is `10.0.0.0/8`); an address without a prefix is the network of that address alone. The zone of an
//! IPv6 address (`fe80::1%eth0`) is ignored. IPv4 octets with leading zeros are not addresses: some systems read them as octal.
use std::net::{IpAddr, Ipv6Addr};

/// The longest text form of an address without a zone, `ffff:…:255.255.255.255`.
const ADDRESS_BYTES_MAX: usize = 45;

/// A compiled network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    V4 { first: u32, mask: u32 },
    V6 { first: u128, mask: u128 },
}

impl Network {
    /// Reads `10.0.0.0/8`, `2001:db8::/32` or a single address. The error says what was wanted.
    ///
    /// ```
    /// use lakebed_core::value::cidr::Network;
    /// assert!(Network::parse("10.0.0.0/8").unwrap().contains_text(b"10.200.0.1"));
    /// assert_eq!(Network::parse("10.0.0.0/33").unwrap_err(), "prefix of '10.0.0.0/33' is not a number from 0 to 32");
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let (address_text, prefix_text) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let wanted = || format!("'{text}' is not a network such as '10.0.0.0/8' or '2001:db8::/32'");
        let address = parse_plain(address_text.as_bytes()).ok_or_else(wanted)?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix_text {
            None => bits,
            Some(prefix) => {
                let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
                let number = prefix.parse().ok().filter(|&number: &u32| digits && number <= bits);
                number.ok_or_else(|| format!("prefix of '{text}' is not a number from 0 to {bits}"))?
            }
        };
        Ok(Self::new(address, prefix))
    }

    fn new(address: IpAddr, prefix: u32) -> Self {
        match address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
                Self::V4 { first: address.to_bits() & mask, mask }
            }
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(mapped) if prefix >= 96 => Self::new(IpAddr::V4(mapped), prefix - 96),
                _ => {
                    let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
                    Self::V6 { first: address.to_bits() & mask, mask }
                }
            },
        }
    }

    /// Whether the text is an address in the network. Text that is no address is in none.
    #[inline]
    pub fn contains_text(&self, text: &[u8]) -> bool {
        parse_address(text).is_some_and(|address| self.contains(address))
    }

    /// Whether the network holds the address.
    #[inline]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self, address.to_canonical()) {
            (Self::V4 { first, mask }, IpAddr::V4(address)) => address.to_bits() & mask == *first,
            (Self::V6 { first, mask }, IpAddr::V6(address)) => address.to_bits() & mask == *first,
            // Only a network as wide as ::/0 holds the mapped addresses, and with them all of IPv4.
            (Self::V6 { first, mask }, IpAddr::V4(address)) => address.to_ipv6_mapped().to_bits() & mask == *first,
            (Self::V4 { .. }, IpAddr::V6(_)) => false,
        }
    }
}

/// The address that the whole text is, mapped addresses as IPv4.
pub fn parse_address(text: &[u8]) -> Option<IpAddr> {
    parse_plain(text).map(|address| address.to_canonical())
}

fn parse_plain(text: &[u8]) -> Option<IpAddr> {
    let first = *text.first()?;
    if !(first.is_ascii_hexdigit() || first == b':') {
        return None;
    }
    let zone = text.iter().position(|&byte| byte == b'%');
    let plain = &text[..zone.unwrap_or(text.len())];
    if plain.len() > ADDRESS_BYTES_MAX || zone.is_some_and(|at| at + 1 == text.len()) {
        return None;
    }
    let plain = std::str::from_utf8(plain).ok()?;
    match zone {
        None => plain.parse().ok(),
        Some(_) => plain.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: &str, text: &str) -> bool {
        Network::parse(network).expect("a network").contains_text(text.as_bytes())
    }

    #[test]
    fn ipv4() {
        assert!(holds("10.0.0.0/8", "10.0.0.0"));
        assert!(holds("10.0.0.0/8", "10.255.255.255"));
        assert!(!holds("10.0.0.0/8", "11.0.0.0"));
        assert!(holds("10.1.2.3/8", "10.9.9.9"));
        assert!(holds("0.0.0.0/0", "255.255.255.255"));
        assert!(holds("1.2.3.4", "1.2.3.4"));
        assert!(!holds("1.2.3.4/32", "1.2.3.5"));
        for text in [
            "",
            "10",
            "10.0.0",
            "10.0.0.0.0",
            "10.0.0.256",
            "010.0.0.1",
            " 10.0.0.1",
            "10.0.0.1:80",
            "host",
            "10.0.0.1%e",
        ] {
            assert!(!holds("0.0.0.0/0", text), "{text}");
        }
    }

    #[test]
    fn ipv6_and_mapped() {
        assert!(holds("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(holds("2001:db8::/32", "2001:0DB8::1"));
        assert!(!holds("2001:db8::/32", "2001:db9::1"));
        assert!(holds("fe80::/10", "fe80::1%eth0"));
        assert!(!holds("fe80::/10", "fe80::1%"));
        assert!(holds("10.0.0.0/8", "::ffff:10.1.1.1"));
        assert!(holds("::ffff:10.0.0.0/104", "10.1.1.1"));
        assert!(!holds("10.0.0.0/8", "::1"));
        assert!(!holds("2001:db8::/32", "10.0.0.1"));
        assert!(holds("::/0", "10.0.0.1"));
        assert!(holds("::/0", "::1"));
    }

    #[test]
    fn errors_say_what_was_wanted() {
        let wanted = |text: &str| format!("'{text}' is not a network such as '10.0.0.0/8' or '2001:db8::/32'");
        for text in ["", "10.0.0/8", "x", "/8", "10.0.0.0.0/8"] {
            assert_eq!(Network::parse(text), Err(wanted(text)));
        }
        for (text, bits) in
            [("10.0.0.0/33", 32), ("10.0.0.0/", 32), ("10.0.0.0/+8", 32), ("::/129", 128), ("::/x", 128)]
        {
            let error = format!("prefix of '{text}' is not a number from 0 to {bits}");
            assert_eq!(Network::parse(text), Err(error));
        }
    }
}
