//! Which part of a projection an aggregate belongs to.

use bloom_runtime::ports::StreamId;

use crate::digest::fnv1a;

/// The part of an aggregate, of so many; the same in every program, since it is stored how far each part has come.
pub(super) fn part_of(stream: &StreamId, parts: u32) -> u32 {
    let StreamId { tenant, aggregate, id } = stream;
    let bytes = [tenant, aggregate, id].into_iter().flat_map(|text| text.bytes().chain([0]));
    let hash = fnv1a(bytes);
    // The lower bits of such a hash are the less even ones.
    u32::try_from((hash ^ hash >> 32) % u64::from(parts.max(1))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use bloom_runtime::domain::Uuid;

    use super::*;

    fn stream(id: String) -> StreamId {
        StreamId { tenant: String::new(), aggregate: "account".to_owned(), id }
    }

    #[test]
    fn an_aggregate_is_for_ever_in_its_part() {
        let parts = ["a", "b", "c", "d"].map(|id| part_of(&stream(id.to_owned()), 4));
        assert_eq!(parts, [3, 0, 1, 2]);
    }

    #[test]
    fn aggregates_are_spread_evenly() {
        let mut counted = [0_u32; 7];
        for _ in 0..7_000 {
            let part = part_of(&stream(format!("account-{}", Uuid::now_v7())), 7);
            counted[usize::try_from(part).expect("small")] += 1;
        }
        assert!(counted.iter().all(|count| (800..1_200).contains(count)), "{counted:?}");
    }
}
