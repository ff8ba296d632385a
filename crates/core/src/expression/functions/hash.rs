//! Digests of a text's bytes, as lower-case hexadecimal digits.
use super::super::value::Value;
use super::hex::to_hex;
use super::{Function, Run, or_null};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

const fn digest(
    name: &'static str,
    doc: &'static str,
    examples: &'static [(&'static str, &'static str)],
    run: super::Plain,
) -> Function {
    Function { name, parameters: "text", least: 1, most: 1, doc, examples, run: Run::Plain(run) }
}

pub const FUNCTIONS: &[Function] = &[
    digest(
        "hash.md5",
        "The MD5 digest; for comparing with lists of indicators, not for secrets.",
        &[("hash.md5(\"abc\")", "\"900150983cd24fb0d6963f7d28e17f72\"")],
        |x| of::<Md5>(x),
    ),
    digest(
        "hash.sha1",
        "The SHA-1 digest; for comparing with lists of indicators, not for secrets.",
        &[("hash.sha1(\"abc\")", "\"a9993e364706816aba3e25717850c26c9cd0d89d\"")],
        |x| of::<Sha1>(x),
    ),
    digest(
        "hash.sha256",
        "The SHA-256 digest.",
        &[("hash.sha256(\"abc\")", "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"")],
        |x| of::<Sha256>(x),
    ),
    digest("hash.sha512", "The SHA-512 digest.", &[("string.length(hash.sha512(\"abc\"))", "128")], |x| {
        of::<Sha512>(x)
    }),
    digest("hash.crc32", "The CRC-32 checksum.", &[("hash.crc32(\"123456789\")", "\"cbf43926\"")], |x| {
        or_null(x[0].text().map(|text| to_hex(&crc32fast::hash(text).to_be_bytes())))
    }),
];

fn of<'a, D: Digest>(x: &[Value<'a>]) -> Value<'a> {
    or_null(x[0].text().map(|text| to_hex(&D::digest(text))))
}
