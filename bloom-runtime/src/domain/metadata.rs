//! What is known of an event beside what happened.

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
    /// What ties the event of an audited aggregate to the one before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
}
