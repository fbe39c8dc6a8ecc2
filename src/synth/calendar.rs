//! The generator's own calendar: milliseconds since the Unix epoch, written the ways logs write
//! them. Deliberately not `crate::time`: a defect there must not hide itself in the made data.

/// Milliseconds in a second.
pub(crate) const SECOND: i64 = 1_000;
/// Milliseconds in a minute.
pub(crate) const MINUTE: i64 = 60 * SECOND;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The instant of a UTC date and time, counting days year by year and month by month.
pub(crate) fn utc(year: i64, month: i64, day: i64, hour: i64, minute: i64) -> i64 {
    let years: i64 = (1970..year).map(|y| if leap(y) { 366 } else { 365 }).sum();
    let months: i64 = (1..month).map(|m| month_days(year, m)).sum();
    (((years + months + day - 1) * 24 + hour) * 60 + minute) * MINUTE
}

/// A UTC instant taken apart.
struct Parts {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    milli: i64,
}

fn parts(at: i64) -> Parts {
    let (mut days, ms) = (at.div_euclid(24 * 60 * MINUTE), at.rem_euclid(24 * 60 * MINUTE));
    let mut year = 1970;
    while days >= if leap(year) { 366 } else { 365 } {
        days -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let mut month = 1;
    while days >= month_days(year, month) {
        days -= month_days(year, month);
        month += 1;
    }
    let (hour, minute) = (ms / (60 * MINUTE), ms / MINUTE % 60);
    Parts { year, month, day: days + 1, hour, minute, second: ms / SECOND % 60, milli: ms % SECOND }
}

fn leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn month_name(month: i64) -> &'static str {
    MONTHS.get(month as usize - 1).copied().unwrap_or("Jan")
}

/// `2024-08-13<TAB>00:00:00`: CloudFront's two columns.
pub(crate) fn columns(at: i64) -> String {
    let p = parts(at);
    format!("{:04}-{:02}-{:02}\t{:02}:{:02}:{:02}", p.year, p.month, p.day, p.hour, p.minute, p.second)
}

/// `13/Aug/2024:00:00:00`: the common log format without its zone.
pub(crate) fn common(at: i64) -> String {
    let p = parts(at);
    format!("{:02}/{}/{:04}:{:02}:{:02}:{:02}", p.day, month_name(p.month), p.year, p.hour, p.minute, p.second)
}

/// `13/Aug/2024:00:00:00.123`: HAProxy's accept date.
pub(crate) fn common_millis(at: i64) -> String {
    format!("{}.{:03}", common(at), parts(at).milli)
}

/// `Aug 13 00:00:00`: the stamp of a syslog line (RFC 3164: the day is padded with a space).
pub(crate) fn syslog(at: i64) -> String {
    let p = parts(at);
    format!("{} {:>2} {:02}:{:02}:{:02}", month_name(p.month), p.day, p.hour, p.minute, p.second)
}

/// `2024-08-13T00:00:00Z`.
pub(crate) fn rfc3339(at: i64) -> String {
    let p = parts(at);
    format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", p.year, p.month, p.day, p.hour, p.minute, p.second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_the_way_each_log_writes_them() {
        let at = utc(2024, 8, 13, 0, 42) + 7 * SECOND + 89;
        assert_eq!(at, 1_723_509_727_089);
        assert_eq!(columns(at), "2024-08-13\t00:42:07");
        assert_eq!(common(at), "13/Aug/2024:00:42:07");
        assert_eq!(common_millis(at), "13/Aug/2024:00:42:07.089");
        assert_eq!(syslog(utc(2024, 2, 9, 3, 4)), "Feb  9 03:04:00");
        assert_eq!(rfc3339(utc(2000, 2, 29, 23, 59)), "2000-02-29T23:59:00Z");
        assert_eq!(rfc3339(utc(2023, 12, 31, 23, 59) + MINUTE), "2024-01-01T00:00:00Z");
    }
}
