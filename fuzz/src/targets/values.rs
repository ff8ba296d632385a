//! What single values mean: times, numbers, addresses. Where there are two ways to see it, they agree.
use lakebed_core::value::{cidr, decimal, time, time_forms, token};
use std::cmp::Ordering;

pub fn run(data: &[u8]) {
    let _ = time::parse_event_time(data);
    let _ = time::parse_apache(data);
    let _ = time_forms::read_leading_time(data);
    let _ = time::parse_epoch(data);
    if let Some(ns) = time::parse_time(data) {
        assert_eq!(time::parse_time(time::format_rfc3339(ns).as_bytes()), Some(ns), "a printed time is read back");
    }
    if let Some((ns, digits)) = time::iso_form(data) {
        let mut text = Vec::new();
        time::write_iso(ns, digits, &mut text);
        assert_eq!(text, data, "the form says how to print it back");
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(network) = cidr::Network::parse(text)
        && let Some(address) = text.split('/').next().and_then(|first| cidr::parse_address(first.as_bytes()))
    {
        assert!(network.contains(address), "a network holds the address that it is written with");
    }
    if let Some(comma) = data.iter().position(|&byte| byte == b',') {
        let (a, b) = (&data[..comma], &data[comma + 1..]);
        if decimal::is_number(a) && decimal::is_number(b) {
            assert_eq!(decimal::compare(a, b), decimal::compare(b, a).reverse());
            assert_eq!(decimal::compare(a, a), Ordering::Equal);
            if let (Some(x), Some(y)) = (decimal::as_i64(a), decimal::as_i64(b)) {
                assert_eq!(decimal::compare(a, b), x.cmp(&y));
            }
        }
    }
    token::for_each_token(data, |token| assert!(!token.is_empty()));
}

pub fn seeds() -> Vec<Vec<u8>> {
    [
        "2026-01-15T10:14:02.123456789Z",
        "2026-01-15 10:14:02+02:00",
        "10/Oct/2000:13:55:36 -0700",
        "1688989507.123",
        "Mon, 10 Jul 2023 11:45:07 GMT",
        "2023-W28-1T11:45:07Z",
        "7/10/2023 11:45:07 AM",
        "/Date(1688989507000+0200)/",
        "10.0.0.0/8",
        "2001:db8::/32",
        "::ffff:10.1.2.3",
        "1.50,15e-1",
        "9007199254740993,9007199254740992",
        "-0,0e5",
        "user-admin 192.168.1.100 [$LATEST]",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
