//! `forget`: forgets a person.

use bloom_runtime::{application::in_context, ports::Context};
use clap::{Arg, ArgMatches, Command};

use crate::{
    application::Application, config::Config, failure::RunError, storage::open, terminal::line,
};

pub(crate) fn command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("forget")
        .about("Forget a person: the key of their personal data, and what was made of it; nobody can undo it")
        .arg(
            Arg::new("subject")
                .value_name("SUBJECT")
                .required(true)
                .help("Whose data it is: the id of the aggregate, or what the events say"),
        )
        .arg(option("tenant", "NAME", "Of this tenant"))
        .arg(option("actor", "NAME", "On behalf of whom; audited aggregates ask for it"))
        .arg(option("reason", "TEXT", "Why; it is kept with the events that say so"))
}

pub(crate) async fn run<A: Application>(
    config: &Config,
    arguments: &ArgMatches,
) -> Result<(), RunError> {
    let store = A::on_storage(A::store(open::<A>(config).await?));
    let given = |name: &str| arguments.get_one::<String>(name).cloned();
    let mut context = Context::new();
    (context.tenant, context.actor) = (given("tenant"), given("actor"));
    context.reason = given("reason");
    let subject = given("subject").unwrap_or_default();
    let forgotten = in_context(context, store.forget(&subject)).await?;
    match forgotten.aggregates {
        0 => line(format_args!("nothing personal is known of `{subject}`")),
        1 => line(format_args!("forgot  `{subject}`, in 1 aggregate")),
        count => line(format_args!("forgot  `{subject}`, in {count} aggregates")),
    }
    Ok(())
}
