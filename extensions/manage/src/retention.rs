//! Truncating the log: into an archive, by hand or while the application serves.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bloom_runtime::{
    application::{Retained, Retention, StorageStore, Subscriptions, SystemClock},
    domain::Timestamp,
    ports::{Clock, Cursors, RecordedEvent, Storage, StoreError},
};
use serde_json::json;

use crate::{application::Application, config::EventsConfig, failure::RunError};

/// How often the log is looked after while the application serves.
const PAUSE: Duration = Duration::from_secs(60 * 60);

/// The file that keeps what is truncated, an event on each line.
pub(crate) struct Archive {
    path: PathBuf,
    file: File,
}

impl Archive {
    /// Goes on with a file, or begins it; another program that writes into it is waited for.
    pub(crate) fn open(path: &Path) -> Result<Self, RunError> {
        let opened = || -> std::io::Result<File> {
            let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
            file.lock()?;
            // A line that was broken off must not swallow the next one.
            if file.metadata()?.len() > 0 {
                let mut last = [0];
                file.seek(SeekFrom::End(-1))?;
                file.read_exact(&mut last)?;
                if last != *b"\n" {
                    file.write_all(b"\n")?;
                }
            }
            // The file itself has to be there after a failure of power, too.
            #[cfg(unix)]
            {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()?;
            }
            Ok(file)
        };
        let failed = |source| RunError::Archive { path: path.display().to_string(), source };
        Ok(Self { path: path.to_owned(), file: opened().map_err(failed)? })
    }

    /// Keeps some events; they are on the disk when it returns.
    pub(crate) fn keep(&mut self, events: &[RecordedEvent]) -> Result<(), StoreError> {
        let lines: String = events.iter().map(|event| line(event) + "\n").collect();
        let kept = self.file.write_all(lines.as_bytes()).and_then(|()| self.file.sync_data());
        kept.map_err(|source| {
            let path = self.path.display().to_string();
            StoreError::Internal(RunError::Archive { path, source }.into())
        })
    }
}

/// What `events tail --json` shows of it, too.
fn line(event: &RecordedEvent) -> String {
    let RecordedEvent { position, stream, version, name, revision, body, metadata, .. } = event;
    let payload: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|_| json!(body));
    json!({
        "position": position,
        "stream": stream,
        "version": version,
        "name": name,
        "revision": revision,
        "payload": payload,
        "metadata": metadata,
    })
    .to_string()
}

/// What is old at this moment; `None` where everything is kept.
pub(crate) fn old(config: &EventsConfig, now: Timestamp) -> Option<Timestamp> {
    const DAY: i64 = 24 * 60 * 60 * 1_000_000;
    if config.keep_days == 0 {
        return None;
    }
    // What is older than time can tell is kept.
    let age = i64::from(config.keep_days).checked_mul(DAY)?;
    Timestamp::from_micros(now.as_micros().checked_sub(age)?)
}

/// The readers of the log that the program has, whether they have begun or not.
pub(crate) fn readers<A: Application>(store: &StorageStore<A::Storage>) -> Vec<&'static str> {
    let handlers = A::subscriptions(store, Subscriptions::new(Arc::clone(store.storage())));
    #[cfg_attr(
        not(any(feature = "sqlite", feature = "postgres")),
        expect(unused_mut, reason = "where there are databases there are read models")
    )]
    let mut readers = handlers.names();
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    readers.extend(A::projections().names());
    readers
}

/// Truncates what is old, archived first where there is an archive.
pub(crate) async fn truncate<S: Storage + Cursors>(
    store: &StorageStore<S>,
    retention: &Retention,
    archive: Option<&Path>,
) -> Result<Retained, RunError> {
    let mut archive = archive.map(Archive::open).transpose()?;
    let keep = |events: &[RecordedEvent]| match &mut archive {
        Some(archive) => archive.keep(events),
        None => Ok(()),
    };
    Ok(store.truncate(retention, keep).await?)
}

/// Looks after the log for as long as it is let.
pub(crate) async fn look_after<A: Application>(
    store: StorageStore<A::Storage>,
    config: EventsConfig,
) {
    let readers = readers::<A>(&store);
    while let Some(before) = old(&config, SystemClock::default().now()) {
        let retention = Retention::before(before).read_by(readers.clone());
        match truncate(&store, &retention, config.archive.as_deref()).await {
            Ok(retained) if retained.events > 0 => {
                tracing::info!(events = retained.events, position = %retained.position, "truncated the log");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!("the log was not truncated: {error}"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}
