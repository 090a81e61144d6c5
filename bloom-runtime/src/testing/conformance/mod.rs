//! What every storage must do, as checks that an adapter runs against itself.
//!
//! ```no_run
//! # mod adapter {
//! use bloom_runtime::memory::MemoryStorage;
//!
//! bloom_runtime::storage_conformance!(async { MemoryStorage::new() });
//! # }
//! ```
//!
//! The expression is evaluated for each check and gives a storage that is empty. Checks that need documents use
//! the table `conformance_accounts`, which the expression has to have created. The crate needs `tokio` with
//! `macros` and `rt-multi-thread` among its dev-dependencies.
//!
//! Storages hand out rows as values, so a row that two readers share by reference cannot be built and needs no
//! check.

mod account;
mod backfill;
mod boundaries;
mod commits;
mod cursors;
mod events;
mod interactive;
mod log;
mod patient;
mod privacy;
mod queries;
mod removal;
mod shapes;
mod snapshots;
mod tenants;
mod truncation;
mod uniqueness;

pub use account::{Account, AccountError, AccountEvent, AccountId, TABLE};
pub use backfill::documents_are_built_from_events;
pub use boundaries::{boundaries_of_others_are_no_matter, one_of_many_crosses_a_boundary};
pub use commits::{
    a_conflict_stores_nothing, a_dropped_unit_of_work_leaves_nothing, a_guard_is_checked,
    a_savepoint_is_rolled_back_to, concurrent_saves_lose_nothing,
    one_failure_undoes_the_whole_batch, outcomes_are_kept_once, saves_of_one_aggregate_merge,
    what_is_saved_is_loaded,
};
pub use cursors::{
    cursors_are_kept, places_are_handed_over, places_are_held_by_one, places_are_held_for_a_time,
};
pub use events::{
    appends_expect_what_they_say, events_without_expectation_queue, parts_of_the_log_are_read,
    what_was_appended_is_not_appended_again,
};
pub use interactive::{
    interactive_units_of_work_never_conflict, what_is_held_is_changed_by_nobody_else,
    what_was_held_and_dropped_leaves_nothing,
};
pub use log::{
    many_read_at_once_what_each_reads_alone, positions_are_dense_under_load,
    the_log_has_every_event_once, the_storage_tells_of_appends,
};
pub use patient::{PATIENTS, Patient, PatientError, PatientEvent, PatientId};
pub use privacy::{
    a_key_is_made_once, each_tenant_forgets_its_own, nothing_is_written_with_a_forgotten_key,
    nothing_personal_is_appended_as_it_is, what_is_personal_is_forgotten,
    whoever_was_removed_is_forgotten,
};
pub use queries::{every_text_comes_back, pages_are_complete, specifications_select};
pub use removal::{
    a_taken_value_is_not_restored, large_results_are_streamed, the_past_can_be_read,
    what_is_kept_can_be_restored, what_is_removed_is_gone,
};
pub use shapes::older_documents_are_upcast;
pub use snapshots::snapshots_are_used_where_they_fit;
pub use tenants::{
    tenants_change_what_is_theirs, tenants_hold_what_is_theirs, tenants_see_what_is_theirs,
};
pub use truncation::{
    nothing_goes_that_is_still_read, old_events_go, truncated_histories_are_whole,
};
pub use uniqueness::{
    a_given_up_value_is_free, a_unique_value_is_taken_once, one_of_many_gets_a_unique_value,
    unique_values_can_be_swapped,
};

use std::sync::Arc;

use crate::{
    application::{Documents, Events, Registration, Snapshots, StorageStore},
    ports::Storage,
};

fn store<S: Storage>(storage: S, how: How) -> StorageStore<S> {
    StorageStore::shared(Arc::new(storage)).aggregate(registration(how))
}

/// One that keeps what is removed.
fn kept<S: Storage>(storage: S, how: How) -> StorageStore<S> {
    StorageStore::shared(Arc::new(storage)).aggregate(registration(how).soft_delete())
}

fn registration(how: How) -> Registration<Account> {
    match how {
        How::Documents => Documents::in_table(TABLE),
        How::Events => Events::folded(),
        How::Snapshots => Events::folded().snapshots(Snapshots::every(1)),
    }
}

/// Runs every check against a storage of one's own, each as a test.
///
/// With `if some` before it, the expression gives an option, and without a storage a check passes: for those that need a
/// server, which has to be there at least where everything is tested.
#[macro_export]
macro_rules! storage_conformance {
    (if some $make:expr) => {
        $crate::storage_conformance!(@all $make;);
    };
    ($make:expr) => {
        $crate::storage_conformance!(@all async { ::core::option::Option::Some($make.await) };);
    };
    (@all $make:expr;) => {
        $crate::storage_conformance!(@tests $make;
            what_is_saved_is_loaded,
            a_conflict_stores_nothing,
            a_dropped_unit_of_work_leaves_nothing,
            a_guard_is_checked,
            a_savepoint_is_rolled_back_to,
            concurrent_saves_lose_nothing,
            one_failure_undoes_the_whole_batch,
            outcomes_are_kept_once,
            saves_of_one_aggregate_merge,
            cursors_are_kept,
            places_are_held_by_one,
            places_are_handed_over,
            places_are_held_for_a_time,
            positions_are_dense_under_load,
            the_log_has_every_event_once,
            many_read_at_once_what_each_reads_alone,
            the_storage_tells_of_appends,
            appends_expect_what_they_say,
            events_without_expectation_queue,
            parts_of_the_log_are_read,
            what_was_appended_is_not_appended_again,
            one_of_many_crosses_a_boundary,
            boundaries_of_others_are_no_matter,
            every_text_comes_back,
            pages_are_complete,
            specifications_select,
            a_given_up_value_is_free,
            a_unique_value_is_taken_once,
            one_of_many_gets_a_unique_value,
            unique_values_can_be_swapped,
            tenants_see_what_is_theirs,
            tenants_change_what_is_theirs,
            what_is_removed_is_gone,
            what_is_kept_can_be_restored,
            a_taken_value_is_not_restored,
            the_past_can_be_read,
            large_results_are_streamed,
            older_documents_are_upcast,
            snapshots_are_used_where_they_fit,
            documents_are_built_from_events,
            old_events_go,
            nothing_goes_that_is_still_read,
            truncated_histories_are_whole,
        );
    };
    (@tests $make:expr; $($check:ident,)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $check() {
            use $crate::testing::conformance::How;
            for how in [How::Documents, How::Events, How::Snapshots] {
                if let ::core::option::Option::Some(storage) = $make.await {
                    $crate::testing::conformance::$check(storage, how).await;
                }
            }
        }
    )*};
}

/// Runs the checks of a storage that can be held, beside those of [`storage_conformance!`](crate::storage_conformance).
#[macro_export]
macro_rules! interactive_conformance {
    (if some $make:expr) => {
        $crate::interactive_conformance!(@all $make;);
    };
    ($make:expr) => {
        $crate::interactive_conformance!(@all async { ::core::option::Option::Some($make.await) };);
    };
    (@all $make:expr;) => {
        $crate::storage_conformance!(@tests $make;
            interactive_units_of_work_never_conflict,
            what_is_held_is_changed_by_nobody_else,
            what_was_held_and_dropped_leaves_nothing,
            tenants_hold_what_is_theirs,
        );
    };
}

/// How the checks load their aggregates; a storage must pass all ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// From documents.
    Documents,
    /// By folding events.
    Events,
    /// By folding events since a snapshot, which is taken whenever there are some.
    Snapshots,
}
