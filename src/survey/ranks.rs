//! From numbers in order of sight to an order that depends on the data alone, comparing each text
//! once and numbers from then on: there may be a million series made of a few thousand names.

/// The rank of each text among all; equal texts share one.
pub(crate) fn ranks(texts: &[String]) -> Vec<u32> {
    places(texts).0
}

/// The place of each key among all, in ascending order, equal keys sharing one; and for each place
/// one item that has it.
pub(crate) fn places<K: Ord>(keys: &[K]) -> (Vec<u32>, Vec<usize>) {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_unstable_by(|&a, &b| keys[a].cmp(&keys[b]));
    let mut place = vec![0; keys.len()];
    let mut holders: Vec<usize> = Vec::new();
    for i in order {
        if holders.last().is_none_or(|&h| keys[h] != keys[i]) {
            holders.push(i);
        }
        place[i] = (holders.len() - 1) as u32;
    }
    (place, holders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_the_keys_and_equal_keys_share_one() {
        let (place, holders) = places(&[3, 1, 2, 1]);
        assert_eq!(place, [2, 0, 1, 0]);
        assert_eq!((holders.len(), holders[1], holders[2]), (3, 2, 0));
        assert_eq!(ranks(&["b".into(), String::new(), "a".into(), "b".into()]), [2, 0, 1, 2]);
        assert_eq!(places::<u8>(&[]), (vec![], vec![]));
    }
}
