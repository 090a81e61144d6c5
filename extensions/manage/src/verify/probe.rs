//! What is written and read to verify a database: an aggregate, and a read model of it.

use bloom_runtime::{EventSourced, application::Recorded, prelude::*};
use bloom_sql::{Migrations, Projected, Projection, Projections, Projects, View, parameters};

#[derive(Identity)]
pub(super) struct ProbeId(Uuid);

#[derive(DomainEvent)]
pub(super) enum ProbeEvent {
    #[event(name = "probe.placed", rev = 1)]
    Placed { id: ProbeId },
    /// One of the events of one commit, which has a key.
    #[event(name = "probe.touched", rev = 1)]
    Touched { key: String, part: u32, parts: u32 },
}

#[derive(Aggregate)]
#[aggregate(event = ProbeEvent)]
pub(super) struct Probe {
    #[aggregate(id)]
    id: ProbeId,
    touches: u64,
    #[aggregate(changes)]
    changes: Changes<ProbeEvent>,
}

impl Probe {
    pub(super) fn place(id: ProbeId) -> Self {
        Self::start(ProbeEvent::Placed { id })
    }

    /// So many events at once.
    pub(super) fn touch(&mut self, key: &str, parts: u32) {
        for part in 1..=parts {
            self.raise(ProbeEvent::Touched { key: key.to_owned(), part, parts });
        }
    }
}

impl EventSourced for Probe {
    fn begin(event: &ProbeEvent) -> Option<Self> {
        match event {
            ProbeEvent::Placed { id } => {
                Some(Self { id: *id, touches: 0, changes: Changes::new() })
            }
            ProbeEvent::Touched { .. } => None,
        }
    }

    fn apply(&mut self, event: &ProbeEvent) {
        if let ProbeEvent::Touched { .. } = event {
            self.touches += 1;
        }
    }
}

/// How often each probe was touched.
pub(super) struct Touches;

/// The rows of the read model.
pub(super) const ROWS: &str = "SELECT probe, touches FROM touches ORDER BY probe";

impl Projection for Touches {
    const NAME: &'static str = "touches";
    const TABLES: &'static [&'static str] = &["touches"];
}

impl Projects<Probe> for Touches {
    async fn project(
        &self,
        happened: &Recorded<ProbeEvent>,
        view: &mut View<'_>,
    ) -> Result<(), StoreError> {
        let sql = match happened.event {
            ProbeEvent::Placed { .. } => "INSERT INTO {touches} (probe, touches) VALUES ($1, 0)",
            ProbeEvent::Touched { .. } => {
                "UPDATE {touches} SET touches = touches + 1 WHERE probe = $1"
            }
        };
        view.execute(sql, &parameters![happened.aggregate_id.as_str()]).await?;
        Ok(())
    }
}

pub(super) fn projections() -> Projections {
    Projections::new().with(Projected::new(Touches).from::<Probe>())
}

pub(super) fn migrations() -> Migrations {
    const SQL: &str = "CREATE TABLE touches (probe TEXT PRIMARY KEY, touches BIGINT NOT NULL)";
    Migrations::new().with("0001_touches", SQL)
}
