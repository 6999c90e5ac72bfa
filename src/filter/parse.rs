//! Text to steps: a scanner of tokens, and operators that wait on a stack for their operands (Dijkstra's shunting yard), so
//! that no text nests too deeply to be read.

use std::iter::Peekable;
use std::str::CharIndices;

use super::{Condition, FilterError, MAX_FILTER_BYTES, Place, Step, Term, Test, push_not};

/// Opening of an expression.
const EXPRESSION: &str = "an attribute, NOT or `(`";
const OPERATOR: &str = "=, !=, <, <=, >, >=, a value and TO, IN, NOT IN, EXISTS or NOT EXISTS";

/// The steps of a text.
pub(super) fn parse(text: &str) -> Result<Vec<Step>, FilterError> {
    if text.len() > MAX_FILTER_BYTES {
        let reason = format!("{} bytes are too many; at most {MAX_FILTER_BYTES}", text.len());
        return Err(FilterError::new(Place { start: 1, end: 2 }, reason));
    }
    let mut tokens = Tokens::new(text);
    let mut steps = Vec::new();
    let mut waiting: Vec<Waiting> = Vec::new();
    loop {
        match tokens.take()? {
            (Token::ParenOpen, place) => {
                waiting.push(Waiting::Paren(place));
                continue;
            }
            (Token::Word(word), _) if Keyword::of(word) == Some(Keyword::Not) => {
                waiting.push(Waiting::Not);
                continue;
            }
            (token, place) => match token.into_text() {
                Ok(name) => condition(Term { text: name, place }, &mut tokens, &mut steps)?,
                Err(token) => return Err(token.instead_of(EXPRESSION, place)),
            },
        }
        // An operand is complete; it may complete operators, and those parentheses.
        loop {
            let (token, place) = tokens.take()?;
            match token {
                Token::Word(word) if Keyword::of(word) == Some(Keyword::And) => {
                    complete(&mut waiting, &mut steps, Waiting::And);
                    waiting.push(Waiting::And);
                    break;
                }
                Token::Word(word) if Keyword::of(word) == Some(Keyword::Or) => {
                    complete(&mut waiting, &mut steps, Waiting::Or);
                    waiting.push(Waiting::Or);
                    break;
                }
                Token::ParenClose => {
                    complete(&mut waiting, &mut steps, Waiting::Or);
                    if waiting.pop().is_none() {
                        return Err(FilterError::new(place, "this `)` closes nothing"));
                    }
                }
                Token::End => {
                    complete(&mut waiting, &mut steps, Waiting::Or);
                    return match waiting.pop() {
                        Some(Waiting::Paren(place)) => Err(FilterError::new(place, "this `(` is not closed")),
                        _ => Ok(steps),
                    };
                }
                token => return Err(token.instead_of("AND, OR or the end", place)),
            }
        }
    }
}

/// Operators that wait for an operand; of comparable ones the later bind more tightly.
#[derive(Clone, Copy)]
enum Waiting {
    Paren(Place),
    Or,
    And,
    Not,
}

impl Waiting {
    fn binding(self) -> u8 {
        match self {
            Self::Paren(_) => 0,
            Self::Or => 1,
            Self::And => 2,
            Self::Not => 3,
        }
    }
}

/// Moves what binds at least as tightly as `least` from the stack to the steps.
fn complete(waiting: &mut Vec<Waiting>, steps: &mut Vec<Step>, least: Waiting) {
    while let Some(operator) = waiting.pop_if(|top| top.binding() >= least.binding()) {
        match operator {
            Waiting::Not => push_not(steps),
            Waiting::And => steps.push(Step::And),
            Waiting::Or | Waiting::Paren(_) => steps.push(Step::Or),
        }
    }
}

/// Text after the name of an attribute.
fn condition(name: Term, tokens: &mut Tokens<'_>, steps: &mut Vec<Step>) -> Result<(), FilterError> {
    let (token, place) = tokens.take()?;
    let (test, negated) = match token {
        Token::Compare(sign) => {
            let value = tokens.value()?;
            match sign {
                Sign::Equal => (Test::In(vec![value]), false),
                Sign::NotEqual => (Test::In(vec![value]), true),
                Sign::Less => (Test::Below(value), false),
                Sign::LessEqual => (Test::AtMost(value), false),
                Sign::Greater => (Test::Above(value), false),
                Sign::GreaterEqual => (Test::AtLeast(value), false),
            }
        }
        Token::Word(word) if Keyword::of(word) == Some(Keyword::In) => (Test::In(tokens.list()?), false),
        Token::Word(word) if Keyword::of(word) == Some(Keyword::Exists) => (Test::Exists, false),
        Token::Word(word) if Keyword::of(word) == Some(Keyword::Not) => match tokens.take()? {
            (Token::Word(word), _) if Keyword::of(word) == Some(Keyword::In) => {
                (Test::In(tokens.list()?), true)
            }
            (Token::Word(word), _) if Keyword::of(word) == Some(Keyword::Exists) => (Test::Exists, true),
            (token, place) => return Err(token.instead_of("IN or EXISTS", place)),
        },
        token => {
            let low = token.into_text().map_err(|token| token.instead_of(OPERATOR, place))?;
            match tokens.take()? {
                (Token::Word(word), _) if Keyword::of(word) == Some(Keyword::To) => {
                    (Test::Between(Term { text: low, place }, tokens.value()?), false)
                }
                // Two words in a row: most likely a sign is missing between them.
                (_, _) => return Err(FilterError::new(place, format!("expected {OPERATOR}"))),
            }
        }
    };
    steps.push(Step::Condition(Condition { name, test, place }));
    if negated {
        steps.push(Step::Not);
    }
    Ok(())
}

/// The words that mean something, in any case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    And,
    Or,
    Not,
    In,
    To,
    Exists,
}

impl Keyword {
    pub(super) fn of(word: &str) -> Option<Self> {
        let known = [
            ("and", Self::And),
            ("or", Self::Or),
            ("not", Self::Not),
            ("in", Self::In),
            ("to", Self::To),
            ("exists", Self::Exists),
        ];
        known.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, keyword)| keyword)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

enum Token<'a> {
    Word(&'a str),
    Quoted(Box<str>),
    Compare(Sign),
    ParenOpen,
    ParenClose,
    ListOpen,
    ListClose,
    Comma,
    End,
}

impl Token<'_> {
    /// A name or a value; keywords are neither unless they are quoted.
    fn into_text(self) -> Result<Box<str>, Self> {
        match self {
            Self::Word(word) if Keyword::of(word).is_none() => Ok(word.into()),
            Self::Quoted(text) => Ok(text),
            other => Err(other),
        }
    }

    /// Kind of the token, without its text.
    fn kind(&self) -> &'static str {
        match self {
            Self::Word(word) if Keyword::of(word).is_some() => {
                "a keyword (a value of that name wants quotes)"
            }
            Self::Word(_) => "a word",
            Self::Quoted(_) => "a text in quotes",
            Self::Compare(_) => "a comparison sign",
            Self::ParenOpen => "`(`",
            Self::ParenClose => "`)`",
            Self::ListOpen => "`[`",
            Self::ListClose => "`]`",
            Self::Comma => "a comma",
            Self::End => "the end",
        }
    }

    fn instead_of(&self, expected: &str, place: Place) -> FilterError {
        FilterError::new(place, format!("expected {expected}, found {}", self.kind()))
    }
}

/// Whether a word may have this character.
pub(super) fn is_word_char(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '(' | ')' | '[' | ']' | ',' | '=' | '!' | '<' | '>' | '"' | '\'')
}

/// The tokens of a text, with their places.
struct Tokens<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
    /// Of the next character, from 1.
    column: usize,
}

impl<'a> Tokens<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, chars: text.char_indices().peekable(), column: 1 }
    }

    fn next_char(&mut self) -> Option<char> {
        let (_, c) = self.chars.next()?;
        self.column += 1;
        Some(c)
    }

    fn next_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        self.chars.next_if(|(_, c)| wanted(*c))?;
        self.column += 1;
        Some(' ')
    }

    fn take(&mut self) -> Result<(Token<'a>, Place), FilterError> {
        while self.next_if(char::is_whitespace).is_some() {}
        let start = self.column;
        let Some(&(at, first)) = self.chars.peek() else {
            return Ok((Token::End, Place { start, end: start + 1 }));
        };
        self.next_char();
        let or_equal = |tokens: &mut Self, with: Sign, without: Sign| {
            Token::Compare(if tokens.next_if(|c| c == '=').is_some() { with } else { without })
        };
        let token = match first {
            '(' => Token::ParenOpen,
            ')' => Token::ParenClose,
            '[' => Token::ListOpen,
            ']' => Token::ListClose,
            ',' => Token::Comma,
            '=' => Token::Compare(Sign::Equal),
            '<' => or_equal(self, Sign::LessEqual, Sign::Less),
            '>' => or_equal(self, Sign::GreaterEqual, Sign::Greater),
            '!' if self.next_if(|c| c == '=').is_some() => Token::Compare(Sign::NotEqual),
            '!' => {
                let place = Place { start, end: start + 1 };
                return Err(FilterError::new(place, "expected != (the opposite of a condition is NOT)"));
            }
            '"' | '\'' => self.quoted(first, start)?,
            _ => {
                while self.next_if(is_word_char).is_some() {}
                let end = self.chars.peek().map_or(self.text.len(), |(at, _)| *at);
                Token::Word(&self.text[at..end])
            }
        };
        Ok((token, Place { start, end: self.column }))
    }

    /// The rest of a text in quotes; a backslash takes the next character as it is.
    fn quoted(&mut self, quote: char, start: usize) -> Result<Token<'a>, FilterError> {
        let mut text = String::new();
        while let Some(mut c) = self.next_char() {
            if c == quote {
                return Ok(Token::Quoted(text.into()));
            }
            if c == '\\' {
                let Some(escaped) = self.next_char() else { break };
                c = escaped;
            }
            text.push(c);
        }
        Err(FilterError::new(Place { start, end: start + 1 }, "this quote is not closed"))
    }

    fn value(&mut self) -> Result<Term, FilterError> {
        let (token, place) = self.take()?;
        let text = token.into_text().map_err(|token| token.instead_of("a value", place))?;
        Ok(Term { text, place })
    }

    /// `[value, value]`, perhaps empty; a comma may follow the last.
    fn list(&mut self) -> Result<Vec<Term>, FilterError> {
        let (token, place) = self.take()?;
        if !matches!(token, Token::ListOpen) {
            return Err(token.instead_of("`[` and values", place));
        }
        let mut values = Vec::new();
        loop {
            let (token, place) = self.take()?;
            if matches!(token, Token::ListClose) {
                return Ok(values);
            }
            let text = token.into_text().map_err(|token| token.instead_of("a value or `]`", place))?;
            values.push(Term { text, place });
            match self.take()? {
                (Token::Comma, _) => {}
                (Token::ListClose, _) => return Ok(values),
                (token, place) => return Err(token.instead_of("a comma or `]`", place)),
            }
        }
    }
}
