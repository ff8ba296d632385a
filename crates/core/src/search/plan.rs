//! The plan as it comes from the query layer: JSON, checked word by word. See docs/search-plan.md.
use crate::error::{CoreError, Result};
use crate::expression::Syntax;
use serde::{Deserialize, Serialize};

/// The only version this engine understands.
pub const VERSION: u32 = 2;

/// Deeper filters than this are refused: evaluation and serde recurse.
const FILTER_DEPTH_MAX: usize = 120;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    version: u32,
    pub filter: Node,
    pub since_ns: Option<i64>,
    pub until_ns: Option<i64>,
    pub newest_first: bool,
    pub limit: Option<u64>,
    pub columns: Option<Vec<String>>,
    pub aggregate: Option<Aggregate>,
    pub use_index: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    pub by: Vec<Operand>,
    pub functions: Vec<Function>,
}

#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Function {
    pub name: String,
    #[serde(default)]
    pub columns: Vec<Operand>,
    /// Texts of JSON numbers.
    #[serde(default)]
    pub parameters: Vec<String>,
}

/// What an aggregate groups by or looks at: a column by its name, or a value computed from columns.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(untagged)]
pub enum Operand {
    Column(String),
    Expression(ExpressionOperand),
}

#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ExpressionOperand {
    pub expression: Box<Syntax>,
}

impl Function {
    /// As notes say it: `percentile(95, bytes)`.
    pub fn label(&self) -> String {
        let columns = self.columns.iter().map(Operand::label);
        let inside: Vec<String> = self.parameters.iter().cloned().chain(columns).collect();
        format!("{}({})", self.name, inside.join(", "))
    }
}

impl Operand {
    fn label(&self) -> String {
        match self {
            Self::Column(name) => name.clone(),
            Self::Expression(_) => "…".to_string(),
        }
    }

    /// The name of the column that it is; rows that come from elsewhere have no other operands.
    pub fn column(&self) -> Result<&str> {
        match self {
            Self::Column(name) => Ok(name),
            Self::Expression(_) => Err(CoreError::Plan("rows come with the values of expressions in them".to_string())),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Node {
    All {
        of: Vec<Node>,
    },
    Any {
        of: Vec<Node>,
    },
    Not {
        of: Box<Node>,
    },
    Has {
        column: Option<Subject>,
        pattern: Pattern,
    },
    Is {
        column: Option<Subject>,
        pattern: Pattern,
        #[serde(default)]
        number: Option<String>,
    },
    Exists {
        column: Option<Subject>,
    },
    Compare {
        column: Option<Subject>,
        relation: Relation,
        number: String,
    },
    CompareTime {
        column: Option<Subject>,
        relation: Relation,
        time_ns: i64,
    },
    Regex {
        column: Option<Subject>,
        regex: String,
        #[serde(default)]
        ignore_case: bool,
    },
    Cidr {
        column: Option<Subject>,
        network: String,
    },
}

/// What a leaf looks at: the columns that have such a name, or the value of an expression.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    #[serde(default)]
    parts: Option<Vec<NamePart>>,
    #[serde(default)]
    expression: Option<Box<Syntax>>,
}

/// As `Subject`, with one of both.
pub enum Looked<'a> {
    Columns(&'a [NamePart]),
    Expression(&'a Syntax),
}

impl Subject {
    pub fn looked(&self) -> Result<Looked<'_>> {
        match (&self.parts, &self.expression) {
            (Some(parts), None) => Ok(Looked::Columns(parts)),
            (None, Some(expression)) => Ok(Looked::Expression(expression)),
            _ => Err(CoreError::Plan("a column of a filter is either parts or an expression".to_string())),
        }
    }
}

#[derive(Debug, Clone, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ColumnName {
    pub parts: Vec<NamePart>,
}

#[derive(Debug, Clone, Deserialize, Serialize, PartialEq)]
#[serde(untagged)]
pub enum NamePart {
    Literal(String),
    Star(Star),
}

#[derive(Debug, Clone, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Star {
    pub star: u8,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    pub parts: Vec<String>,
    #[serde(default)]
    pub exact_case: bool,
}

#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
pub enum Relation {
    #[serde(rename = "<")]
    Less,
    #[serde(rename = "<=")]
    LessOrEqual,
    #[serde(rename = ">")]
    Greater,
    #[serde(rename = ">=")]
    GreaterOrEqual,
}

impl Relation {
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Plan {
    pub fn parse(json: &[u8]) -> Result<Self> {
        let plan: Self =
            serde_json::from_slice(json).map_err(|error| CoreError::Plan(format!("not a search plan: {error}")))?;
        if plan.version != VERSION {
            return Err(CoreError::Plan(format!(
                "plan of version {}, this engine understands {VERSION}",
                plan.version
            )));
        }
        plan.filter.check_depth()?;
        Ok(plan)
    }
}

impl Node {
    /// Deeper filters are refused: what walks them recurses.
    pub fn check_depth(&self) -> Result<()> {
        if depth(self) > FILTER_DEPTH_MAX {
            return Err(CoreError::Plan(format!("filter is nested deeper than {FILTER_DEPTH_MAX}")));
        }
        Ok(())
    }
}

fn depth(node: &Node) -> usize {
    match node {
        Node::All { of } | Node::Any { of } => 1 + of.iter().map(depth).max().unwrap_or(0),
        Node::Not { of } => 1 + depth(of),
        _ => 1,
    }
}
