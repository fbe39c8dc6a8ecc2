//! Cache results in common terms.

use crate::event::Cache;

/// What the word of a cache means; letters of either case. Words of one cache alone are understood
/// where no other cache uses them otherwise.
///
/// Fastly adds how it came about (`HIT-CLUSTER`, `MISS-WAIT`), Squid and Traffic Server the protocol
/// (`TCP_MEM_HIT`), Azure the place (`REMOTE_HIT`).
#[must_use]
pub fn result(word: &[u8]) -> Option<Cache> {
    let mut upper = [0_u8; 40];
    let upper = upper.get_mut(..word.len())?;
    upper.copy_from_slice(word);
    upper.make_ascii_uppercase();
    Some(match &*upper {
        b"HIT" | b"HIT-CLUSTER" | b"HIT-WAIT" | b"STREAM_HIT" | b"REMOTE_HIT" | b"PARTIAL_HIT" | b"ORIGINSHIELDHIT" | b"TRUE"
        | b"HIT-SYNTH" | b"PRERENDER" => Cache::Hit,
        b"MISS"
        | b"EXPIRED"
        | b"MISS-CLUSTER"
        | b"MISS-WAIT"
        | b"TCP_MISS"
        | b"TCP_REFRESH_MODIFIED"
        | b"TCP_REFRESH_MISS"
        | b"TCP_CLIENT_REFRESH_MISS"
        | b"TCP_CLIENT_REFRESH"
        | b"TCP_SWAPFAIL_MISS"
        | b"TCP_SWAPFAIL"
        | b"TCP_IMS_MISS"
        | b"TCP_TUNNEL"
        | b"FALSE"
        | b"DEFERRED" => Cache::Miss,
        b"BYPASS" | b"PASS" | b"PASS-CLUSTER" | b"PASS-WAIT" | b"HITPASS" | b"HIT-FOR-PASS" | b"HITMISS" | b"DYNAMIC"
        | b"IGNORED" | b"CONFIG_NOCACHE" | b"CACHE_NOCONFIG" | b"PRIVATE_NOSTORE" | b"PIPE" | b"NOT_CACHEABLE" => Cache::Pass,
        b"STALE"
        | b"UPDATING"
        | b"HIT-STALE"
        | b"HIT-STALE-CLUSTER"
        | b"TCP_REF_FAIL_HIT"
        | b"TCP_REFRESH_FAIL"
        | b"TCP_REFRESH_FAIL_OLD"
        | b"TCP_STALE_HIT" => Cache::Stale,
        b"REVALIDATED" | b"REFRESHHIT" | b"TCP_REFRESH_HIT" | b"TCP_REFRESH_UNMODIFIED" | b"HIT-REFRESH" => Cache::Revalidated,
        b"TCP_CF_MISS" => Cache::Miss,
        b"TCP_DENIED_REPLY" | b"TCP_REDIRECT" => Cache::Synth,
        b"SYNTH" | b"ERROR" | b"ERROR-CLUSTER" | b"REDIRECT" | b"FUNCTIONGENERATEDRESPONSE" | b"TCP_DENIED" => Cache::Synth,
        [b'T', b'C', b'P', b'_', rest @ ..] if rest.ends_with(b"HIT") => Cache::Hit,
        [b'H', b'I', b'T', b'-', ..] => Cache::Hit,
        [b'M', b'I', b'S', b'S', b'-', ..] => Cache::Miss,
        [b'P', b'A', b'S', b'S', b'-', ..] => Cache::Pass,
        [b'E', b'R', b'R', b'O', b'R', b'-', ..] => Cache::Synth,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_many_caches_become_six() {
        for (words, want) in [
            (&["HIT", "hit", "HIT-CLUSTER", "TCP_MEM_HIT", "TCP_HIT", "REMOTE_HIT"][..], Some(Cache::Hit)),
            (&["MISS", "miss", "EXPIRED", "MISS-CLUSTER", "TCP_MISS", "TCP_CLIENT_REFRESH_MISS"], Some(Cache::Miss)),
            (&["BYPASS", "dynamic", "PASS", "PASS-REFRESH", "CONFIG_NOCACHE"], Some(Cache::Pass)),
            (&["STALE", "UPDATING", "TCP_REF_FAIL_HIT", "TCP_REFRESH_FAIL"], Some(Cache::Stale)),
            (&["REVALIDATED", "RefreshHit", "TCP_REFRESH_HIT"], Some(Cache::Revalidated)),
            (&["SYNTH", "Redirect", "ERROR-LOSTHDR"], Some(Cache::Synth)),
            (&["", "-", "unknown", "N/A", "none", "a word that is much longer than any word of any cache"], None),
        ] {
            for word in words {
                assert_eq!(result(word.as_bytes()), want, "{word}");
            }
        }
    }
}
