//! A plan's filter, compiled: a tree over numbered leaves, each a set of columns and a test on one value.
use super::computed::Computed;
use super::metadata::Metadata;
use super::plan::{Looked, NamePart, Node, Relation, Subject};
use crate::error::{CoreError, Result};
use crate::expression::Expression;
use crate::format::column::Kind;
use crate::format::directory::Stamp;
use crate::format::template::Sought;
use crate::value::cidr::Network;
use crate::value::column::{ColumnPart, ColumnPattern};
use crate::value::decimal::{compare, is_number};
use crate::value::needle::Needle;
use crate::value::pattern::ValuePattern;
use crate::value::regex::compile_regex;
use crate::value::time::parse_time;
use crate::value::token::is_token_char;
use std::cmp::Ordering;
use std::sync::Arc;

pub enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Leaf(usize),
}

pub struct Filter {
    pub root: Tree,
    pub leaves: Vec<Leaf>,
}

pub struct Leaf {
    /// None: any column of the event.
    pub columns: Option<ColumnPattern>,
    /// Looked at instead of columns.
    pub expression: Option<Arc<Expression>>,
    /// Set when the leaf names a metadata column.
    pub metadata: Option<Metadata>,
    pub test: Test,
}

pub enum Test {
    Has(ValuePattern),
    Is(ValuePattern, Option<Vec<u8>>),
    Exists,
    Compare(Relation, Vec<u8>),
    CompareTime(Relation, i64),
    Regex(regex::bytes::Regex),
    Cidr(Network),
}

impl Test {
    /// Whether a value of this kind with this text form passes.
    pub fn passes(&self, kind: Kind, text: &[u8]) -> bool {
        match self {
            Self::Has(pattern) => pattern.contains(text),
            Self::Is(pattern, number) => {
                let is_equal = |number: &Vec<u8>| kind == Kind::Number && compare(text, number) == Ordering::Equal;
                pattern.matches_whole(text) || number.as_ref().is_some_and(is_equal)
            }
            Self::Exists => true,
            Self::Compare(relation, number) => kind == Kind::Number && relation.holds(compare(text, number)),
            Self::CompareTime(relation, time) => {
                kind == Kind::Text && parse_time(text).is_some_and(|value| relation.holds(value.cmp(time)))
            }
            Self::Regex(regex) => regex.is_match(text),
            Self::Cidr(network) => network.contains_text(text),
        }
    }

    /// A literal that every text that passes holds, where there is one.
    pub fn needle(&self, kind: Kind) -> Option<&Needle> {
        let pattern = match self {
            Self::Has(pattern) => pattern,
            Self::Is(pattern, number) if kind != Kind::Number || number.is_none() => pattern,
            _ => return None,
        };
        Some(pattern.longest_needle()).filter(|needle| !needle.literal().is_empty())
    }

    /// How `needle` is to be found.
    pub fn sought(&self) -> Sought {
        let (Self::Has(pattern) | Self::Is(pattern, _)) = self else { return Sought::default() };
        let whole = pattern.literal().filter(|_| matches!(self, Self::Has(_))).unwrap_or_default();
        let is_token = |end: Option<&u8>| end.copied().is_some_and(is_token_char);
        Sought {
            fold: !pattern.is_exact_case(),
            starts_token: is_token(whole.first()),
            ends_token: is_token(whole.last()),
        }
    }

    /// False when no value of a column with this stamp can pass.
    pub fn could_pass(&self, kind: Kind, stamp: &Stamp) -> bool {
        let could = |pattern: &ValuePattern| pattern.could_match(stamp.longest as usize, stamp.classes);
        match self {
            Self::Has(pattern) => could(pattern),
            Self::Is(pattern, number) => could(pattern) || (kind == Kind::Number && number.is_some()),
            Self::Compare(..) => kind == Kind::Number,
            Self::CompareTime(..) => kind == Kind::Text,
            Self::Exists | Self::Regex(_) | Self::Cidr(_) => true,
        }
    }
}

impl Leaf {
    /// Whether it looks at the rows' metadata.
    pub fn needs_rows(&self) -> bool {
        let names = self.expression.iter().flat_map(|expression| expression.columns());
        self.metadata.is_some() || names.into_iter().any(|name| Metadata::named(name.as_bytes()).is_some())
    }
}

impl Filter {
    pub fn compile(node: &Node) -> Result<Self> {
        let mut leaves = Vec::new();
        let root = compile(node, &mut leaves)?;
        Ok(Self { root, leaves })
    }
}

fn compile(node: &Node, leaves: &mut Vec<Leaf>) -> Result<Tree> {
    let mut many = |of: &[Node]| of.iter().map(|node| compile(node, leaves)).collect::<Result<Vec<_>>>();
    let (column, test) = match node {
        Node::All { of } => {
            let mut trees = many(of)?;
            // Named columns first: they are cheap to look at, and rows they rule out need no look at every column.
            trees.sort_by_key(|tree| cost(tree, leaves));
            return Ok(Tree::All(trees));
        }
        Node::Any { of } => return Ok(Tree::Any(many(of)?)),
        Node::Not { of } => return Ok(Tree::Not(Box::new(compile(of, leaves)?))),
        Node::Has { column, pattern } => (column, Test::Has(ValuePattern::new(&pattern.parts, pattern.exact_case))),
        Node::Is { column, pattern, number } => {
            let number = number.as_ref().map(|text| checked_number(text)).transpose()?;
            (column, Test::Is(ValuePattern::new(&pattern.parts, pattern.exact_case), number))
        }
        Node::Exists { column } => (column, Test::Exists),
        Node::Compare { column, relation, number } => (column, Test::Compare(*relation, checked_number(number)?)),
        Node::CompareTime { column, relation, time_ns } => (column, Test::CompareTime(*relation, *time_ns)),
        Node::Regex { column, regex, ignore_case } => {
            (column, Test::Regex(compile_regex(regex, *ignore_case).map_err(CoreError::Plan)?))
        }
        Node::Cidr { column, network } => (column, Test::Cidr(Network::parse(network).map_err(CoreError::Plan)?)),
    };
    let (columns, expression) = match column.as_ref().map(Subject::looked).transpose()? {
        None => (None, None),
        Some(Looked::Columns(parts)) => (Some(column_pattern(parts)?), None),
        Some(Looked::Expression(syntax)) => (None, Some(Computed::compile(syntax)?)),
    };
    let metadata = columns.as_ref().and_then(|pattern| Metadata::named(pattern.literal()?));
    leaves.push(Leaf { columns, expression, metadata, test });
    Ok(Tree::Leaf(leaves.len() - 1))
}

fn cost(tree: &Tree, leaves: &[Leaf]) -> u8 {
    match tree {
        // An expression is evaluated for the rows that are left.
        Tree::Leaf(leaf) if leaves[*leaf].expression.is_some() => 1,
        Tree::Leaf(leaf) => match leaves[*leaf].columns.as_ref().map(|pattern| pattern.literal().is_some()) {
            Some(true) => 0,
            Some(false) => 2,
            None => 3,
        },
        Tree::All(of) => of.iter().map(|tree| cost(tree, leaves)).min().unwrap_or(0),
        Tree::Any(of) => of.iter().map(|tree| cost(tree, leaves)).max().unwrap_or(0),
        Tree::Not(of) => cost(of, leaves),
    }
}

fn checked_number(text: &str) -> Result<Vec<u8>> {
    if is_number(text.as_bytes()) {
        Ok(text.as_bytes().to_vec())
    } else {
        Err(CoreError::Plan(format!("not a JSON number: '{text}'")))
    }
}

/// A pattern over names of columns.
pub fn column_pattern(parts: &[NamePart]) -> Result<ColumnPattern> {
    let part = |part: &NamePart| match part {
        NamePart::Literal(text) => Ok(ColumnPart::Literal(text.clone().into())),
        NamePart::Star(star) if star.star == 1 => Ok(ColumnPart::Star),
        NamePart::Star(star) if star.star == 2 => Ok(ColumnPart::DoubleStar),
        NamePart::Star(star) => Err(CoreError::Plan(format!("column wildcard of {} stars", star.star))),
    };
    Ok(ColumnPattern::new(parts.iter().map(part).collect::<Result<_>>()?))
}
