//! The snippets themselves. Those that begin with `///` or `#` stand alone in a file; the others stand in what they belong to.

use super::Snippet;

pub(super) const ALL: &[Snippet] = &[
    Snippet {
        prefix: "bvalue",
        description: "Value object of several parts",
        body: r"
/// ${1:A sum of money}.
#[derive(Eq, ValueObject)]
pub struct ${2:Money} {
    ${3:amount}: ${4:i64},$0
}",
    },
    Snippet {
        prefix: "bnewtype",
        description: "Value object around one value, with a rule",
        body: r"
/// ${1:The name of a customer}.
#[derive(Eq, ValueObject)]
#[value(${2:chars = 1..=100})]
pub struct ${3:CustomerName}(${4:String});$0",
    },
    Snippet {
        prefix: "benum",
        description: "Value object that is one of several",
        body: r#"
/// ${1:How something is paid}.
#[derive(ValueObject)]
pub enum ${2:Payment} {
    #[value("${3:cash}")]
    ${4:Cash},$0
}"#,
    },
    Snippet {
        prefix: "bevent",
        description: "Event, in the enum of its aggregate",
        body: r#"
/// ${1:Paid}.
#[event(name = "${2:invoice.paid}", rev = 1)]
${3:Paid} { ${4:at}: ${5:Timestamp} },$0"#,
    },
    Snippet {
        prefix: "brev",
        description: "Earlier revision of an event, and how it becomes the newest",
        body: r#"
/// What `${1:invoice.priced}` said at first.
#[derive(EventRevision)]
#[event(name = "$1", rev = ${2:1})]
struct ${3:PricedV1} {
    ${4:price}: ${5:i64},
}

impl From<$3> for ${6:InvoiceEvent} {
    fn from($3 { $4 }: $3) -> Self {
        Self::${7:Priced} { ${8:cents}: $4 }
    }
}$0"#,
    },
    Snippet {
        prefix: "berror",
        description: "Reason to refuse, in the enum of errors of an aggregate",
        body: r#"
/// ${1:It is paid already}.
#[error(kind = ${2:rule}, code = "${3:invoice.paid_already}", "${4:the invoice is paid already}")]
${5:PaidAlready},$0"#,
    },
    Snippet {
        prefix: "bdecide",
        description: "What may be done to an aggregate: a rule, and an event",
        body: r"
/// ${1:Pays it}.
///
/// # Errors
/// ${2:When it is paid already}.
pub fn ${3:pay}(&mut self, at: Timestamp) -> Result<(), ${4:InvoiceError}> {
    if ${5:self.paid} {
        return Err($4::${6:PaidAlready});
    }
    self.raise(${7:InvoiceEvent}::${8:Paid} { at });
    Ok(())
}$0",
    },
    Snippet {
        prefix: "bapply",
        description: "What an event does to the state, in `apply`",
        body: r"
${1:InvoiceEvent}::${2:Paid} { .. } => {
    self.${3:paid} = ${4:true};$0
}",
    },
    Snippet {
        prefix: "bcommand",
        description: "Command with its handler",
        body: r"
/// ${1:Pays an invoice}.
#[derive(Command)]
pub struct ${2:PayInvoice} {
    /// Which one.
    pub id: ${3:Invoice}Id,
}

/// Handles [`$2`].
#[derive(Default)]
pub struct $2Handler;

impl<U: UnitOfWork> Handler<$2, U> for $2Handler {
    type Output = Receipt<$3Id>;

    async fn handle(&self, command: $2, uow: &mut U) -> Result<Self::Output, Failure> {
        let at = uow.now();
        let mut all = uow.repository::<$3>();
        let mut one = all.get(&command.id).await?;
        one.${4:pay}(at)?;$0
        Ok(all.save(one)?)
    }
}",
    },
    Snippet {
        prefix: "bspec",
        description: "Specification: a question with a name",
        body: r"
/// ${1:The invoices that are paid}.
#[must_use]
pub fn ${2:paid_invoices}() -> Spec<${3:Invoice}> {
    $3::fields().${4:paid}.eq(${5:true})$0
}",
    },
    Snippet {
        prefix: "bhandler",
        description: "Event handler: what follows from an event",
        body: r"
/// ${1:Sends the receipt}. It may hear of an event again: what it does has to bear being done twice.
#[derive(Debug, Clone, Copy, Default)]
pub struct ${2:SendReceipt};

impl EventHandler<${3:InvoiceEvent}> for $2 {
    async fn handle(&self, recorded: &Recorded<$3>) -> Result<(), Failure> {
        if matches!(recorded.event, $3::${4:Paid} { .. }) {
            $0
        }
        Ok(())
    }
}",
    },
    Snippet {
        prefix: "bexecute",
        description: "Statement of a read model, in `project`",
        body: r#"
view.execute(
    "UPDATE {${1:invoice_list}} SET ${2:paid} = \$3 WHERE tenant = \$1 AND id = \$2",
    &parameters![tenant, id, ${3:true}],
)
.await?;$0"#,
    },
];
