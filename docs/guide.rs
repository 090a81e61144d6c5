//! The chapters of the guide whose code is compiled and run as documentation tests.

macro_rules! chapters {
    ($($name:ident = $file:literal;)*) => {$(
        #[cfg(doctest)]
        #[doc = include_str!(concat!("src/", $file))]
        pub struct $name;
    )*};
}

chapters! {
    Aggregates = "aggregates.md";
    Behaviours = "behaviours.md";
    Events = "events.md";
    EventStore = "event-store.md";
    Finding = "finding.md";
    PersonalData = "personal-data.md";
    ReadModels = "read-models.md";
    Repositories = "repositories.md";
    Services = "services.md";
    Tenancy = "tenancy.md";
    Testing = "testing.md";
    UnitOfWork = "unit-of-work.md";
    ValueObjects = "value-objects.md";
}
