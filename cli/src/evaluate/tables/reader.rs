//! One table, read row by row from CSV or JSON Lines, plain or gzip'd.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::read::MultiGzDecoder;

/// One table, read row by row; only the columns asked for are kept.
pub struct Table {
    path: PathBuf,
    columns: Vec<&'static str>,
    /// Where each of `columns` stands in the file; `None` for an optional one that is absent (CSV only).
    places: Vec<Option<usize>>,
    rows: Rows,
    /// Row as a spreadsheet counts it.
    pub row: u64,
    /// Rows of data so far.
    pub records: u64,
    fields: Vec<String>,
}

enum Rows {
    Csv(csv::Reader<Box<dyn Read>>, csv::StringRecord),
    Json(Box<dyn BufRead>, String),
}

const FORMS: [&str; 4] = ["csv", "csv.gz", "jsonl", "jsonl.gz"];

/// The file of table `stem` in `folder`, `None` where there is none.
pub fn find(folder: &Path, stem: &str) -> Result<Option<PathBuf>> {
    let found: Vec<PathBuf> = FORMS
        .iter()
        .map(|form| folder.join(format!("{stem}.{form}")))
        .filter(|path| path.is_file())
        .collect();
    match found.as_slice() {
        [] => {
            let parquet = folder.join(format!("{stem}.parquet"));
            if parquet.is_file() {
                bail!(
                    "{} is Parquet, which only the Python side reads: evaluate there (`gensr-models evaluate`), or \
                     write the table as {stem}.csv.gz",
                    parquet.display()
                );
            }
            Ok(None)
        }
        [path] => Ok(Some(path.clone())),
        [first, second, ..] => {
            bail!("both {} and {} are there: keep one of them", first.display(), second.display())
        }
    }
}

/// As `find`, but the table has to be there.
pub fn find_required(folder: &Path, stem: &str) -> Result<PathBuf> {
    if !folder.is_dir() {
        bail!(
            "{} is not a folder: --data wants the folder that holds items.* and events.*",
            folder.display()
        );
    }
    find(folder, stem)?.with_context(|| {
        format!("{} has no {stem} table: expected {stem}.csv, .csv.gz, .jsonl or .jsonl.gz", folder.display())
    })
}

impl Table {
    /// Opens a table and checks that the required columns are there.
    pub fn open(path: &Path, required: &[&'static str], optional: &[&'static str]) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let name = path.to_string_lossy();
        let reader: Box<dyn Read> = if name.ends_with(".gz") {
            Box::new(MultiGzDecoder::new(BufReader::new(file)))
        } else {
            Box::new(file)
        };
        let columns: Vec<&'static str> = required.iter().chain(optional).copied().collect();
        let mut table = Self {
            path: path.to_path_buf(),
            places: vec![None; columns.len()],
            fields: vec![String::new(); columns.len()],
            columns,
            rows: Rows::Json(Box::new(std::io::empty()), String::new()),
            row: 0,
            records: 0,
        };
        if name.trim_end_matches(".gz").ends_with(".jsonl") {
            table.rows = Rows::Json(Box::new(BufReader::new(reader)), String::new());
            return Ok(table);
        }
        let mut csv = csv::Reader::from_reader(reader);
        let header = csv.headers().map_err(|error| table.csv_error(error))?.clone();
        for (column, place) in table.columns.iter().zip(&mut table.places) {
            *place = header.iter().position(|name| name.trim() == *column);
        }
        let missing: Vec<&str> =
            (0..required.len()).filter(|&i| table.places[i].is_none()).map(|i| table.columns[i]).collect();
        if !missing.is_empty() {
            bail!(
                "{}: no column {}; the header line has {}",
                path.display(),
                missing.join(", "),
                if header.is_empty() {
                    "nothing".to_owned()
                } else {
                    header.iter().collect::<Vec<_>>().join(", ")
                }
            );
        }
        table.rows = Rows::Csv(csv, csv::StringRecord::new());
        table.row = 1;
        Ok(table)
    }

    /// Reads the next row into `get`; false at the end.
    pub fn advance(&mut self) -> Result<bool> {
        self.row += 1;
        self.records += 1;
        let mut rows =
            std::mem::replace(&mut self.rows, Rows::Json(Box::new(std::io::empty()), String::new()));
        let more = match &mut rows {
            Rows::Csv(reader, record) => match reader.read_record(record) {
                Ok(more) => {
                    for (field, place) in self.fields.iter_mut().zip(&self.places) {
                        field.clear();
                        field.push_str(place.and_then(|place| record.get(place)).unwrap_or_default());
                    }
                    Ok(more)
                }
                Err(error) => Err(self.csv_error(error)),
            },
            Rows::Json(reader, line) => self.advance_json(reader, line),
        };
        self.rows = rows;
        more
    }

    fn advance_json(&mut self, reader: &mut Box<dyn BufRead>, line: &mut String) -> Result<bool> {
        loop {
            line.clear();
            let read = reader.read_line(line).with_context(|| self.place(None))?;
            if read == 0 {
                return Ok(false);
            }
            if !line.trim().is_empty() {
                break;
            }
        }
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(line).with_context(|| format!("{}: not a JSON object", self.place(None)))?;
        for i in 0..self.columns.len() {
            let column = self.columns[i];
            let text = match object.get(column) {
                None | Some(serde_json::Value::Null) => String::new(),
                Some(serde_json::Value::String(text)) => text.clone(),
                Some(serde_json::Value::Number(number)) => number.to_string(),
                Some(serde_json::Value::Array(values)) if values.iter().all(serde_json::Value::is_string) => {
                    values.iter().filter_map(serde_json::Value::as_str).collect::<Vec<_>>().join("|")
                }
                Some(_) => bail!("{}: expected a text or a number", self.place(Some(column))),
            };
            self.fields[i] = text;
        }
        Ok(true)
    }

    fn csv_error(&self, error: csv::Error) -> anyhow::Error {
        let what = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("{len} fields where the header line has {expected_len}")
            }
            csv::ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
            csv::ErrorKind::Io(error) => format!("cannot be read: {error}"),
            _ => error.to_string(),
        };
        anyhow::anyhow!("{}: {what}", self.place(None))
    }

    /// Text of a column of this row; empty where it is missing.
    pub fn get(&self, column: usize) -> &str {
        &self.fields[column]
    }

    /// Text of a column that may not be empty.
    pub fn required(&self, column: usize) -> Result<&str> {
        if self.fields[column].is_empty() {
            return self.refuse(column, "empty");
        }
        Ok(&self.fields[column])
    }

    /// An error about a column of this row.
    pub fn refuse<T>(&self, column: usize, what: &str) -> Result<T> {
        bail!("{}: {what}", self.place(Some(self.columns[column])))
    }

    fn place(&self, column: Option<&str>) -> String {
        let column = column.map(|column| format!(", column {column}")).unwrap_or_default();
        format!("{}, row {}{column}", self.path.display(), self.row.max(1))
    }
}
