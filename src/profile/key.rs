//! The key of an encrypted profile, and the check that distinguishes a wrong key from damage.
//!
//! A page that cannot be decrypted looks the same with a wrong key as where it is damaged. So beside the database there is
//! `profile.keycheck`: a line for each key that the database may have at the moment (two while it changes), of the salt in
//! the database's first 16 bytes and a hash of salt and key. The key has 256 random bits: its hash gives nothing away.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::directory::{Directory, Header, Salt};
use crate::error::{Error, Result};

/// The key of an encrypted profile: 32 random bytes that the host makes once and keeps in the platform's key store.
///
/// Wiped from memory when dropped, and never printed. SQLCipher has a copy of its own while the profile is open.
#[derive(Clone, PartialEq, Eq)]
pub struct ProfileKey(Zeroizing<[u8; 32]>);

impl ProfileKey {
    /// A key of these bytes. They have to be random, not a passphrase: nothing makes guesses slow.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// As SQLCipher takes a key that it is not to derive: `x'...'`.
    #[cfg_attr(not(feature = "sqlcipher"), expect(dead_code, reason = "nothing is encrypted"))]
    pub(super) fn literal(&self) -> Zeroizing<String> {
        // Never grows, so no copy is left behind.
        let mut text = Zeroizing::new(String::with_capacity(67));
        text.push_str("x'");
        for byte in *self.0 {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(nibble.into(), 16).expect("a nibble is a digit"));
            }
        }
        text.push('\'');
        text
    }

    fn check(&self, salt: &Salt) -> [u8; 32] {
        let hash = Sha256::new_with_prefix(b"gensr profile key check 1\0").chain_update(salt);
        hash.chain_update(*self.0).finalize().into()
    }
}

impl fmt::Debug for ProfileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProfileKey(..)")
    }
}

/// How a database is to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Plain,
    /// With the key. That it does not open means damage only where the key is `certain`.
    Encrypted {
        certain: bool,
    },
    /// It is plain and there is a key: to be encrypted.
    Encrypt,
}

/// Decides by header and key check, before anything is touched.
pub(super) fn way(directory: &Directory, key: Option<&ProfileKey>) -> Result<Way> {
    let header = directory.header()?;
    let checks = KeyChecks::read(directory)?;
    match (key, header) {
        (None, Header::Other(_)) if !checks.0.is_empty() => {
            Err(Error::invalid("the profile is encrypted: open it with its key"))
        }
        (None, _) => Ok(Way::Plain),
        (Some(_), Header::Plain) => Ok(Way::Encrypt),
        (Some(_), Header::Absent) => Ok(Way::Encrypted { certain: true }),
        (Some(_), Header::Other(_)) if checks.0.is_empty() => Ok(Way::Encrypted { certain: false }),
        (Some(key), Header::Other(salt)) if checks.fits(key, &salt) => Ok(Way::Encrypted { certain: true }),
        (Some(_), Header::Other(_)) => Err(wrong_key()),
    }
}

pub(super) fn wrong_key() -> Error {
    Error::invalid("this is not the profile's key; nothing was changed")
}

/// The lines of `profile.keycheck`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct KeyChecks(Vec<(Salt, [u8; 32])>);

impl KeyChecks {
    /// Lines that cannot be read are left out.
    fn read(directory: &Directory) -> Result<Self> {
        let text = directory.read_key_checks()?;
        let line = |line: &str| {
            let (salt, check) = line.split_once(' ')?;
            Some((from_hex(salt)?, from_hex(check)?))
        };
        Ok(Self(text.lines().filter_map(line).collect()))
    }

    /// Whether the key is that of the database with this salt; where no line has its salt, because its first bytes are
    /// damaged, of any.
    fn fits(&self, key: &ProfileKey, salt: &Salt) -> bool {
        let known = self.0.iter().any(|(found, _)| found == salt);
        self.0.iter().any(|(found, check)| (!known || found == salt) && key.check(found) == *check)
    }

    /// Adds a line for the key of a database that is about to take the place of the present one.
    #[cfg_attr(not(feature = "sqlcipher"), expect(dead_code, reason = "nothing is encrypted"))]
    pub(super) fn add(directory: &Directory, key: &ProfileKey, salt: Salt) -> Result<()> {
        let mut checks = Self::read(directory)?;
        checks.0.push((salt, key.check(&salt)));
        checks.write(directory)
    }

    /// Leaves one line, for the key that has opened the database.
    #[cfg_attr(not(feature = "sqlcipher"), expect(dead_code, reason = "nothing is encrypted"))]
    pub(super) fn settle(directory: &Directory, key: &ProfileKey) -> Result<()> {
        let Header::Other(salt) = directory.header()? else { return Ok(()) };
        let settled = Self(vec![(salt, key.check(&salt))]);
        if Self::read(directory)? == settled { Ok(()) } else { settled.write(directory) }
    }

    fn write(&self, directory: &Directory) -> Result<()> {
        let line = |(salt, check): &(Salt, [u8; 32])| format!("{} {}\n", to_hex(salt), to_hex(check));
        directory.write_key_checks(&self.0.iter().map(line).collect::<String>())
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
    }
    Some(bytes)
}
