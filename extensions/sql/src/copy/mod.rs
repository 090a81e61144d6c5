//! Copying everything from one database to another, whichever they are.
//!
//! The source is read as it is at one moment; the target takes all of it or nothing. So a copy can be broken off, and begun again.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

pub(crate) mod error;
pub(crate) mod parcel;

pub use error::CopyError;
use error::{failed, is_broken_off};
use parcel::Parcel;
pub use parcel::{Copied, Progress};

/// A database, by its address.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Address {
    #[cfg(feature = "sqlite")]
    Sqlite(std::path::PathBuf),
    #[cfg(feature = "postgres")]
    Postgres(String),
}

/// Copies everything that Bloom keeps, from one address such as `sqlite:data/shop.db` to another such as
/// `postgres://shop@localhost/shop`, which has to be migrated and empty. `progress` is told of it a few times a second.
///
/// Positions, versions, ids and times stay what they are, so that clients, readers and other programs notice nothing. What is
/// committed to the source while it is copied is not copied: stop the program first.
///
/// # Errors
/// When one of both cannot be read or written, or is not what it has to be; the target is then as it was.
pub async fn copy(
    from: &str,
    to: &str,
    mut progress: impl FnMut(&Progress) + Send,
) -> Result<Copied, CopyError> {
    let (from, to) = (address(from)?, address(to)?);
    if from == to {
        return Err(CopyError::Same);
    }
    let (sender, parcels) = mpsc::channel::<Parcel>(4);
    let (told, mut tellings) = mpsc::channel::<Progress>(16);
    let reading = tokio::spawn(read(from, sender));
    let writing = tokio::spawn(write(to, parcels, told));
    let mut last: Option<(String, Instant)> = None;
    while let Some(telling) = tellings.recv().await {
        let is_due = last.as_ref().is_none_or(|(table, at)| {
            *table != telling.table || at.elapsed() > Duration::from_millis(200)
        });
        if is_due || telling.done == telling.total {
            progress(&telling);
            last = Some((telling.table.clone(), Instant::now()));
        }
    }
    let written = writing.await.map_err(|error| failed("target", error))?;
    let read = reading.await.map_err(|error| failed("source", error))?;
    match (read, written) {
        // Each notices that the other is gone; why it is gone, only the other knows.
        (Err(error), Err(cause)) if is_broken_off(&error) => Err(cause),
        (Err(error), _) | (Ok(()), Err(error)) => Err(error),
        (Ok(()), Ok(copied)) => Ok(copied),
    }
}

async fn read(from: Address, parcels: mpsc::Sender<Parcel>) -> Result<(), CopyError> {
    match from {
        #[cfg(feature = "sqlite")]
        Address::Sqlite(path) => {
            let read = move || crate::sqlite::copy::read(&path, &parcels);
            tokio::task::spawn_blocking(read).await.map_err(|error| failed("source", error))?
        }
        #[cfg(feature = "postgres")]
        Address::Postgres(url) => crate::postgres::copy::read(&url, &parcels).await,
    }
}

async fn write(
    to: Address,
    parcels: mpsc::Receiver<Parcel>,
    told: mpsc::Sender<Progress>,
) -> Result<Copied, CopyError> {
    match to {
        #[cfg(feature = "sqlite")]
        Address::Sqlite(path) => {
            let write = move || crate::sqlite::copy::write(&path, parcels, &told);
            tokio::task::spawn_blocking(write).await.map_err(|error| failed("target", error))?
        }
        #[cfg(feature = "postgres")]
        Address::Postgres(url) => crate::postgres::copy::write(&url, parcels, &told).await,
    }
}

fn address(url: &str) -> Result<Address, CopyError> {
    #[cfg(feature = "sqlite")]
    if let Some(path) = url.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
        return Ok(Address::Sqlite(path.into()));
    }
    #[cfg(feature = "postgres")]
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        return Ok(Address::Postgres(url.to_owned()));
    }
    // The rest may hold a password, and so may what only looks like a scheme.
    let is_word = |scheme: &&str| scheme.bytes().all(|sign| sign.is_ascii_alphanumeric());
    let scheme = url.split_once(':').map(|(scheme, _)| scheme).filter(is_word);
    Err(CopyError::Scheme { scheme: scheme.unwrap_or("an address without a scheme").to_owned() })
}
