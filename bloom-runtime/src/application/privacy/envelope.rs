//! How the personal fields of an event are stored: in the place of each a text with the id of the key, and what it sealed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::value::RawValue;

use crate::{
    domain::Uuid,
    ports::{Batch, Cipher, KeyUsed, NewEvent, RecordedEvent, StoreError, SubjectKey},
};

/// Tenant and person.
pub type Whose = (String, String);

/// The keys of some people.
#[derive(Debug, Default)]
pub struct Keyring(HashMap<Whose, SubjectKey>);

impl FromIterator<SubjectKey> for Keyring {
    fn from_iter<I: IntoIterator<Item = SubjectKey>>(keys: I) -> Self {
        let keys = keys.into_iter();
        Self(keys.map(|key| ((key.tenant.clone(), key.subject.clone()), key)).collect())
    }
}

impl Keyring {
    /// Those who have no key yet.
    #[must_use]
    pub fn lacking(&self, subjects: &BTreeSet<Whose>) -> Vec<Whose> {
        subjects.iter().filter(|whose| !self.0.contains_key(whose)).cloned().collect()
    }

    fn key(&self, tenant: &str, subject: &str) -> Option<&SubjectKey> {
        self.0.get(&(tenant.to_owned(), subject.to_owned()))
    }
}

/// Tenant and person of whatever is personal in these events.
#[must_use]
pub fn subjects_of(events: &[RecordedEvent]) -> BTreeSet<(String, String)> {
    let personal = events
        .iter()
        .filter_map(|event| Some((event.stream.tenant.clone(), event.metadata.subject.clone()?)));
    personal.collect()
}

impl Batch {
    /// Tenant and person of whatever is to be concealed.
    #[must_use]
    pub fn subjects(&self) -> BTreeSet<(String, String)> {
        let appends = self.appends.iter().map(|append| (&append.stream, &append.events));
        let personal = appends.flat_map(|(stream, events)| {
            events
                .iter()
                .filter(|event| !event.personal.is_empty())
                .filter_map(|event| Some((stream.tenant.clone(), event.metadata.subject.clone()?)))
        });
        personal.collect()
    }
}

/// Encrypts what is personal.
///
/// # Errors
/// [`StoreError::NoCipher`] where there is nothing to do it with, and whatever the cipher says.
pub fn conceal(
    cipher: Option<&dyn Cipher>,
    keys: &Keyring,
    mut batch: Batch,
) -> Result<Batch, StoreError> {
    let mut used = BTreeSet::new();
    for append in &mut batch.appends {
        for event in &mut append.events {
            if event.personal.is_empty() {
                continue;
            }
            let cipher = cipher.ok_or(StoreError::NoCipher)?;
            let tenant = &append.stream.tenant;
            let subject = event.metadata.subject.clone().unwrap_or_default();
            let Some(key) = keys.key(tenant, &subject) else {
                // It was made, and is gone.
                return Err(StoreError::KeyForgotten { subject });
            };
            conceal_event(cipher, key, event)?;
            used.insert(KeyUsed { tenant: tenant.clone(), subject, key_id: key.id });
        }
    }
    batch.keys_used.extend(used);
    Ok(batch)
}

/// The fields of a payload, each as it is written.
type Parts = BTreeMap<String, Box<RawValue>>;

fn conceal_event(
    cipher: &dyn Cipher,
    key: &SubjectKey,
    event: &mut NewEvent,
) -> Result<(), StoreError> {
    let internal = |error: serde_json::Error| StoreError::Internal(error.into());
    let mut fields: Parts = serde_json::from_str(&event.body).map_err(internal)?;
    for name in event.personal {
        let Some(value) = fields.get_mut(*name).filter(|value| value.get() != "null") else {
            continue;
        };
        let place = place(event.metadata.event_id, name);
        let sealed = format!("{} {}", key.id, cipher.seal(&key.key, &place, value.get())?);
        *value = serde_json::value::to_raw_value(&sealed).map_err(internal)?;
        event.metadata.concealed.push((*name).to_owned());
    }
    event.body = serde_json::to_string(&fields).map_err(internal)?;
    event.personal = &[];
    Ok(())
}

/// Decrypts what is personal. Where the key is gone, there is nothing in its place.
///
/// # Errors
/// [`StoreError::NoCipher`] where there is nothing to do it with, and [`StoreError::Corrupt`] for what was changed.
pub fn reveal(
    cipher: Option<&dyn Cipher>,
    keys: &Keyring,
    events: &mut [RecordedEvent],
) -> Result<(), StoreError> {
    for event in events {
        let Some(subject) = &event.metadata.subject else { continue };
        if event.metadata.concealed.is_empty() {
            continue;
        }
        let key = keys.key(&event.stream.tenant, subject);
        let corrupt = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Corrupt {
            place: format!("event {} of the log", event.position),
            source,
        };
        let json = |error: serde_json::Error| corrupt(error.into());
        let mut fields: Parts = serde_json::from_str(&event.body).map_err(json)?;
        for name in &event.metadata.concealed {
            let missing = || corrupt(format!("`{name}` is missing").into());
            let value = fields.get_mut(name).ok_or_else(missing)?;
            let sealed: String = serde_json::from_str(value.get()).map_err(json)?;
            let (id, sealed) =
                sealed.split_once(' ').ok_or_else(|| corrupt("no key is named".into()))?;
            let opened = match key.filter(|key| key.id.to_string() == id) {
                Some(key) => {
                    let place = place(event.metadata.event_id, name);
                    cipher.ok_or(StoreError::NoCipher)?.open(&key.key, &place, sealed)?
                }
                None => "null".to_owned(),
            };
            *value = RawValue::from_string(opened).map_err(json)?;
        }
        let body = serde_json::to_string(&fields).map_err(json)?;
        event.concealed = Some(std::mem::replace(&mut event.body, body));
    }
    Ok(())
}

fn place(event: Uuid, field: &str) -> String {
    format!("{event}/{field}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{Metadata, Timestamp, Version},
        ports::{Position, StreamAppend, StreamId},
    };

    struct Backwards;

    impl Cipher for Backwards {
        fn new_key(&self) -> Result<Vec<u8>, StoreError> {
            Ok(Vec::new())
        }

        fn seal(&self, _: &[u8], _: &str, text: &str) -> Result<String, StoreError> {
            Ok(text.chars().rev().collect())
        }

        fn open(&self, _: &[u8], _: &str, sealed: &str) -> Result<String, StoreError> {
            Ok(sealed.chars().rev().collect())
        }
    }

    #[test]
    fn what_is_not_personal_stays_as_it_was_written() {
        let body = r#"{"big":340282366920938463463374607431768211455,"like":{"$sealed":"x"},"name":"Ada","note":"a b"}"#;
        let mut metadata = Metadata::new(Uuid::nil(), Timestamp::UNIX_EPOCH);
        metadata.subject = Some("ada".to_owned());
        let event = NewEvent {
            name: "patient.admitted".into(),
            revision: 1,
            body: body.to_owned(),
            metadata,
            personal: &["name"],
        };
        let stream =
            StreamId { tenant: String::new(), aggregate: "patient".to_owned(), id: "1".to_owned() };
        let append = StreamAppend {
            stream: stream.clone(),
            expected: Version::NEW,
            events: vec![event],
            document: None,
            keys: Vec::new(),
        };
        let key = SubjectKey {
            tenant: String::new(),
            subject: "ada".to_owned(),
            id: Uuid::nil(),
            key: Vec::new(),
        };
        let keys: Keyring = [key].into_iter().collect();
        let batch = Batch { appends: vec![append], ..Batch::default() };
        let mut batch = conceal(Some(&Backwards), &keys, batch).unwrap();
        assert_eq!(batch.keys_used.len(), 1);
        let event = batch.appends.remove(0).events.remove(0);
        assert!(!event.body.contains("Ada"));
        let recorded = RecordedEvent {
            position: Position::new(1),
            stream,
            version: Version::new(1),
            name: "patient.admitted".to_owned(),
            revision: 1,
            body: event.body,
            concealed: None,
            metadata: event.metadata,
        };
        let mut known = [recorded];
        let mut forgotten = known.clone();
        reveal(Some(&Backwards), &keys, &mut known).unwrap();
        assert_eq!(known[0].body, body);
        reveal(Some(&Backwards), &Keyring::default(), &mut forgotten).unwrap();
        assert_eq!(forgotten[0].body, body.replace("\"Ada\"", "null"));
    }
}
