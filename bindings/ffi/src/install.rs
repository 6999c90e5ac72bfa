//! Another pack in the place of the open one.

/// A pack to install.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct InstallRequest {
    /// Path of the new pack. It is copied: it may be deleted afterwards.
    pub pack: String,
    /// SHA-256 of the whole file, 64 hex digits, from somebody the app trusts.
    pub expected_sha256: String,
    /// Where the pack is to be; none is over the file that the engine was opened from.
    pub destination: Option<String>,
}

impl From<InstallRequest> for gensr::InstallRequest {
    fn from(InstallRequest { pack, expected_sha256, destination }: InstallRequest) -> Self {
        Self { pack: pack.into(), expected_sha256, destination: destination.map(Into::into) }
    }
}

/// What an installation changed.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Installed {
    /// Id of the pack that was replaced.
    pub previous_pack_id: String,
    /// Id of the pack that answers now; the same where it was there already.
    pub pack_id: String,
    /// Recorded events that the engine reads.
    pub events: u64,
    /// Those of them whose items the new pack does not know. They are kept.
    pub dormant: u64,
    /// Events that are dormant now and were not.
    pub fell_asleep: u64,
    /// Events that were dormant and are not any more.
    pub woke: u64,
}

impl From<gensr::Installed> for Installed {
    fn from(installed: gensr::Installed) -> Self {
        Self {
            previous_pack_id: installed.previous_pack_id,
            pack_id: installed.pack_id,
            events: installed.events as u64,
            dormant: installed.dormant as u64,
            fell_asleep: installed.fell_asleep as u64,
            woke: installed.woke as u64,
        }
    }
}
