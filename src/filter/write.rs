//! A filter as text, in one form for all that mean the same steps.

use std::fmt::{self, Write};

use super::parse::{Keyword, is_word_char};
use super::{Condition, Filter, Step, Term, Test};

/// Pieces still to be written.
enum Piece {
    Text(&'static str),
    /// The part of a filter that ends with this step.
    Part(usize),
}

impl fmt::Display for Filter {
    /// Text that parses to this filter again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let firsts = self.firsts();
        let mut pending = vec![Piece::Part(self.steps.len() - 1)];
        while let Some(piece) = pending.pop() {
            let last = match piece {
                Piece::Text(text) => {
                    f.write_str(text)?;
                    continue;
                }
                Piece::Part(last) => last,
            };
            match &self.steps[last] {
                Step::Condition(condition) => condition.write(false, f)?,
                Step::Not => match &self.steps[last - 1] {
                    Step::Condition(condition) => condition.write(true, f)?,
                    _ => {
                        f.write_str("NOT ")?;
                        push(&mut pending, last - 1, true);
                    }
                },
                operator => {
                    let (left, right) = (firsts[last - 1] - 1, last - 1);
                    // AND binds more tightly than OR; the right operand of either is never of its own kind.
                    let (word, looser) = match operator {
                        Step::And => (" AND ", &[Step::Or, Step::And][..]),
                        _ => (" OR ", &[Step::Or][..]),
                    };
                    push(&mut pending, right, looser.contains(&self.steps[right]));
                    pending.push(Piece::Text(word));
                    push(&mut pending, left, *operator == Step::And && self.steps[left] == Step::Or);
                }
            }
        }
        Ok(())
    }
}

/// The last piece is pushed first.
fn push(pending: &mut Vec<Piece>, part: usize, in_parentheses: bool) {
    if in_parentheses {
        pending.extend([Piece::Text(")"), Piece::Part(part), Piece::Text("(")]);
    } else {
        pending.push(Piece::Part(part));
    }
}

impl Filter {
    /// For every step, the first step of the part that it ends.
    fn firsts(&self) -> Vec<usize> {
        let mut firsts: Vec<usize> = Vec::with_capacity(self.steps.len());
        for (at, step) in self.steps.iter().enumerate() {
            firsts.push(match step {
                Step::Condition(_) => at,
                Step::Not => firsts[at - 1],
                Step::And | Step::Or => firsts[firsts[at - 1] - 1],
            });
        }
        firsts
    }
}

impl Condition {
    fn write(&self, negated: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        let not = if negated { "NOT " } else { "" };
        match &self.test {
            Test::Exists => write!(f, "{name} {not}EXISTS"),
            Test::In(values) => {
                if let [value] = values.as_slice() {
                    return write!(f, "{name} {} {value}", if negated { "!=" } else { "=" });
                }
                write!(f, "{name} {not}IN [")?;
                for (place, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if place == 0 { "" } else { ", " })?;
                }
                f.write_char(']')
            }
            Test::Below(value) => write!(f, "{not}{name} < {value}"),
            Test::AtMost(value) => write!(f, "{not}{name} <= {value}"),
            Test::Above(value) => write!(f, "{not}{name} > {value}"),
            Test::AtLeast(value) => write!(f, "{not}{name} >= {value}"),
            Test::Between(low, high) => write!(f, "{not}{name} {low} TO {high}"),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = !self.text.is_empty() && self.text.chars().all(is_word_char);
        if plain && Keyword::of(&self.text).is_none() {
            f.write_str(&self.text)
        } else {
            f.write_str(&quoted(&self.text))
        }
    }
}

/// A text in double quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}
