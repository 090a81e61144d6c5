//! What is known of an event beside what happened.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Tag, Timestamp, Uuid};

/// Who, when and why: stored with every event, never part of its payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Unique for the event, whoever reads it however often.
    pub event_id: Uuid,
    /// When it was committed, by the clock of the program that did so.
    pub at: Timestamp,
    /// The request or conversation it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// The command or event that led to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<String>,
    /// On whose behalf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// For which tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Why, in the words of whoever asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it is about, besides the aggregate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// The person of whom it says something that can be forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The fields of the payload that are stored encrypted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concealed: Vec<String>,
    /// What ties the event of an audited aggregate to the one before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
}

/// What is seldom there, and little of it.
#[derive(Serialize, Deserialize)]
struct Remarks<'m> {
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    correlation: Option<Cow<'m, str>>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    causation: Option<Cow<'m, str>>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    actor: Option<Cow<'m, str>>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    tenant: Option<Cow<'m, str>>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'m, str>>,
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    tags: Cow<'m, [Tag]>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    subject: Option<Cow<'m, str>>,
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    concealed: Cow<'m, [String]>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    seal: Option<Cow<'m, str>>,
}

impl Metadata {
    /// With nothing but an id and a time.
    #[must_use]
    pub const fn new(event_id: Uuid, at: Timestamp) -> Self {
        Self {
            event_id,
            at,
            correlation: None,
            causation: None,
            actor: None,
            tenant: None,
            reason: None,
            tags: Vec::new(),
            subject: None,
            concealed: Vec::new(),
            seal: None,
        }
    }

    /// Everything but the id and the time, as JSON text, for storages that have columns for these; `None` when there is nothing.
    ///
    /// # Errors
    /// None that is known; it is JSON's to say.
    pub fn remarks(&self) -> serde_json::Result<Option<String>> {
        let Self { correlation, causation, actor, tenant, reason, tags, subject, .. } = self;
        let (concealed, seal) = (&self.concealed, &self.seal);
        let texts = [correlation, causation, actor, tenant, reason, subject, seal];
        if tags.is_empty() && texts.iter().all(|text| text.is_none()) {
            return Ok(None);
        }
        let [correlation, causation, actor, tenant, reason, subject, seal] =
            texts.map(|text| text.as_deref().map(Cow::Borrowed));
        let (tags, concealed) = (Cow::Borrowed(&**tags), Cow::Borrowed(&**concealed));
        serde_json::to_string(&Remarks {
            correlation,
            causation,
            actor,
            tenant,
            reason,
            tags,
            subject,
            concealed,
            seal,
        })
        .map(Some)
    }

    /// The same from what was kept of it.
    ///
    /// # Errors
    /// When the text is none of [`Self::remarks`].
    pub fn with_remarks(self, remarks: Option<&str>) -> serde_json::Result<Self> {
        let Some(remarks) = remarks else { return Ok(self) };
        let remarks: Remarks<'_> = serde_json::from_str(remarks)?;
        let Remarks { correlation, causation, actor, tenant, reason, tags, subject, .. } = remarks;
        let (concealed, seal) = (remarks.concealed.into_owned(), remarks.seal);
        let [correlation, causation, actor, tenant, reason, subject, seal] =
            [correlation, causation, actor, tenant, reason, subject, seal]
                .map(|text| text.map(Cow::into_owned));
        let tags = tags.into_owned();
        Ok(Self {
            correlation,
            causation,
            actor,
            tenant,
            reason,
            tags,
            subject,
            concealed,
            seal,
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_in_two_parts_is_the_same() {
        let bare = Metadata::new(Uuid::from_u128(1), Timestamp::UNIX_EPOCH);
        assert_eq!(bare.remarks().unwrap(), None);
        let some = |text: &str| Some(text.to_owned());
        let full = Metadata {
            correlation: some("a \"quoted\" one"),
            causation: some("b"),
            actor: some("c"),
            tenant: some("d"),
            reason: some("e\nf"),
            tags: vec![Tag::new("course", 1), Tag::new("student", "ada")],
            subject: some("g"),
            concealed: vec!["name".to_owned()],
            seal: some("h"),
            ..bare.clone()
        };
        for metadata in [bare.clone(), full.clone(), Metadata { seal: None, ..full }] {
            let remarks = metadata.remarks().unwrap();
            assert_eq!(bare.clone().with_remarks(remarks.as_deref()).unwrap(), metadata);
        }
    }
}
