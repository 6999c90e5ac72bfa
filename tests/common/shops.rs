//! Two shops that tell their answers apart, and a place that packs are installed to.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};

use gensr::{CancelToken, Engine, InstallRequest, Installed};
use serde_json::json;

use super::rewritten::{Rewritten, sha256};

/// A pack in a file, and what `install` wants to know of it.
pub struct Shop {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

impl Shop {
    pub fn new(folder: &Path, name: &str, bytes: Vec<u8>) -> Self {
        let path = folder.join(name);
        std::fs::write(&path, &bytes).unwrap();
        Self { path, bytes }
    }

    pub fn request(&self) -> InstallRequest {
        InstallRequest::new(&self.path, sha256(&self.bytes))
    }
}

/// A folder with two shops, and one with a copy of the first that is to be replaced.
pub struct Shops {
    _folders: [tempfile::TempDir; 2],
    pub here: Shop,
    pub other: Shop,
    pub installed: PathBuf,
}

impl Shops {
    pub fn new(pack: &Path) -> Self {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let here = Shop::new(folders[0].path(), "here.gensr", std::fs::read(pack).unwrap());
        let other = Shop::new(folders[0].path(), "other.gensr", other_shop(pack).file());
        let installed = folders[1].path().join("shop.gensr");
        std::fs::copy(pack, &installed).unwrap();
        Self { _folders: folders, here, other, installed }
    }

    pub fn install(&self, engine: &Engine, shop: &Shop) -> Installed {
        engine.install(&shop.request(), &CancelToken::new()).unwrap()
    }

    /// Names of the files beside the installed pack and its own.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.installed.parent().unwrap()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

/// Rows from here on have other ids in the other pack.
pub const SHARED: usize = 1_000;

/// The demo pack as another shop: another name, titles and brands that begin with "Other ", other ids from row `SHARED` on
/// ("h0123" for "g0123"), and other scores.
pub fn other_shop(pack: &Path) -> Rewritten {
    let mut other = Rewritten::of(pack);
    other.manifest["name"] = json!("Another shop");
    let renamed = |texts: Vec<String>| texts.iter().map(|text| format!("Other {text}")).collect::<Vec<_>>();
    for table in ["items.title_", "attr.brand.dict_"] {
        let texts = other.strings(table);
        other.replace_strings(table, &renamed(texts));
    }
    let mut ids = other.strings("items.id_");
    ids[SHARED..].iter_mut().for_each(|id| *id = id.replacen('g', "h", 1));
    assert!(ids.is_sorted(), "the order of the ids stays");
    other.replace_strings("items.id_", &ids);
    for scales in ["items.fused_scale", "neighbours.scale", "lexical.impact_scale"] {
        other.scale(scales, 1.5);
    }
    other
}
