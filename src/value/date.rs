//! Dates as days since 1970-01-01, in the calendar of today for all times.

use std::fmt;

/// Days of 400 years, after which the calendar repeats, and those from 0000-03-01 to 1970-01-01.
const ERA: i64 = 146_097;
const EPOCH: i64 = 719_468;

/// A day of the calendar. Years count from March, so that a leap day is the last of its year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ymd {
    year: i64,
    month: i64,
    day: i64,
}

impl Ymd {
    /// `YYYY-MM-DD`; `None` for anything else, and for days that no calendar has.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
        let part = |from: usize, to: usize| -> Option<i64> {
            let digits = bytes.get(from..to)?;
            digits.iter().all(u8::is_ascii_digit).then_some(())?;
            Some(digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
        };
        let date = Self { year: part(0, 4)?, month: part(5, 7)?, day: part(8, 10)? };
        // A day that does not exist comes back as another one.
        (shape && (1..=12).contains(&date.month) && Self::from_days(date.days()) == date).then_some(date)
    }

    /// Days since 1970-01-01.
    pub(crate) fn days(self) -> i32 {
        let year = self.year - i64::from(self.month <= 2);
        let of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        let of_era = year.rem_euclid(400);
        let days = year.div_euclid(400) * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH;
        i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX })
    }

    /// The day that is so many days after 1970-01-01.
    pub(crate) fn from_days(days: i32) -> Self {
        let days = i64::from(days) + EPOCH;
        let of_era = days.rem_euclid(ERA);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = (from_march + 2) % 12 + 1;
        Self {
            year: year + 400 * days.div_euclid(ERA) + i64::from(month <= 2),
            month,
            day: of_year - (153 * from_march + 2) / 5 + 1,
        }
    }
}

impl fmt::Display for Ymd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_days() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2000-03-01", 11_017),
            ("2024-12-31", 20_088),
            ("1582-10-15", -141_427),
            ("0000-01-01", -719_528),
            ("9999-12-31", 2_932_896),
        ] {
            let date = Ymd::parse(text).unwrap();
            assert_eq!((date.days(), date.to_string()), (days, text.to_owned()));
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "2024",
            "2024-1-01",
            "2024-01-1",
            "24-01-01",
            "2023-02-29",
            "1900-02-29",
            "2024-00-10",
            "2024-13-01",
            "2024-01-00",
            "2024-04-31",
            "2024/01/01",
            "2024-01-01T",
            "+024-01-01",
            "２024-01",
        ] {
            assert_eq!(Ymd::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn days_and_dates_agree(days in any::<i32>()) {
            let date = Ymd::from_days(days);
            prop_assert_eq!(date.days(), days);
            prop_assert!((1..=12).contains(&date.month) && (1..=31).contains(&date.day));
            if (0..=9999).contains(&date.year) {
                prop_assert_eq!(Ymd::parse(&date.to_string()), Some(date));
            }
            if days < i32::MAX {
                // The next day is the next of the month, or the first of a month.
                let next = Ymd::from_days(days + 1);
                prop_assert!(next.day == 1 || (next.day == date.day + 1 && next.month == date.month));
            }
        }
    }
}
