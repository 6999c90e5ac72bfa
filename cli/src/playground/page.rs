//! The page: files of `cli/playground`, compiled in. Nothing is built, nothing is fetched from elsewhere.

/// Where `index.html` takes the token of this start.
const TOKEN: &str = "{{token}}";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! files {
    ($($name:literal $kind:ident),* $(,)?) => {
        &[$((concat!("/", $name), $kind, include_str!(concat!("../../playground/", $name)))),*]
    };
}

const FILES: &[(&str, &str, &str)] = files![
    "api.js" JS,
    "app.js" JS,
    "art.js" JS,
    "dom.js" JS,
    "engine.js" JS,
    "glyphs.js" JS,
    "hits.js" JS,
    "icon.svg" SVG,
    "style.css" CSS,
    "theme.css" CSS,
    "tune.js" JS,
];

const INDEX: &str = include_str!("../../playground/index.html");

/// Content type and content of a path; `None` where there is nothing.
pub fn file(path: &str, token: &str) -> Option<(&'static str, String)> {
    if path == "/" {
        return Some((HTML, INDEX.replace(TOKEN, token)));
    }
    let (_, kind, content) = FILES.iter().find(|(name, ..)| *name == path)?;
    Some((*kind, (*content).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths that a file names: `src="/x"`, `href="/x"`, `from './x'`.
    fn named(content: &str) -> Vec<String> {
        let mut found = Vec::new();
        for start in ["src=\"/", "href=\"/", "from './"] {
            let end = if start.ends_with("./") { '\'' } else { '"' };
            let rest = content.split(start).skip(1);
            found.extend(rest.map(|rest| format!("/{}", rest.split(end).next().unwrap())));
        }
        found
    }

    #[test]
    fn every_file_that_the_page_names_is_there_and_none_is_left_over() {
        let mut seen = named(INDEX);
        let mut at = 0;
        while let Some(path) = seen.get(at).cloned() {
            let (_, content) = file(&path, "").unwrap_or_else(|| panic!("{path} is missing"));
            seen.extend(named(&content));
            let mut known = std::collections::HashSet::new();
            seen.retain(|path| known.insert(path.clone()));
            at += 1;
        }
        for (path, ..) in FILES {
            assert!(seen.iter().any(|named| named == path), "{path} is not used");
        }
    }

    #[test]
    fn nothing_comes_from_elsewhere_and_no_text_becomes_markup() {
        for (path, _, content) in FILES.iter().chain(&[("/", HTML, INDEX)]) {
            let outside = content.replace("http://www.w3.org/2000/svg", "");
            assert!(!outside.contains("http:") && !outside.contains("https:"), "{path}");
            for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                assert!(!content.contains(word), "{path} has {word}");
            }
            assert!(
                !content.contains(" style=\"") && !content.contains(" onclick=\""),
                "{path}: the policy forbids it"
            );
        }
    }
}
