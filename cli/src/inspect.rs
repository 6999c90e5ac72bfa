//! `gensr inspect` and `gensr verify`: what a pack holds, and whether it is whole.

use anyhow::Result;
use gensr::{KindSpec, KindTask, Manifest, ModelSpec, Pack, Tasks, TextEncoderKind, TextEncoderSpec};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::args::PackArgs;
use crate::open;
use crate::output::{self, bold, bytes, count, dim, right};

/// The design's budget for a catalogue of some thousand items.
const BYTES_PER_ITEM_BUDGET: f64 = 400.0;

#[derive(Serialize)]
struct Inspection<'a> {
    name: &'a str,
    id: &'a str,
    format_version: u32,
    bytes: u64,
    items: usize,
    dim: usize,
    model: &'a ModelSpec,
    text_encoder: &'a TextEncoderSpec,
    kinds: &'a [KindSpec],
    tasks: &'a Tasks,
    attributes: &'a [gensr::AttributeSpec],
    sections: Vec<Section<'a>>,
    bytes_per_item: BytesPerItem,
    provenance: &'a Map<String, Value>,
    licences: &'a [String],
}

#[derive(Serialize)]
struct Section<'a> {
    name: &'a str,
    dtype: gensr::Dtype,
    shape: &'a [u64],
    elements: u64,
    bytes: u64,
    part: &'static str,
}

/// Bytes a catalogue entry costs, padding included; graphs, tokenizer and manifest do not grow with the catalogue
/// and are not in here.
#[derive(Debug, Default, PartialEq, Serialize)]
struct BytesPerItem {
    item_rows: f64,
    semantic: f64,
    ids_and_titles: f64,
    attributes: f64,
    words: f64,
    neighbours: f64,
    lexical: f64,
    total: f64,
}

/// The part of a pack that a section belongs to.
fn part(section: &str) -> &'static str {
    match section {
        "items.semantic" | "items.semantic_scale" => "semantic",
        "items.fused" | "items.fused_scale" | "items.popularity" => "item_rows",
        _ if section.starts_with("items.") => "ids_and_titles",
        _ if section.starts_with("attr.") => "attributes",
        _ if section.starts_with("words.") => "words",
        _ if section.starts_with("neighbours.") => "neighbours",
        _ if section.starts_with("lexical.") => "lexical",
        _ if section.starts_with("text.") || section.starts_with("graph.text") => "text_encoder",
        _ if section.starts_with("graph.") => "graphs",
        _ => "other",
    }
}

fn sections(manifest: &Manifest) -> Vec<Section<'_>> {
    let section = |spec: &gensr::SectionSpec| spec.offsets[1] - spec.offsets[0];
    manifest
        .sections
        .iter()
        .map(|spec| Section {
            name: &spec.name,
            dtype: spec.dtype,
            shape: &spec.shape,
            elements: spec.elements,
            bytes: section(spec),
            part: part(&spec.name),
        })
        .collect()
}

fn bytes_per_item(sections: &[Section<'_>], items: usize) -> BytesPerItem {
    let of = |part: &str| {
        let bytes: u64 =
            sections.iter().filter(|section| section.part == part).map(|section| section.bytes).sum();
        bytes as f64 / items.max(1) as f64
    };
    let mut parts = BytesPerItem {
        item_rows: of("item_rows"),
        semantic: of("semantic"),
        ids_and_titles: of("ids_and_titles"),
        attributes: of("attributes"),
        words: of("words"),
        neighbours: of("neighbours"),
        lexical: of("lexical"),
        total: 0.0,
    };
    parts.total = parts.rows().iter().map(|(_, bytes)| bytes).sum();
    parts
}

impl BytesPerItem {
    fn rows(&self) -> [(&'static str, f64); 7] {
        [
            ("item rows", self.item_rows),
            ("semantic rows", self.semantic),
            ("ids and titles", self.ids_and_titles),
            ("attributes", self.attributes),
            ("words", self.words),
            ("neighbours", self.neighbours),
            ("lexical", self.lexical),
        ]
    }
}

/// Runs `gensr inspect`.
pub fn inspect(args: &PackArgs, json: bool) -> Result<()> {
    let pack = open::pack(&args.pack)?;
    let manifest = pack.manifest();
    let sections = sections(manifest);
    let bytes_per_item = bytes_per_item(&sections, manifest.items);
    let inspection = Inspection {
        name: &manifest.name,
        id: pack.id(),
        format_version: manifest.format_version,
        bytes: pack.bytes_len() as u64,
        items: manifest.items,
        dim: manifest.dim,
        model: &manifest.model,
        text_encoder: &manifest.text_encoder,
        kinds: &manifest.kinds,
        tasks: &manifest.tasks,
        attributes: &manifest.attributes,
        sections,
        bytes_per_item,
        provenance: &manifest.provenance,
        licences: &manifest.licences,
    };
    output::show(json, &inspection, || text(&inspection))
}

fn text(pack: &Inspection<'_>) -> String {
    let mut out =
        format!("{}  {}\n\n", bold(pack.name), dim(format!("gensr pack, format {}", pack.format_version)));
    let mut facts = output::table(&[]);
    let model = pack.model;
    let kinds = pack.kinds.iter().map(|kind| {
        let task = match kind.task {
            KindTask::Recommend => "recommend",
            KindTask::Search => "search",
            _ => "no task",
        };
        let sign = if kind.sign < 0 { "-" } else { "" };
        format!("{} ({task} {sign}{})", kind.name, kind.strength)
    });
    let attributes = pack
        .attributes
        .iter()
        .map(|attribute| format!("{} ({})", attribute.name, format!("{:?}", attribute.kind).to_lowercase()));
    let encoder = match pack.text_encoder.kind {
        TextEncoderKind::Static => "static (word vectors only)".to_owned(),
        _ => format!(
            "sentence encoder, {} wide, at most {} tokens",
            pack.text_encoder.dim, pack.text_encoder.max_tokens
        ),
    };
    let rows = [
        ("id", pack.id.to_owned()),
        ("size", bytes(pack.bytes)),
        ("items", format!("{}, {} wide", count(pack.items as u64), pack.dim)),
        (
            "decoder",
            format!(
                "{} layers, {} heads of {}; reads the last {} events{}",
                model.layers,
                model.heads,
                model.head_dim,
                model.window,
                if model.dedupe { ", each item once" } else { "" }
            ),
        ),
        ("text encoder", encoder),
        ("event kinds", kinds.collect::<Vec<_>>().join(", ")),
        ("attributes", attributes.collect::<Vec<_>>().join(", ")),
        ("licences", pack.licences.join(", ")),
    ];
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        facts.add_row([dim(name), value]);
    }
    out.push_str(&format!("{facts}\n\n"));

    let mut table = output::table(&["section", "type", "shape", "size", "share"]);
    for section in &pack.sections {
        let shape: Vec<String> = section.shape.iter().map(|&n| count(n)).collect();
        table.add_row([
            comfy_table::Cell::new(section.name),
            comfy_table::Cell::new(format!("{:?}", section.dtype).to_lowercase()),
            right(shape.join(" x ")),
            right(bytes(section.bytes)),
            right(format!("{:.1} %", 100.0 * section.bytes as f64 / pack.bytes as f64)),
        ]);
    }
    out.push_str(&format!("{table}\n\n"));

    let mut table = output::table(&["bytes per item", ""]);
    for (name, bytes) in pack.bytes_per_item.rows() {
        table.add_row([comfy_table::Cell::new(name), right(format!("{bytes:.1}"))]);
    }
    let total = pack.bytes_per_item.total;
    table.add_row([comfy_table::Cell::new("total"), right(format!("{total:.1}"))]);
    let verdict = if total <= BYTES_PER_ITEM_BUDGET { "within" } else { "over" };
    out.push_str(&format!(
        "{table}\n{}\n",
        dim(format!("{verdict} the budget of {BYTES_PER_ITEM_BUDGET} bytes an item"))
    ));

    if !pack.provenance.is_empty() {
        out.push_str(&format!("\n{}\n", bold("provenance")));
        let mut table = output::table(&[]);
        for (name, value) in pack.provenance {
            let value = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            table.add_row([dim(name), output::shorten(&value, 100)]);
        }
        out.push_str(&format!("{table}\n"));
    }
    out
}

#[derive(Serialize)]
struct Verification<'a> {
    ok: bool,
    id: &'a str,
    name: &'a str,
    sections: usize,
    bytes: u64,
}

/// Runs `gensr verify`; a damaged pack is an error that names the section.
pub fn verify(args: &PackArgs, json: bool) -> Result<()> {
    let pack: Pack = open::pack(&args.pack)?;
    let bar = output::progress(pack.bytes_len() as u64, "verifying", true);
    let result = pack.verify(|done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    result.map_err(|error| open::explain(error, &args.pack))?;
    let manifest = pack.manifest();
    let verification = Verification {
        ok: true,
        id: pack.id(),
        name: &manifest.name,
        sections: manifest.sections.len(),
        bytes: pack.bytes_len() as u64,
    };
    output::show(json, &verification, || {
        format!(
            "{} is whole: {} sections, {}, every hash as the manifest says\nid {}\n",
            bold(verification.name),
            verification.sections,
            bytes(verification.bytes),
            verification.id
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_of_the_format_has_a_part() {
        let cases = [
            ("items.fused", "item_rows"),
            ("items.semantic_scale", "semantic"),
            ("items.id_order", "ids_and_titles"),
            ("items.title_bytes", "ids_and_titles"),
            ("items.popularity", "item_rows"),
            ("attr.price.values", "attributes"),
            ("words.vectors", "words"),
            ("neighbours.ids", "neighbours"),
            ("lexical.impact_scale", "lexical"),
            ("text.tokenizer", "text_encoder"),
            ("graph.text@nnapi", "text_encoder"),
            ("graph.decoder", "graphs"),
            ("new.thing", "other"),
        ];
        for (section, expected) in cases {
            assert_eq!(part(section), expected, "{section}");
        }
    }

    #[test]
    fn bytes_per_item_add_up() {
        let section = |name: &'static str, bytes| Section {
            name,
            dtype: gensr::Dtype::U8,
            shape: &[],
            elements: 0,
            bytes,
            part: part(name),
        };
        let sections =
            [section("items.fused", 640), section("items.ids", 64), section("graph.decoder", 9999)];
        let per_item = bytes_per_item(&sections, 10);
        assert_eq!((per_item.item_rows, per_item.ids_and_titles, per_item.total), (64.0, 6.4, 70.4));
    }
}
