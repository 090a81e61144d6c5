//! How the personal fields of an event are stored.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use crate::{
    domain::Uuid,
    ports::{Batch, Cipher, NewEvent, RecordedEvent, StoreError, SubjectKey},
};

/// What stands in the place of a personal value: the id of the key, and what it sealed.
const SEALED: &str = "$sealed";

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
    for append in &mut batch.appends {
        for event in &mut append.events {
            if event.personal.is_empty() {
                continue;
            }
            let cipher = cipher.ok_or(StoreError::NoCipher)?;
            let subject = event.metadata.subject.as_deref().unwrap_or_default();
            let key = keys.key(&append.stream.tenant, subject).ok_or_else(|| {
                StoreError::Internal(format!("there is no key for `{subject}`").into())
            })?;
            conceal_event(cipher, key, event)?;
        }
    }
    Ok(batch)
}

fn conceal_event(
    cipher: &dyn Cipher,
    key: &SubjectKey,
    event: &mut NewEvent,
) -> Result<(), StoreError> {
    let mut fields: Map<String, Value> =
        serde_json::from_str(&event.body).map_err(|error| StoreError::Internal(error.into()))?;
    for name in event.personal {
        let Some(value) = fields.get_mut(*name).filter(|value| !value.is_null()) else { continue };
        let place = place(event.metadata.event_id, name);
        let sealed = cipher.seal(&key.key, &place, &value.to_string())?;
        *value = json!({ SEALED: format!("{} {sealed}", key.id) });
    }
    event.body = Value::Object(fields).to_string();
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
        let key = keys.key(&event.stream.tenant, subject);
        let corrupt = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Corrupt {
            place: format!("event {} of the log", event.position),
            source,
        };
        let mut fields: Map<String, Value> =
            serde_json::from_str(&event.body).map_err(|error| corrupt(error.into()))?;
        let mut is_changed = false;
        for (name, value) in &mut fields {
            let Some(sealed) = sealed(value) else { continue };
            let (id, text) =
                sealed.split_once(' ').ok_or_else(|| corrupt("no key is named".into()))?;
            let opened = match key.filter(|key| key.id.to_string() == id) {
                Some(key) => {
                    let place = place(event.metadata.event_id, name);
                    let opened =
                        cipher.ok_or(StoreError::NoCipher)?.open(&key.key, &place, text)?;
                    serde_json::from_str(&opened).map_err(|error| corrupt(error.into()))?
                }
                None => Value::Null,
            };
            *value = opened;
            is_changed = true;
        }
        if is_changed {
            let body = Value::Object(fields).to_string();
            event.concealed = Some(std::mem::replace(&mut event.body, body));
        }
    }
    Ok(())
}

fn sealed(value: &Value) -> Option<&str> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    fields.get(SEALED)?.as_str()
}

fn place(event: Uuid, field: &str) -> String {
    format!("{event}/{field}")
}
