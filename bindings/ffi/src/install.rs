//! Replacing the open pack.

/// A pack to install.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct InstallRequest {
    /// Path of the new pack. It is copied: it may be deleted afterwards.
    pub pack: String,
    /// SHA-256 of the whole file, 64 hex digits, from a trusted source.
    pub expected_sha256: String,
    /// Where to put the pack; `None` replaces the file that the engine was opened from.
    pub destination: Option<String>,
}

impl From<InstallRequest> for gensr::InstallRequest {
    fn from(InstallRequest { pack, expected_sha256, destination }: InstallRequest) -> Self {
        Self::new(pack, expected_sha256).destination(destination.map(std::path::PathBuf::from))
    }
}

/// Result of an installation.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Installed {
    /// Id of the pack that was replaced.
    pub previous_pack_id: String,
    /// Id of the pack in use now; the same where it was installed already.
    pub pack_id: String,
    /// Recorded events that the engine reads.
    pub events: u64,
    /// Those of them whose items are not in the new pack. They are kept.
    pub dormant: u64,
    /// Events that became dormant.
    pub deactivated: u64,
    /// Events that are no longer dormant.
    pub reactivated: u64,
}

impl From<gensr::Installed> for Installed {
    fn from(installed: gensr::Installed) -> Self {
        Self {
            previous_pack_id: installed.previous_pack_id,
            pack_id: installed.pack_id,
            events: installed.events as u64,
            dormant: installed.dormant as u64,
            deactivated: installed.deactivated as u64,
            reactivated: installed.reactivated as u64,
        }
    }
}
