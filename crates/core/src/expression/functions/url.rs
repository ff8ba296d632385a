//! Parts of URLs, split as RFC 3986 says, without a look at whether they make sense.
use super::super::value::Value;
use super::hex::{bounded, lossy};
use super::{Function, Plain, Run, or_null};
use memchr::{memchr, memchr2, memmem};

/// Second levels under which countries register names.
const SECOND_LEVELS: [&str; 12] = ["ac", "co", "com", "edu", "go", "gob", "gov", "mil", "ne", "net", "or", "org"];

const fn unary(
    name: &'static str,
    doc: &'static str,
    examples: &'static [(&'static str, &'static str)],
    run: Plain,
) -> Function {
    Function { name, parameters: "text", least: 1, most: 1, doc, examples, run: Run::Plain(run) }
}

pub const FUNCTIONS: &[Function] = &[
    unary(
        "url.encode",
        "The text with every byte but letters, digits, `-`, `.`, `_` and `~` as `%XX`.",
        &[("url.encode(\"a b/ü\")", "\"a%20b%2F%C3%BC\"")],
        |x| or_null(x[0].text().map(encode)),
    ),
    unary(
        "url.decode",
        "The text with `%XX` as the bytes they are; bytes that are no UTF-8 become U+FFFD. What is no `%XX`, and `+`, stays.",
        &[("url.decode(\"a%20b%2f%zz+\")", "\"a b/%zz+\"")],
        |x| or_null(x[0].text().map(|text| lossy(decoded(text, false)))),
    ),
    unary("url.scheme", "The scheme, in lower case.", &[("url.scheme(\"HTTPS://a.b/c\")", "\"https\"")], |x| {
        part(x, |url| url.scheme.map(|scheme| scheme.to_ascii_lowercase()))
    }),
    unary(
        "url.host",
        "The host, in lower case, without the port, the user, and the brackets of an IPv6 address.",
        &[
            ("url.host(\"https://bob@Example.com:8443/a?b\")", "\"example.com\""),
            ("url.host(\"/only/a/path\")", "null"),
        ],
        |x| part(x, |url| url.host().map(<[u8]>::to_ascii_lowercase)),
    ),
    unary(
        "url.port",
        "The port, where one is given.",
        &[("url.port(\"http://a:8080/\")", "8080"), ("url.port(\"http://a/\")", "null")],
        |x| {
            let port = |url: Url<'_>| std::str::from_utf8(url.port()?).ok()?.parse::<u16>().ok();
            or_null(x[0].text().and_then(|text| port(Url::split(text))).map(Value::integer))
        },
    ),
    unary("url.path", "The path, as it is written.", &[("url.path(\"https://a.b/c%20d/?e#f\")", "\"/c%20d/\"")], |x| {
        part(x, |url| Some(url.path.to_vec()))
    }),
    unary(
        "url.query",
        "What stands behind `?`, as it is written.",
        &[("url.query(\"/a?b=1&c=2#d\")", "\"b=1&c=2\"")],
        |x| part(x, |url| url.query.map(<[u8]>::to_vec)),
    ),
    Function {
        name: "url.parameter",
        parameters: "text, name",
        least: 2,
        most: 2,
        doc: "The decoded value of the first parameter of that name in the query; `+` is a space there.",
        examples: &[
            ("url.parameter(\"https://a/?q=x+y%21&q=2\", \"q\")", "\"x y!\""),
            ("url.parameter(\"/a?b\", \"b\")", "\"\""),
            ("url.parameter(\"/a\", \"b\")", "null"),
        ],
        run: Run::Plain(|x| or_null(parameter(x))),
    },
    unary(
        "url.domain",
        "The domain that was registered: the last two labels of the host, three under second levels of countries such as `co.uk`. \
         A rule of thumb, not the list of public suffixes. Null for addresses. A text without `/` is taken as a host.",
        &[
            ("url.domain(\"https://www.mail.example.co.uk/x\")", "\"example.co.uk\""),
            ("url.domain(\"a.b.example.com\")", "\"example.com\""),
            ("url.domain(\"http://10.0.0.1/\")", "null"),
        ],
        |x| or_null(domain(x)),
    ),
];

/// The parts, as they are written.
#[derive(Debug, Default)]
struct Url<'a> {
    scheme: Option<&'a [u8]>,
    authority: Option<&'a [u8]>,
    path: &'a [u8],
    query: Option<&'a [u8]>,
}

impl<'a> Url<'a> {
    fn split(text: &'a [u8]) -> Self {
        let text = memchr(b'#', text).map_or(text, |at| &text[..at]);
        let (text, query) = match memchr(b'?', text) {
            Some(at) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        let is_scheme = |scheme: &[u8]| {
            let rest = scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
            scheme.first().is_some_and(u8::is_ascii_alphabetic) && rest
        };
        let (scheme, text) = match memchr2(b':', b'/', text) {
            Some(at) if text[at] == b':' && is_scheme(&text[..at]) => (Some(&text[..at]), &text[at + 1..]),
            _ => (None, text),
        };
        let (authority, path) = match text.strip_prefix(b"//") {
            Some(rest) => {
                let end = memchr(b'/', rest).unwrap_or(rest.len());
                (Some(&rest[..end]), &rest[end..])
            }
            None => (None, text),
        };
        Self { scheme, authority, path, query }
    }

    /// Host and port as they are written together.
    fn host_port(&self) -> Option<&'a [u8]> {
        let authority = self.authority?;
        Some(memchr::memrchr(b'@', authority).map_or(authority, |at| &authority[at + 1..]))
    }

    fn host(&self) -> Option<&'a [u8]> {
        let both = self.host_port()?;
        let host = match both.strip_prefix(b"[") {
            Some(rest) => &rest[..memchr(b']', rest).unwrap_or(rest.len())],
            None => &both[..memchr(b':', both).unwrap_or(both.len())],
        };
        (!host.is_empty()).then_some(host)
    }

    fn port(&self) -> Option<&'a [u8]> {
        let both = self.host_port()?;
        let behind = match both.strip_prefix(b"[") {
            Some(rest) => &rest[memchr(b']', rest)? + 1..],
            None => both,
        };
        let port = &behind[memchr(b':', behind)? + 1..];
        port.iter().all(u8::is_ascii_digit).then_some(port)
    }
}

fn part<'a>(x: &[Value<'a>], part: impl Fn(Url<'_>) -> Option<Vec<u8>>) -> Value<'a> {
    or_null(x[0].text().and_then(|text| part(Url::split(text))).map(Value::owned_text))
}

fn encode<'a>(text: &[u8]) -> Value<'a> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    bounded(&out)
}

fn decoded(text: &[u8], plus_is_space: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let digit = |at: usize| text.get(at).and_then(|&byte| (byte as char).to_digit(16));
    let mut at = 0;
    while at < text.len() {
        match (text[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high << 4 | low) as u8);
                at += 3;
                continue;
            }
            (b'+', _, _) if plus_is_space => out.push(b' '),
            (byte, _, _) => out.push(byte),
        }
        at += 1;
    }
    out
}

fn parameter<'a>(x: &[Value<'a>]) -> Option<Value<'a>> {
    let (query, name) = (Url::split(x[0].text()?).query?, x[1].text()?);
    let found = query.split(|&byte| byte == b'&').find_map(|pair| {
        let (key, value) = match memchr(b'=', pair) {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        (decoded(key, true) == name).then_some(value)
    });
    found.map(|value| lossy(decoded(value, true)))
}

fn domain<'a>(x: &[Value<'a>]) -> Option<Value<'a>> {
    let text = x[0].text()?;
    let is_url = memmem::find(text, b"/").is_some();
    let host = if is_url { Url::split(text).host()? } else { text };
    let host = String::from_utf8_lossy(host.strip_suffix(b".").unwrap_or(host)).to_ascii_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    let is_name = |label: &&str| {
        !label.is_empty() && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-' || letter == '_')
    };
    let is_address = labels.last()?.bytes().all(|byte| byte.is_ascii_digit());
    if labels.len() < 2 || is_address || !labels.iter().all(is_name) {
        return None;
    }
    let of_country = labels[labels.len() - 1].len() == 2 && SECOND_LEVELS.contains(&labels[labels.len() - 2]);
    let wanted = if of_country { 3 } else { 2 };
    (labels.len() >= wanted).then(|| Value::owned_text(labels[labels.len() - wanted..].join(".")))
}
