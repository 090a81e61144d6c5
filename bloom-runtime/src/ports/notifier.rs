//! Telling people.

use std::future::Future;

use super::ServiceError;
use crate::domain::{Invalid, Validation, rules};

/// Sends a message to a person, by e-mail, SMS, push or whatever the driver knows.
///
/// It belongs to no unit of work: a command handler that is run again sends again, and what is sent stays sent. So notify from
/// an event handler, under a key made of the event's id. Under the same key a person may still be told twice: only
/// where the service knows such keys can a driver prevent it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use bloom_runtime::{
///     memory::MemoryNotifier,
///     ports::{Notification, Notifier, Recipient},
/// };
///
/// let notifier = MemoryNotifier::new();
/// let ada = Recipient::Email("ada@example.com".to_owned());
/// let shipped = Notification::new("order-7:shipped", ada, "It is on its way.");
/// notifier.send(&shipped.with_subject("Your order")).await?;
/// assert_eq!(notifier.sent()[0].subject.as_deref(), Some("Your order"));
/// # Ok::<(), bloom_runtime::ports::ServiceError>(()) }).unwrap();
/// ```
pub trait Notifier: Send + Sync + 'static {
    /// Hands a message over to be sent. That it was taken does not say that it has arrived.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] as of [`Notification::check`], [`ServiceError::Unsupported`] for a channel that the driver does
    /// not know, [`ServiceError::OutcomeUnknown`] when the answer was lost: sending it again under the same key is the lesser evil.
    fn send(
        &self,
        notification: &Notification,
    ) -> impl Future<Output = Result<(), ServiceError>> + Send;
}

/// Whom to tell, and over which channel.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Recipient {
    /// An e-mail address.
    Email(String),
    /// A telephone number with its country, such as `+441632960000`.
    Sms(String),
    /// The token of a device.
    Push(String),
    /// A channel that only some drivers know.
    Other {
        /// The channel, such as `slack`.
        channel: String,
        /// Whom to tell there.
        address: String,
    },
}

impl Recipient {
    /// The name of the channel: `email`, `sms`, `push` or that of another one.
    #[must_use]
    pub fn channel(&self) -> &str {
        match self {
            Self::Email(_) => "email",
            Self::Sms(_) => "sms",
            Self::Push(_) => "push",
            Self::Other { channel, .. } => channel,
        }
    }

    /// Whom to tell on that channel.
    #[must_use]
    pub fn address(&self) -> &str {
        match self {
            Self::Email(address)
            | Self::Sms(address)
            | Self::Push(address)
            | Self::Other { address, .. } => address,
        }
    }

    fn check(&self) -> Result<(), Invalid> {
        match self {
            Self::Email(address) => rules::email(address),
            Self::Sms(number) => {
                if is_phone_number(number) {
                    Ok(())
                } else {
                    Err(Invalid::new("phone", "must be a number such as +441632960000"))
                }
            }
            Self::Push(_) | Self::Other { .. } => {
                if is_line(self.channel()) && is_line(self.address()) {
                    Ok(())
                } else {
                    Err(Invalid::new("line", "must be a line of text"))
                }
            }
        }
    }
}

/// A message to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notification {
    /// Tells it from every other, so that a repetition can be told from a second one.
    pub key: String,
    /// Whom to tell.
    pub recipient: Recipient,
    /// The subject or title, on channels that have one.
    pub subject: Option<String>,
    /// What to tell, as plain text.
    pub text: String,
    /// The same as HTML, on channels that can show it.
    pub html: Option<String>,
}

impl Notification {
    /// A text for somebody, under an idempotency key.
    pub fn new(key: impl Into<String>, recipient: Recipient, text: impl Into<String>) -> Self {
        Self { key: key.into(), recipient, subject: None, text: text.into(), html: None }
    }

    /// The same, with this subject.
    #[must_use]
    pub fn with_subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// The same, with this HTML. Values from outside have to be escaped in it.
    #[must_use]
    pub fn with_html(mut self, html: impl Into<String>) -> Self {
        self.html = Some(html.into());
        self
    }

    /// What every implementation checks before it sends. No line can smuggle another header into an e-mail.
    ///
    /// # Errors
    /// Every field that cannot be sent.
    pub fn check(&self) -> Result<(), Invalid> {
        let is_key = is_line(&self.key) && self.key.len() <= 255;
        let is_subject = self.subject.as_deref().is_none_or(is_line);
        let mut check = Validation::new();
        check.ensure(is_key, "key", "line", "must be a line of 1 to 255 bytes");
        check.include(self.recipient.check().map_err(|invalid| invalid.at("recipient")));
        check.ensure(is_subject, "subject", "line", "must be a line of text");
        check.ensure(!self.text.is_empty(), "text", "required", "must not be empty");
        check.finish(|| Some(()))
    }
}

/// Whether it is written as E.164 says: a plus, and 7 to 15 digits that do not begin with a zero.
fn is_phone_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|sign| sign.is_ascii_digit())
    })
}

fn is_line(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_cannot_be_sent_is_named() {
        let wrong = Notification::new("", Recipient::Sms("0163".to_owned()), "")
            .with_subject("hello\r\nBcc: everybody@example.com");
        let invalid = wrong.check().unwrap_err();
        let fields: Vec<&str> =
            invalid.violations().iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["key", "recipient", "subject", "text"]);
    }

    #[test]
    fn every_channel_has_a_name() {
        let other = Recipient::Other { channel: "slack".to_owned(), address: "#orders".to_owned() };
        assert_eq!((other.channel(), other.address()), ("slack", "#orders"));
        let phone = Recipient::Sms("+441632960000".to_owned());
        assert_eq!((phone.channel(), phone.address()), ("sms", "+441632960000"));
        for recipient in [other, phone] {
            assert!(Notification::new("1", recipient, "hi").check().is_ok());
        }
    }
}
