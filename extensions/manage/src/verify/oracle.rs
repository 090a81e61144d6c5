//! What must hold, whatever was killed when.

use std::collections::{BTreeMap, BTreeSet};

use bloom_runtime::{
    application::Happened,
    ports::{Position, RecordedEvent, StreamId},
};
use bloom_sql::SqlValue;

use super::{observed::Sequence, probe::ProbeEvent};

/// What the writers have said.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    began: BTreeSet<String>,
    acknowledged: BTreeMap<String, u64>,
    refused: BTreeSet<String>,
}

impl Ledger {
    pub(super) fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }

    /// One line of a writer; half a line of one that was killed says nothing.
    pub(super) fn note(&mut self, line: &str) {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["began", key] => {
                self.began.insert(key.to_owned());
            }
            ["acknowledged", key, position] => {
                if let Ok(position) = position.parse() {
                    self.acknowledged.insert(key.to_owned(), position);
                }
            }
            ["refused", key] => {
                self.refused.insert(key.to_owned());
            }
            _ => {}
        }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) passed: Vec<String>,
    pub(super) failed: Vec<String>,
}

impl Verdict {
    fn check(&mut self, holds: bool, right: String, wrong: String) {
        if holds { self.passed.push(right) } else { self.failed.push(wrong) }
    }
}

/// Where the parts of one commit are in the log.
#[derive(Default)]
struct Found {
    parts: Vec<u32>,
    expected: u32,
    last: u64,
}

/// Holds the log against what was said, the readers against the log, and the read model against a fresh fold of it.
pub(super) fn judge(
    ledger: &Ledger,
    log: &[RecordedEvent],
    readers: &[Sequence],
    rows: &[Vec<SqlValue>],
) -> Verdict {
    let mut verdict = Verdict::default();
    let (found, touches) = fold(log, &mut verdict);
    commits(ledger, &found, &mut verdict);
    order(log, &mut verdict);

    let ids: Vec<String> = log.iter().map(|event| event.metadata.event_id.to_string()).collect();
    let alike = readers.iter().all(|reader| reader.events == ids && reader.hole.is_none());
    let unlike = readers.iter().filter(|reader| reader.events != ids).count();
    verdict.check(
        alike,
        format!(
            "{} readers saw every event once, in the one order, while it was written",
            readers.len()
        ),
        format!("{unlike} of {} readers saw something else than the log", readers.len()),
    );

    let shown: BTreeMap<String, i64> = rows
        .iter()
        .filter_map(|row| match &row[..] {
            [SqlValue::Text(probe), SqlValue::Integer(touches)] => Some((probe.clone(), *touches)),
            _ => None,
        })
        .collect();
    verdict.check(
        shown == touches,
        "the read model, which two processes kept, says what the log says".to_owned(),
        format!("the read model says {shown:?}, and the log says {touches:?}"),
    );
    verdict
}

fn fold(
    log: &[RecordedEvent],
    verdict: &mut Verdict,
) -> (BTreeMap<String, Found>, BTreeMap<String, i64>) {
    let (mut found, mut touches) = (BTreeMap::<String, Found>::new(), BTreeMap::new());
    for entry in log {
        let touched: &mut i64 = touches.entry(entry.stream.id.clone()).or_default();
        match Happened::<ProbeEvent>::decode(entry.clone()) {
            Ok(Happened::Event(event)) => {
                if let ProbeEvent::Touched { key, part, parts } = event.event {
                    *touched += 1;
                    let found = found.entry(key).or_default();
                    found.parts.push(part);
                    found.expected = parts;
                    found.last = entry.position.get();
                }
            }
            Ok(Happened::Moved(_) | Happened::Resumed(_)) => {}
            Err(error) => verdict.failed.push(format!("event {}: {error}", entry.position)),
        }
    }
    (found, touches)
}

fn commits(ledger: &Ledger, found: &BTreeMap<String, Found>, verdict: &mut Verdict) {
    let whole = |found: &Found| found.parts.iter().copied().eq(1..=found.expected);
    let lost: Vec<&String> = ledger
        .acknowledged
        .iter()
        .filter(|(key, position)| {
            found.get(*key).is_none_or(|found| !whole(found) || found.last != **position)
        })
        .map(|(key, _)| key)
        .collect();
    verdict.check(
        lost.is_empty(),
        format!(
            "{} acknowledged commits are in the log, each whole and once",
            ledger.acknowledged.len()
        ),
        format!("acknowledged, and not in the log whole and once where it was said: {lost:?}"),
    );
    let open: Vec<&String> = ledger
        .began
        .iter()
        .filter(|key| !ledger.acknowledged.contains_key(*key) && !ledger.refused.contains(*key))
        .collect();
    let (there, not): (Vec<&String>, Vec<&String>) =
        open.iter().copied().partition(|key| found.contains_key(*key));
    let torn: Vec<&&String> =
        there.iter().filter(|key| found.get(**key).is_some_and(|found| !whole(found))).collect();
    verdict.check(
        torn.is_empty(),
        format!(
            "{} commits got no answer: {} are in the log whole and once, {} not at all",
            open.len(),
            there.len(),
            not.len()
        ),
        format!("without an answer, and in the log in part or twice: {torn:?}"),
    );
    let stray: Vec<&String> = found
        .keys()
        .filter(|key| ledger.refused.contains(*key) || !ledger.began.contains(*key))
        .collect();
    verdict.check(
        stray.is_empty(),
        format!(
            "{} commits were refused as conflicts, and nothing of them is in the log",
            ledger.refused.len()
        ),
        format!("in the log, although refused or never begun: {stray:?}"),
    );
}

fn order(log: &[RecordedEvent], verdict: &mut Verdict) {
    let hole = log.iter().zip(1..).find(|(event, place)| event.position != Position::new(*place));
    verdict.check(
        hole.is_none(),
        format!("positions run from 1 to {} without a hole", log.len()),
        format!(
            "a hole in the positions: {:?}",
            hole.map(|(event, place)| (event.position, place))
        ),
    );
    let mut versions: BTreeMap<&StreamId, u64> = BTreeMap::new();
    let wrong = log.iter().find(|event| {
        let version = versions.entry(&event.stream).or_default();
        *version += 1;
        *version != event.version.get()
    });
    let wrong = wrong.map(|event| format!("{} at version {}", event.stream, event.version));
    verdict.check(
        wrong.is_none(),
        format!("versions of {} streams run from 1 in the order of the positions", versions.len()),
        format!("out of order: {}", wrong.unwrap_or_default()),
    );
}

#[cfg(test)]
mod tests {
    use bloom_runtime::{
        domain::{DomainEvent, Metadata, Timestamp, Uuid, Version},
        ports::RecordedEvent,
    };

    use super::*;

    /// One touch of a stream: its number, the version, the key, the part and of how many.
    type Touch = (u128, u64, &'static str, u32, u32);

    fn log(touches: &[Touch]) -> Vec<RecordedEvent> {
        let entry = |(index, &(stream, version, key, part, parts)): (usize, &Touch)| {
            let event = ProbeEvent::Touched { key: key.to_owned(), part, parts };
            RecordedEvent {
                position: Position::new(index as u64 + 1),
                stream: StreamId {
                    tenant: String::new(),
                    aggregate: "probe".to_owned(),
                    id: stream.to_string(),
                },
                version: Version::new(version),
                name: event.name().to_owned(),
                revision: event.revision(),
                body: event.to_body().expect("JSON"),
                concealed: None,
                metadata: Metadata::new(Uuid::from_u128(index as u128), Timestamp::UNIX_EPOCH),
            }
        };
        touches.iter().enumerate().map(entry).collect()
    }

    fn ledger(lines: &[&str]) -> Ledger {
        let mut ledger = Ledger::default();
        lines.iter().for_each(|line| ledger.note(line));
        ledger
    }

    fn seen(log: &[RecordedEvent]) -> Sequence {
        let events = log.iter().map(|event| event.metadata.event_id.to_string()).collect();
        Sequence { events, hole: None }
    }

    fn rows(counts: &[(&str, i64)]) -> Vec<Vec<SqlValue>> {
        counts.iter().map(|(probe, count)| vec![(*probe).into(), (*count).into()]).collect()
    }

    const TOUCHES: [Touch; 3] = [(1, 1, "a", 1, 2), (1, 2, "a", 2, 2), (2, 1, "b", 1, 1)];
    const SAID: [&str; 5] = ["began a", "acknowledged a 2", "began b", "began c", "refused c"];
    const ROWS: [(&str, i64); 2] = [("1", 2), ("2", 1)];

    fn failures(touches: &[Touch], said: &[&str], shown: &[(&str, i64)]) -> Vec<String> {
        let log = log(touches);
        judge(&ledger(said), &log, &[seen(&log)], &rows(shown)).failed
    }

    #[test]
    fn what_holds_is_found_to_hold() {
        assert_eq!(failures(&TOUCHES, &SAID, &ROWS), Vec::<String>::new());
    }

    #[test]
    fn what_does_not_hold_is_found() {
        let one = |failures: Vec<String>, said: &str| {
            assert!(failures.len() == 1 && failures[0].contains(said), "{said}: {failures:?}");
        };
        let more = |line| [&SAID[..], &[line]].concat();
        // Acknowledged and lost, in part, elsewhere, or twice.
        one(failures(&TOUCHES, &more("acknowledged d 3"), &ROWS), "[\"d\"]");
        one(failures(&TOUCHES, &more("acknowledged a 1"), &ROWS), "acknowledged, and not");
        let torn = [(1, 1, "a", 2, 2), (2, 1, "b", 1, 1)];
        one(failures(&torn, &SAID, &[("1", 1), ("2", 1)]), "acknowledged, and not");
        let twice = [TOUCHES[0], TOUCHES[1], TOUCHES[2], (2, 2, "b", 1, 1)];
        one(failures(&twice, &SAID, &[("1", 2), ("2", 2)]), "in part or twice");
        // Refused and there; never begun.
        let stray = [TOUCHES[0], TOUCHES[1], TOUCHES[2], (2, 2, "c", 1, 1)];
        one(failures(&stray, &SAID, &[("1", 2), ("2", 2)]), "refused or never begun");
        // Order.
        let disordered = [(1, 2, "a", 1, 2), (1, 1, "a", 2, 2), (2, 1, "b", 1, 1)];
        one(failures(&disordered, &SAID, &ROWS), "out of order");
        let mut holed = log(&TOUCHES);
        holed[2].position = Position::new(4);
        let holed = judge(&ledger(&SAID), &holed, &[seen(&holed)], &rows(&ROWS)).failed;
        one(holed, "a hole");
        // Readers and the read model.
        one(failures(&TOUCHES, &SAID, &[("1", 3), ("2", 1)]), "the read model says");
        let whole = log(&TOUCHES);
        let skipped = Sequence { events: seen(&whole).events[1..].to_vec(), hole: None };
        let readers = [seen(&whole), skipped];
        one(judge(&ledger(&SAID), &whole, &readers, &rows(&ROWS)).failed, "1 of 2 readers");
    }
}
