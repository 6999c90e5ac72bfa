//! Memory of the process, on Linux and Android.

use serde::{Deserialize, Serialize};

/// One reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Pages of our own that the system cannot drop: heap, stacks, written data (swapped ones included).
    pub private_bytes: u64,
    /// Resident pages of mapped files, the pack and the libraries; the system may drop them at any time.
    pub mapped_bytes: u64,
    /// All resident pages.
    pub rss_bytes: u64,
}

impl Memory {
    /// Reads `/proc/self/smaps_rollup`; `None` where there is none.
    pub fn now() -> Option<Self> {
        Self::parse(&std::fs::read_to_string("/proc/self/smaps_rollup").ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let line = text
                .lines()
                .find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')))?;
            let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
            kilobytes.checked_mul(1024)
        };
        let rss_bytes = field("Rss")?;
        Some(Self {
            private_bytes: field("Private_Dirty")? + field("Swap").unwrap_or(0),
            mapped_bytes: rss_bytes.saturating_sub(field("Anonymous")?),
            rss_bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_kernel_s_format() {
        let text = "55d0-7ffc ---p 00000000 00:00 0    [rollup]\n\
            Rss:                1000 kB\nPss:                 700 kB\nPss_Dirty:           300 kB\n\
            Private_Clean:       100 kB\nPrivate_Dirty:       300 kB\nAnonymous:           250 kB\n\
            Swap:                 10 kB\nSwapPss:              10 kB\n";
        let memory = Memory::parse(text).unwrap();
        assert_eq!(memory.rss_bytes, 1000 * 1024);
        assert_eq!(memory.private_bytes, 310 * 1024);
        assert_eq!(memory.mapped_bytes, 750 * 1024);
        assert_eq!(Memory::parse("nothing"), None);
    }
}
