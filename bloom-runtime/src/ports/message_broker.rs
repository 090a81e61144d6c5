//! Messages between programs.

use std::{collections::BTreeMap, fmt, future::Future, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use super::ServiceError;
use crate::domain::{Invalid, Validation};

/// Carries messages from those who publish to groups of those who receive, each at least once to every group.
///
/// It belongs to no unit of work: a command handler that is run again publishes again, and what it has published stays when its
/// commit fails. So publish from an event handler, under the id of the event. A message can come twice, and in any order;
/// whoever receives tells a repetition by [`Message::id`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use bloom_runtime::{
///     memory::MemoryBroker,
///     ports::{ConsumerGroup, Message, MessageBroker, MessageSubscription, Topic},
/// };
///
/// let broker = MemoryBroker::new();
/// let (topic, group) = (Topic::new("shop.orders")?, ConsumerGroup::new("billing")?);
/// let orders = broker.subscribe(&topic, &group).await?;
///
/// broker.publish(&topic, &Message::json("1", "order.placed", &42)?).await?;
///
/// if let Some(received) = orders.receive(Duration::ZERO).await? {
///     assert_eq!(received.message.decode::<u32>()?, 42);
///     orders.ack(&received).await?;
/// }
/// # Ok::<(), bloom_runtime::ports::ServiceError>(()) }).unwrap();
/// ```
pub trait MessageBroker: Send + Sync + 'static {
    /// Where one member of a group receives.
    type Subscription: MessageSubscription;

    /// Hands a message over; it returns when the broker has confirmed that it keeps it. Without any group it may be lost.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] as of [`Message::check`]; [`ServiceError::OutcomeUnknown`] when the confirmation was lost:
    /// publish it again.
    fn publish(
        &self,
        topic: &Topic,
        message: &Message,
    ) -> impl Future<Output = Result<(), ServiceError>> + Send;

    /// Joins a group, and founds it when it is new. A group keeps what is published while none of its members is there; what was
    /// published before it was founded it may get or not.
    ///
    /// # Errors
    /// When the broker is out of reach.
    fn subscribe(
        &self,
        topic: &Topic,
        group: &ConsumerGroup,
    ) -> impl Future<Output = Result<Self::Subscription, ServiceError>> + Send;
}

/// Receives some of the messages of a group; its other members receive the others.
///
/// What was received is to be settled before the broker's deadline, by [`ack`](Self::ack) or [`nack`](Self::nack). Otherwise
/// it comes again, here or to another member.
pub trait MessageSubscription: Send + Sync + 'static {
    /// The next message; `None` when none has come after `wait`. Who drops the future loses no message.
    ///
    /// # Errors
    /// When the broker is out of reach.
    fn receive(
        &self,
        wait: Duration,
    ) -> impl Future<Output = Result<Option<ReceivedMessage>, ServiceError>> + Send;

    /// The message has had its effect, and the group needs it no more.
    ///
    /// # Errors
    /// [`ServiceError::LeaseLost`] when the broker says that it comes again or has come again; not every broker does.
    fn ack(
        &self,
        received: &ReceivedMessage,
    ) -> impl Future<Output = Result<(), ServiceError>> + Send;

    /// The message had no effect, and comes again as soon as the broker likes, for ever: who gives up on one keeps it
    /// elsewhere and acknowledges it.
    ///
    /// # Errors
    /// As [`ack`](Self::ack).
    fn nack(
        &self,
        received: &ReceivedMessage,
    ) -> impl Future<Output = Result<(), ServiceError>> + Send;
}

/// What messages are about: words separated by dots, such as `shop.orders`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(String);

impl Topic {
    /// The most bytes it may have.
    pub const MAX: usize = 200;

    /// The topic with this name.
    ///
    /// # Errors
    /// `topic`, unless it is made of ASCII letters, digits, `_` and `-` in words between dots.
    pub fn new(name: impl Into<String>) -> Result<Self, Invalid> {
        let name = name.into();
        if name.len() <= Self::MAX && name.split('.').all(is_word) {
            Ok(Self(name))
        } else {
            Err(Invalid::new("topic", "must be a topic such as shop.orders"))
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name under which several receivers share the messages of a topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConsumerGroup(String);

impl ConsumerGroup {
    /// The most bytes it may have.
    pub const MAX: usize = 100;

    /// The group with this name.
    ///
    /// # Errors
    /// `consumer_group`, unless it is made of ASCII letters, digits, `_` and `-`.
    pub fn new(name: impl Into<String>) -> Result<Self, Invalid> {
        let name = name.into();
        if name.len() <= Self::MAX && is_word(&name) {
            Ok(Self(name))
        } else {
            Err(Invalid::new("consumer_group", "must be a name such as billing"))
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConsumerGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// Tells it from every other, however often it comes.
    pub id: String,
    /// What it is, such as `order.placed`: says how to read the body.
    pub name: String,
    /// Messages with the same key stay in order where the broker has a way to do so.
    pub key: Option<String>,
    /// What else is known of it, by names of ASCII letters, digits, `_` and `-`.
    pub headers: BTreeMap<String, String>,
    /// The content.
    pub body: Vec<u8>,
}

impl Message {
    /// The most bytes of a body that every broker takes without being told to.
    pub const MAX_BODY: usize = 512 * 1_024;

    /// A message without a key and headers.
    pub fn new(id: impl Into<String>, name: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        let (id, name, body) = (id.into(), name.into(), body.into());
        Self { id, name, key: None, headers: BTreeMap::new(), body }
    }

    /// A message whose body is JSON.
    ///
    /// # Errors
    /// [`ServiceError::Internal`] for what JSON cannot hold, such as a map whose keys are no text.
    pub fn json<T: Serialize + ?Sized>(
        id: impl Into<String>,
        name: impl Into<String>,
        value: &T,
    ) -> Result<Self, ServiceError> {
        let body =
            serde_json::to_vec(value).map_err(|error| ServiceError::Internal(error.into()))?;
        Ok(Self::new(id, name, body))
    }

    /// The same, with this key.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The same, with one more header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// The body, read as JSON.
    ///
    /// # Errors
    /// [`ServiceError::Undecodable`] when it is no `T`.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        serde_json::from_slice(&self.body).map_err(|error| ServiceError::Undecodable {
            what: format!("the message `{}` called `{}`", self.id, self.name),
            source: error.into(),
        })
    }

    /// What every implementation checks before it publishes.
    ///
    /// # Errors
    /// Every field that some broker would not take.
    pub fn check(&self) -> Result<(), Invalid> {
        let is_id = |text: &str| (1..=255).contains(&text.len()) && is_line(text);
        let is_key = self.key.as_deref().is_none_or(is_id);
        let is_header = |(name, value): (&String, &String)| is_word(name) && is_line(value);
        let mut check = Validation::new();
        check.ensure(is_id(&self.id), "id", "line", "must be a line of 1 to 255 bytes");
        check.ensure(is_id(&self.name), "name", "line", "must be a line of 1 to 255 bytes");
        check.ensure(is_key, "key", "line", "must be a line of 1 to 255 bytes");
        check.ensure(
            self.headers.iter().all(is_header),
            "headers",
            "header",
            "must have words as names and lines as values",
        );
        check.ensure(self.body.len() <= Self::MAX_BODY, "body", "length", "is too long");
        check.finish(|| Some(()))
    }
}

/// A message that waits to be settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMessage {
    /// The message.
    pub message: Message,
    /// How often the group was given it, this time included, as far as the broker knows; 1 where it does not.
    pub attempt: u32,
    /// The broker's own name for this delivery.
    pub handle: String,
}

fn is_word(text: &str) -> bool {
    let is_inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !text.is_empty() && text.bytes().all(is_inside)
}

fn is_line(text: &str) -> bool {
    !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_every_broker_takes() {
        for wrong in ["", ".", "a.", "a b", "a.*", "ä"] {
            assert!(Topic::new(wrong).is_err() && ConsumerGroup::new(wrong).is_err(), "{wrong:?}");
        }
        assert!(Topic::new("a.b_c-1").is_ok() && ConsumerGroup::new("a.b").is_err());
    }

    #[test]
    fn everything_that_cannot_be_published_is_named() {
        let wrong = Message::new("", "a\nb", vec![0_u8; Message::MAX_BODY + 1])
            .with_key("")
            .with_header("x", "y\r\nz: 1");
        let error = ServiceError::from(wrong.check().unwrap_err());
        assert_eq!(error.to_string().split("; ").count(), 5, "{error}");
    }
}
