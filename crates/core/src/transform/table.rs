//! Tables that events are looked up in: rows by their key, rows by networks, and MMDB files.
use crate::expression::Value;
use crate::expression::json::{elements, read};
use crate::value::cidr::{Network, parse_address};
use maxminddb::{PathElement, Reader};
use serde::Deserialize;
use std::collections::HashMap;
use std::net::IpAddr;

/// How a table is to be read.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum Header {
    Rows {
        r#match: Match,
        columns: Vec<String>,
        #[serde(default)]
        ignore_case: bool,
    },
    Mmdb {},
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Match {
    Exact,
    Cidr,
}

/// What of a row is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// Its place in a table of rows.
    Place(usize),
    /// Where it is in the record of an MMDB file.
    Path(Vec<String>),
}

pub struct Table {
    keys: Keys,
    columns: Vec<String>,
    rows: Vec<Vec<Value<'static>>>,
}

enum Keys {
    Exact {
        rows: HashMap<Vec<u8>, u32>,
        ignore_case: bool,
    },
    /// By number of bits, the most first: of several networks that hold an address the narrowest counts.
    Networks {
        v4: Vec<(u32, HashMap<u32, u32>)>,
        v6: Vec<(u32, HashMap<u128, u32>)>,
    },
    Mmdb(Box<Reader<Vec<u8>>>),
}

impl Table {
    /// `header` is `{"kind": "rows", "match": "exact" or "cidr", "columns": [name, …], "ignore_case": false}`, and `data` has a line
    /// for each row, `[key, [value, …]]`, of which the first of one key counts; or `{"kind": "mmdb"}`, and `data` is the file.
    pub fn parse(header: &[u8], data: Vec<u8>) -> Result<Self, String> {
        let header: Header = serde_json::from_slice(header).map_err(|error| format!("its header: {error}"))?;
        match header {
            Header::Mmdb {} => {
                let reader = Reader::from_source(data).map_err(|error| format!("not an MMDB file: {error}"))?;
                Ok(Self { keys: Keys::Mmdb(Box::new(reader)), columns: Vec::new(), rows: Vec::new() })
            }
            Header::Rows { r#match, columns, ignore_case } => Self::of_rows(r#match, columns, ignore_case, &data),
        }
    }

    fn of_rows(kind: Match, columns: Vec<String>, ignore_case: bool, data: &[u8]) -> Result<Self, String> {
        let mut keys = match kind {
            Match::Exact => Keys::Exact { rows: HashMap::new(), ignore_case },
            Match::Cidr => Keys::Networks { v4: Vec::new(), v6: Vec::new() },
        };
        let mut rows = Vec::new();
        for (number, line) in data.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).enumerate() {
            let wanted = || format!("row {number} is not a key and {} values", columns.len());
            let parts = elements(line).filter(|parts| parts.len() == 2).ok_or_else(wanted)?;
            let key = read(parts[0]).and_then(|key| Some(key.scalar_text()?.into_owned())).ok_or_else(wanted)?;
            let values = match read(parts[1]) {
                Some(Value::Array(values)) if values.len() == columns.len() => values,
                _ => return Err(wanted()),
            };
            keys.add(key, rows.len() as u32).map_err(|what| format!("row {number}: {what}"))?;
            rows.push(values.into_iter().map(Value::into_owned).collect());
        }
        if let Keys::Networks { v4, v6 } = &mut keys {
            v4.sort_by_key(|(bits, _)| std::cmp::Reverse(*bits));
            v6.sort_by_key(|(bits, _)| std::cmp::Reverse(*bits));
        }
        Ok(Self { keys, columns, rows })
    }

    /// The column of that name; in an MMDB file it is the way to a value in the record, its keys and positions with dots between them.
    pub fn column(&self, name: &str) -> Result<Column, String> {
        if let Keys::Mmdb(_) = self.keys {
            return Ok(Column::Path(name.split('.').map(str::to_string).collect()));
        }
        let place = self.columns.iter().position(|column| column == name);
        place
            .map(Column::Place)
            .ok_or_else(|| format!("the table has no column '{name}', it has: {}", self.columns.join(", ")))
    }

    /// The values of the row that the key finds, in the order of `columns`; null of what it does not have.
    pub fn look_up(&self, key: &[u8], columns: &[(Vec<u8>, Column)]) -> Option<Vec<Value<'_>>> {
        let row = match &self.keys {
            Keys::Mmdb(reader) => return record(reader, parse_address(key)?, columns),
            Keys::Exact { rows, ignore_case: false } => *rows.get(key)?,
            Keys::Exact { rows, ignore_case: true } => *rows.get(&key.to_ascii_lowercase())?,
            Keys::Networks { v4, v6 } => match parse_address(key)? {
                IpAddr::V4(address) => network_row(v4, |bits| address.to_bits() & mask_v4(bits))?,
                IpAddr::V6(address) => network_row(v6, |bits| address.to_bits() & mask_v6(bits))?,
            },
        };
        let row = &self.rows[row as usize];
        let value = |column: &Column| match column {
            Column::Place(place) => row[*place].borrowed(),
            Column::Path(_) => Value::Null,
        };
        Some(columns.iter().map(|(_, column)| value(column)).collect())
    }
}

impl Keys {
    fn add(&mut self, key: Vec<u8>, row: u32) -> Result<(), String> {
        match self {
            Self::Exact { rows, ignore_case } => {
                let key = if *ignore_case { key.to_ascii_lowercase() } else { key };
                rows.entry(key).or_insert(row);
            }
            Self::Networks { v4, v6 } => match Network::parse(&String::from_utf8_lossy(&key))? {
                Network::V4 { first, mask } => {
                    network_of(v4, mask.count_ones()).entry(first).or_insert(row);
                }
                Network::V6 { first, mask } => {
                    network_of(v6, mask.count_ones()).entry(first).or_insert(row);
                }
            },
            Self::Mmdb(_) => {}
        }
        Ok(())
    }
}

fn network_of<T>(networks: &mut Vec<(u32, HashMap<T, u32>)>, bits: u32) -> &mut HashMap<T, u32> {
    let at = networks.iter().position(|(known, _)| *known == bits).unwrap_or_else(|| {
        networks.push((bits, HashMap::new()));
        networks.len() - 1
    });
    &mut networks[at].1
}

fn network_row<T: std::hash::Hash + Eq>(networks: &[(u32, HashMap<T, u32>)], first: impl Fn(u32) -> T) -> Option<u32> {
    networks.iter().find_map(|(bits, rows)| rows.get(&first(*bits)).copied())
}

fn mask_v4(bits: u32) -> u32 {
    u32::MAX.checked_shl(32 - bits).unwrap_or(0)
}

fn mask_v6(bits: u32) -> u128 {
    u128::MAX.checked_shl(128 - bits).unwrap_or(0)
}

/// Of a record only what is wanted is decoded: most of it are names in other languages.
fn record<'t>(reader: &'t Reader<Vec<u8>>, address: IpAddr, columns: &[(Vec<u8>, Column)]) -> Option<Vec<Value<'t>>> {
    let found = reader.lookup(address).ok().filter(|found| found.has_data())?;
    let value = |column: &Column| {
        let Column::Path(path) = column else { return None };
        let path: Vec<PathElement<'_>> = path.iter().map(|part| element(part)).collect();
        let value: serde_json::Value = found.decode_path(&path).ok()??;
        Some(read(value.to_string().as_bytes())?.into_owned())
    };
    Some(columns.iter().map(|(_, column)| value(column).unwrap_or(Value::Null)).collect())
}

fn element(part: &str) -> PathElement<'_> {
    part.parse().map_or(PathElement::Key(part), PathElement::Index)
}
