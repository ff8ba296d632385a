//! From the syntax to something that can be evaluated: names resolved, constants folded, patterns compiled once.
use super::functions::{Function, Ready, Run, find};
use super::number::Number;
use super::syntax::{Meaning, Syntax};
use super::value::Value;
use crate::error::{CoreError, Result};
use crate::search::plan::ColumnName;
use crate::value::decimal::is_number;

/// A compiled expression.
pub struct Expression {
    root: Node,
    columns: Vec<String>,
    patterns: Vec<ColumnName>,
}

pub enum Node {
    Constant(Value<'static>),
    /// A place in the row: columns first, then patterns.
    Column(usize),
    Pattern(usize),
    Call {
        function: &'static Function,
        arguments: Vec<Node>,
        /// What was prepared from constant arguments.
        ready: Option<Box<dyn Ready>>,
    },
}

impl Expression {
    /// Says what is wrong with the expression: an unknown function, a wrong number of arguments, a bad regular expression.
    pub fn compile(syntax: &Syntax) -> Result<Self> {
        syntax.check_size()?;
        let mut compiler = Compiler { columns: Vec::new(), patterns: Vec::new() };
        let mut root = compiler.node(syntax)?;
        root.place_patterns(compiler.columns.len());
        Ok(Self { root, columns: compiler.columns, patterns: compiler.patterns })
    }

    /// For where one row of a segment is looked at: patterns over names of columns have no place there.
    pub fn compile_without_patterns(syntax: &Syntax) -> Result<Self> {
        let expression = Self::compile(syntax)?;
        if expression.patterns.is_empty() {
            return Ok(expression);
        }
        Err(CoreError::Plan("an expression over a pattern of column names can only be evaluated at the root".into()))
    }

    pub fn parse(json: &[u8]) -> Result<Self> {
        Self::compile(&Syntax::parse(json)?)
    }

    /// The columns it reads, each once, in the order that a row must have.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The column, where the expression is nothing else.
    pub fn as_column(&self) -> Option<&str> {
        match self.root {
            Node::Column(place) => self.columns.get(place).map(String::as_str),
            _ => None,
        }
    }

    /// The patterns it reads; a row has the array of each one's values behind its columns.
    pub fn patterns(&self) -> &[ColumnName] {
        &self.patterns
    }

    /// The value for a row; values that the row lacks are null.
    pub fn evaluate<'a>(&'a self, row: &'a [Value<'a>]) -> Value<'a> {
        self.root.evaluate(row)
    }
}

impl Node {
    pub fn evaluate<'a>(&'a self, row: &'a [Value<'a>]) -> Value<'a> {
        let (function, arguments, ready) = match self {
            Self::Constant(value) => return value.borrowed(),
            Self::Column(place) | Self::Pattern(place) => return row.get(*place).map_or(Value::Null, Value::borrowed),
            Self::Call { function, arguments, ready } => (function, arguments, ready),
        };
        if let Run::Lazy(run) = function.run {
            return run(arguments, row);
        }
        let call = |values: &mut [Value<'a>]| match (&function.run, ready) {
            (_, Some(ready)) => ready.run(values),
            (Run::Plain(run), None) => run(values),
            (Run::Lazy(_) | Run::Prepared(_), None) => Value::Null,
        };
        match &arguments[..] {
            [] => call(&mut []),
            [a] => call(&mut [a.evaluate(row)]),
            [a, b] => call(&mut [a.evaluate(row), b.evaluate(row)]),
            [a, b, c] => call(&mut [a.evaluate(row), b.evaluate(row), c.evaluate(row)]),
            more => call(&mut more.iter().map(|argument| argument.evaluate(row)).collect::<Vec<_>>()),
        }
    }

    fn is_constant(&self) -> bool {
        matches!(self, Self::Constant(_))
    }

    /// While columns are still being found, patterns are numbered by themselves.
    fn place_patterns(&mut self, columns: usize) {
        match self {
            Self::Pattern(place) => *place += columns,
            Self::Call { arguments, .. } => arguments.iter_mut().for_each(|inner| inner.place_patterns(columns)),
            Self::Constant(_) | Self::Column(_) => {}
        }
    }
}

struct Compiler {
    columns: Vec<String>,
    patterns: Vec<ColumnName>,
}

impl Compiler {
    fn node(&mut self, syntax: &Syntax) -> Result<Node> {
        Ok(match syntax.meaning()? {
            Meaning::Null => Node::Constant(Value::Null),
            Meaning::Boolean(value) => Node::Constant(Value::Bool(value)),
            Meaning::Text(text) => Node::Constant(Value::owned_text(text)),
            Meaning::Number(text) if !is_number(text.as_bytes()) => {
                return Err(CoreError::Plan(format!("not a JSON number: '{text}'")));
            }
            Meaning::Number(text) => Node::Constant(Value::Number(Number::from_text(text.as_bytes()).into_owned())),
            Meaning::Column(name) => Node::Column(place_of(&mut self.columns, |known| known == name, || name.into())),
            Meaning::Pattern(pattern) => {
                Node::Pattern(place_of(&mut self.patterns, |known| known == pattern, || pattern.clone()))
            }
            Meaning::Call(name, of) => self.call(name, of)?,
        })
    }

    fn call(&mut self, name: &str, of: &[Syntax]) -> Result<Node> {
        let function = find(name).ok_or_else(|| CoreError::Plan(format!("unknown function '{name}'")))?;
        function.check_count(of.len())?;
        let arguments = of.iter().map(|inner| self.node(inner)).collect::<Result<Vec<_>>>()?;
        let ready = match function.run {
            Run::Prepared(prepare) => {
                let constants: Vec<_> = arguments
                    .iter()
                    .map(|argument| match argument {
                        Node::Constant(value) => Some(value),
                        _ => None,
                    })
                    .collect();
                Some(prepare(&constants).map_err(|error| CoreError::Plan(format!("{name}: {error}")))?)
            }
            _ => None,
        };
        let is_constant = arguments.iter().all(Node::is_constant);
        let call = Node::Call { function, arguments, ready };
        Ok(if is_constant { Node::Constant(call.evaluate(&[]).into_owned()) } else { call })
    }
}

fn place_of<T>(list: &mut Vec<T>, is_it: impl Fn(&T) -> bool, make: impl Fn() -> T) -> usize {
    list.iter().position(is_it).unwrap_or_else(|| {
        list.push(make());
        list.len() - 1
    })
}
