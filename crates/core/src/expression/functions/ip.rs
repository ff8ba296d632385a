//! Addresses and networks, IPv4 and IPv6. An IPv4-mapped IPv6 address counts as its IPv4 address.
use super::super::number::Number;
use super::super::value::Value;
use super::{ANY, Function, Plain, Ready, Run, or_null, truth};
use crate::value::cidr::{Network, parse_address};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

/// RFC 1918, and unique local addresses (RFC 4193).
const PRIVATE: [&str; 4] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

/// What no packet of the open internet has: the special-purpose registries of IANA, and multicast.
const NOT_PUBLIC: [&str; 22] = [
    "0.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

static PRIVATE_NETWORKS: LazyLock<Vec<Network>> = LazyLock::new(|| networks(&PRIVATE));
static SPECIAL_NETWORKS: LazyLock<Vec<Network>> = LazyLock::new(|| networks(&NOT_PUBLIC));

fn networks(texts: &[&str]) -> Vec<Network> {
    texts.iter().filter_map(|text| Network::parse(text).ok()).collect()
}

const fn unary(
    name: &'static str,
    doc: &'static str,
    examples: &'static [(&'static str, &'static str)],
    run: Plain,
) -> Function {
    Function { name, parameters: "address", least: 1, most: 1, doc, examples, run: Run::Plain(run) }
}

pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "ip.in",
        parameters: "address, network, …",
        least: 2,
        most: ANY,
        doc: "Whether the address is in one of the networks (`10.0.0.0/8`, `2001:db8::/32`, or a single address).",
        examples: &[
            ("ip.in(\"10.1.2.3\", \"192.168.0.0/16\", \"10.0.0.0/8\")", "true"),
            ("ip.in(\"8.8.8.8\", \"10.0.0.0/8\")", "false"),
            ("ip.in(\"host\", \"10.0.0.0/8\")", "null"),
        ],
        run: Run::Prepared(|constants| {
            let network = |constant: &Option<&Value<'static>>| match constant {
                Some(Value::Text(text)) => Network::parse(&String::from_utf8_lossy(text)).map(Some),
                _ => Ok(None),
            };
            Ok(Box::new(In(constants[1..].iter().map(network).collect::<Result<_, _>>()?)))
        }),
    },
    unary(
        "ip.is_valid",
        "Whether the text is an address.",
        &[("ip.is_valid(\"::1\")", "true"), ("ip.is_valid(\"1.2.3\")", "false")],
        |x| truth(x[0].text().map(|text| parse_address(text).is_some())),
    ),
    unary(
        "ip.is_private",
        "Whether the address is of a private network: 10/8, 172.16/12, 192.168/16, fc00::/7.",
        &[("ip.is_private(\"192.168.1.1\")", "true"), ("ip.is_private(\"8.8.8.8\")", "false")],
        |x| test(x, is_private),
    ),
    unary(
        "ip.is_public",
        "Whether the address is one of the open internet: not private, loopback, link-local, multicast, shared, documentation or \
         reserved.",
        &[("ip.is_public(\"8.8.8.8\")", "true"), ("ip.is_public(\"169.254.169.254\")", "false")],
        |x| {
            test(x, |address| !is_private(address) && !SPECIAL_NETWORKS.iter().any(|network| network.contains(address)))
        },
    ),
    unary(
        "ip.is_loopback",
        "Whether the address is the machine itself: 127/8, ::1.",
        &[("ip.is_loopback(\"127.0.0.1\")", "true")],
        |x| test(x, |address| address.is_loopback()),
    ),
    unary("ip.version", "4 or 6.", &[("ip.version(\"::1\")", "6"), ("ip.version(\"::ffff:1.2.3.4\")", "4")], |x| {
        or_null(address(&x[0]).map(|address| Value::integer(if address.is_ipv4() { 4 } else { 6 })))
    }),
    Function {
        name: "ip.network",
        parameters: "address, prefix",
        least: 2,
        most: 2,
        doc: "The network of that prefix that the address is in.",
        examples: &[
            ("ip.network(\"10.1.2.3\", 16)", "\"10.1.0.0/16\""),
            ("ip.network(\"2001:db8::1\", 32)", "\"2001:db8::/32\""),
        ],
        run: Run::Plain(|x| or_null(network_of(x))),
    },
    unary("ip.to_number", "The address as an integer.", &[("ip.to_number(\"10.0.0.1\")", "167772161")], |x| {
        or_null(address(&x[0]).map(|address| match address {
            IpAddr::V4(address) => Value::integer(address.to_bits()),
            IpAddr::V6(address) => unsigned(address.to_bits()),
        }))
    }),
    Function {
        name: "ip.from_number",
        parameters: "number",
        least: 1,
        most: 1,
        doc: "The address that the integer is: IPv4 below 2^32, else IPv6.",
        examples: &[("ip.from_number(167772161)", "\"10.0.0.1\""), ("ip.from_number(-1)", "null")],
        run: Run::Plain(|x| or_null(x[0].number().and_then(from_number))),
    },
];

/// None for what is no address.
fn address(value: &Value<'_>) -> Option<IpAddr> {
    parse_address(value.text()?)
}

fn test<'a>(x: &[Value<'a>], test: impl Fn(IpAddr) -> bool) -> Value<'a> {
    truth(address(&x[0]).map(test))
}

fn is_private(address: IpAddr) -> bool {
    PRIVATE_NETWORKS.iter().any(|network| network.contains(address))
}

/// The networks; None for those that depend on the event.
struct In(Vec<Option<Network>>);

impl Ready for In {
    fn run<'a>(&'a self, x: &mut [Value<'a>]) -> Value<'a> {
        let Some(address) = address(&x[0]) else { return Value::Null };
        let mut is_unknown = false;
        for (ready, own) in self.0.iter().zip(&x[1..]) {
            let network = ready.or_else(|| Network::parse(&own.string()?).ok());
            match network {
                Some(network) if network.contains(address) => return Value::Bool(true),
                Some(_) => {}
                None => is_unknown = true,
            }
        }
        truth((!is_unknown).then_some(false))
    }
}

fn network_of<'a>(x: &[Value<'a>]) -> Option<Value<'a>> {
    let prefix = u32::try_from(x[1].as_i64()?).ok()?;
    let text = match address(&x[0])? {
        IpAddr::V4(address) if prefix <= 32 => {
            let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
            format!("{}/{prefix}", Ipv4Addr::from_bits(address.to_bits() & mask))
        }
        IpAddr::V6(address) if prefix <= 128 => {
            let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
            format!("{}/{prefix}", Ipv6Addr::from_bits(address.to_bits() & mask))
        }
        _ => return None,
    };
    Some(Value::owned_text(text))
}

/// Half of the IPv6 addresses do not fit i128.
fn unsigned<'a>(number: u128) -> Value<'a> {
    Value::Number(Number::from_text(number.to_string().as_bytes()).into_owned())
}

fn from_number<'a>(number: &Number<'_>) -> Option<Value<'a>> {
    let number: u128 = std::str::from_utf8(&number.canonical()).ok()?.parse().ok()?;
    Some(Value::owned_text(match u32::try_from(number) {
        Ok(number) => Ipv4Addr::from_bits(number).to_string(),
        Err(_) => Ipv6Addr::from_bits(number).to_string(),
    }))
}
