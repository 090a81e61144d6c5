//! One more request.

use super::{
    Context,
    aggregate::{Aggregate, Command, Entity, Tables},
    english::{past_event, plural, singular},
    methods::check_methods,
    transition::{find_guard, find_states, find_transition, shares_stem},
    types::{Leaf, ModelField, Owner, ValueObject, resolve},
};
use crate::request::{
    AggregateRequest, CommandSentence, EntityRequest, Field, FieldName, InputError, Request,
    StoredNames, TypeName, error::nearest,
};

impl Context {
    /// The context with the request applied, in which no two things write the same type.
    pub(crate) fn apply(self, request: &Request) -> Result<Self, InputError> {
        let next = self.replay(request)?;
        next.check()?;
        Ok(next)
    }

    /// Refuses a context in which two things write the same type, or a policy hears of what does not happen.
    pub(crate) fn check(&self) -> Result<(), InputError> {
        self.check_types()?;
        self.check_policies()
    }

    /// The same for a request that was checked when it was made.
    pub(crate) fn replay(mut self, request: &Request) -> Result<Self, InputError> {
        match request {
            Request::ValueObject { name, fields } => self.add_value(name, fields)?,
            Request::Aggregate(request) => self.add_aggregate(request)?,
            Request::Entity(request) => self.add_entity(request)?,
            Request::Command { root, command } => self.add_command(root, command)?,
            Request::Field { owner, field } => self.add_field(owner, field)?,
            Request::Variants { owner, field, variants } => {
                self.add_variants(owner, field, variants)?;
            }
            Request::Rules { owner, field } => self.add_rules(owner, field)?,
            Request::Repository { root } => self.root(root)?.repository = true,
            Request::Tables { root, number } => {
                let migration = number.unwrap_or_else(|| self.newest_migration() + 1);
                let aggregate = self.root(root)?;
                if aggregate.event_sourced {
                    return Err(InputError::new(format!(
                        "`{root}` is loaded from its events and has no documents that tables could replace"
                    ))
                    .hint("a projection keeps what is read of it in tables of its own"));
                }
                aggregate.repository = true;
                let (fields, entities) = (aggregate.fields.clone(), aggregate.entities.clone());
                let table = aggregate.stored.table.clone();
                let own = entities.iter().map(|entity| format!("{table}_{}", entity.list));
                for name in own.chain(["rows", "documents"].map(|end| format!("{table}_{end}"))) {
                    self.free_table(&name)?;
                }
                let aggregate = self.root(root)?;
                aggregate.tables = Some(Tables { migration, fields, entities });
            }
            Request::Migration { name, number } => {
                let number = number.unwrap_or_else(|| self.newest_migration() + 1);
                self.migrations.push((number, name.clone()));
            }
            Request::Projection { name, root, number } => {
                self.add_projection(name, root, *number)?;
            }
            Request::Specification { name, root, fields } => {
                self.add_specification(name, root, fields)?;
            }
            Request::Query { name, root, fields } => self.add_query(name, root, fields)?,
            Request::Service { name } => self.add_service(name)?,
            Request::Factory { name, root } => self.add_factory(name, root)?,
            Request::Policy { name, root, event } => self.add_policy(name, root, event)?,
        }
        Ok(self)
    }

    fn add_value(&mut self, name: &TypeName, fields: &[Field]) -> Result<(), InputError> {
        self.free(name.pascal())?;
        let fields = self.resolve_all(fields, &Owner::Value)?;
        self.values.push(ValueObject { name: name.clone(), fields, by_hand: false });
        Ok(())
    }

    fn add_aggregate(&mut self, request: &AggregateRequest) -> Result<(), InputError> {
        let AggregateRequest {
            name,
            plural: given,
            fields,
            create,
            no_change,
            event_sourced,
            stored,
            migration,
        } = request;
        self.free(name.pascal())?;
        let snake = name.snake();
        let plural = match given {
            Some(plural) => plural.clone(),
            None => FieldName::word(&plural(&snake), "plural")?,
        };
        if plural.plain() == snake {
            return Err(InputError::new(format!("the plural of `{name}` is `{name}`, too")).hint(
                format!(
                    "say another with `--plural`, for example `--plural {}-list`",
                    snake.replace('_', "-")
                ),
            ));
        }
        let stored = stored.clone().unwrap_or_else(|| StoredNames {
            kind: snake.clone(),
            table: plural.plain().to_owned(),
        });
        self.free_table(&stored.table)?;
        if let Some(other) = self.aggregates.iter().find(|other| other.stored.kind == stored.kind) {
            return Err(InputError::new(format!(
                "`{}` is stored as `{}`, since it was called so before",
                other.name, stored.kind
            ))
            .hint(
                "choose another name: two kinds of one name could not be told apart in the log",
            ));
        }
        let other_table =
            |other: &&Aggregate| other.stored.table == stored.table && other.plural != plural;
        if let Some(other) = self.aggregates.iter().find(other_table) {
            return Err(InputError::new(format!(
                "the table `{}` belongs to `{}`, which was called so before",
                stored.table, other.name
            ))
            .hint("say another plural with `--plural`"));
        }
        if let Some(other) = self.aggregates.iter().find(|other| other.plural == plural) {
            return Err(InputError::new(format!(
                "the plural `{plural}` is taken by `{}`",
                other.name
            ))
            .hint("say another with `--plural`"));
        }
        let fields = self.resolve_all(fields, &Owner::Prefixed(name.pascal()))?;
        self.aggregates.push(Aggregate {
            name: name.clone(),
            plural,
            stored,
            fields,
            create: create.clone(),
            changeable: !no_change,
            event_sourced: *event_sourced,
            repository: false,
            entities: Vec::new(),
            commands: Vec::new(),
            specifications: Vec::new(),
            factories: Vec::new(),
            policies: Vec::new(),
            projections: Vec::new(),
            queries: Vec::new(),
            migration: migration.unwrap_or_else(|| self.newest_migration() + 1),
            tables: None,
        });
        let added = self.aggregates.len() - 1;
        check_methods(&self.aggregates[added])
    }

    fn add_entity(&mut self, request: &EntityRequest) -> Result<(), InputError> {
        let EntityRequest { name, root, list, fields, states, count } = request;
        self.free(name.pascal())?;
        let fields = self.resolve_all(fields, &Owner::Prefixed(name.pascal()))?;
        let aggregate = self.root(root)?;
        let snake = name.snake();
        let bare = snake.strip_prefix(&format!("{}_", aggregate.name.snake())).unwrap_or(&snake);
        let (list, short) = match list {
            Some(list) => (list.clone(), FieldName::parse(&singular(list.plain()))?),
            None => (FieldName::parse(&plural(bare))?, FieldName::parse(bare)?),
        };
        if list == short {
            return Err(InputError::new(format!("one `{short}` and several are the same word"))
                .hint("name the list with `--as`, for example `--as items`"));
        }
        let taken = aggregate.fields.iter().any(|field| field.name == list)
            || aggregate.entities.iter().any(|entity| entity.list == list || entity.short == short);
        if taken {
            return Err(InputError::new(format!("`{root}` has `{list}` already"))
                .hint("name the list with `--as`"));
        }
        if let Some(field) = fields.iter().find(|field| field.name.plain() == format!("{short}_id"))
        {
            return Err(InputError::new(format!(
                "`{}` is the name of the entity's own id",
                field.name
            )));
        }
        if let Some(field) = fields.iter().find(|field| field.name == short) {
            return Err(InputError::new(format!(
                "the field `{}` has the name of one item of the list `{list}`",
                field.name
            ))
            .hint("name the list with `--as`, or the field differently"));
        }
        let states = find_states(aggregate, states)?;
        aggregate.entities.push(Entity {
            name: name.clone(),
            list,
            short,
            fields,
            states,
            count: count.clone(),
        });
        check_methods(aggregate)
    }

    fn add_command(
        &mut self,
        root: &TypeName,
        sentence: &CommandSentence,
    ) -> Result<(), InputError> {
        let aggregate = self.root(root)?.clone();
        let mut arguments = Vec::new();
        for argument in &sentence.arguments {
            let field = aggregate.fields.iter().find(|field| field.name == argument.name);
            arguments.push(match field {
                Some(field) => same_type(field, argument, &aggregate, self)?,
                None => self.argument(&aggregate, &sentence.verb, argument)?,
            });
        }
        let (from, to) = match &sentence.transition {
            None => (Vec::new(), None),
            Some((from, to)) => {
                let (from, to) = find_transition(&aggregate, from, to)?;
                (from, Some(to))
            }
        };
        let guards = sentence.guards.iter().map(|guard| find_guard(&aggregate, guard));
        let guards = guards.collect::<Result<Vec<_>, _>>()?;
        let event = match (&sentence.event, &to) {
            (Some(event), _) => event.clone(),
            (None, Some(to)) if shares_stem(&sentence.verb, &to.name) => {
                TypeName::joined(&[to.name.plain()])
            }
            (None, _) => TypeName::joined(&[&past_event(sentence.verb.plain())]),
        };
        let aggregate = self.root(root)?;
        aggregate.commands.push(Command {
            verb: sentence.verb.clone(),
            arguments,
            from,
            to,
            guards,
            event,
        });
        check_methods(aggregate)
    }

    /// An argument that is no field gets types of its own, named after the aggregate.
    fn argument(
        &self,
        aggregate: &Aggregate,
        verb: &FieldName,
        argument: &Field,
    ) -> Result<ModelField, InputError> {
        let short = self.resolve_one(argument, &Owner::Prefixed(aggregate.name.pascal()))?;
        let free = short.own_types().iter().all(|name| self.find(name).is_none());
        if free {
            return Ok(short);
        }
        let prefix = format!("{}{}", aggregate.name.pascal(), verb.pascal());
        self.resolve_one(argument, &Owner::Prefixed(&prefix))
    }

    pub(super) fn root(&mut self, name: &TypeName) -> Result<&mut Aggregate, InputError> {
        let names: Vec<String> =
            self.aggregates.iter().map(|known| known.name.pascal().to_owned()).collect();
        if let Some(index) = names.iter().position(|known| known == name.pascal()) {
            return Ok(&mut self.aggregates[index]);
        }
        let error = InputError::new(format!("there is no aggregate `{name}`"));
        Err(match nearest(name.pascal(), names.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("create it first: `bloom generate aggregate {name}`")),
        })
    }

    fn resolve_all(
        &self,
        fields: &[Field],
        owner: &Owner<'_>,
    ) -> Result<Vec<ModelField>, InputError> {
        fields.iter().map(|field| self.resolve_one(field, owner)).collect()
    }

    pub(super) fn resolve_one(
        &self,
        field: &Field,
        owner: &Owner<'_>,
    ) -> Result<ModelField, InputError> {
        // In a value object `Currency` stands alone, unless another has the name already.
        if let (Owner::Value, crate::request::FieldType::Enum(_)) = (owner, &field.ty) {
            let free = self.find(&field.name.pascal()).is_none();
            if !free {
                return Err(InputError::new(format!(
                    "there is a type `{}` already",
                    field.name.pascal()
                ))
                .hint(format!(
                    "use it, `{}:{}`, or name the field differently",
                    field.name,
                    field.name.pascal()
                )));
            }
        }
        resolve(field, owner, |name| self.known(name))
    }
}

/// An argument named like a field sets it, so it has the field's type.
fn same_type(
    field: &ModelField,
    argument: &Field,
    aggregate: &Aggregate,
    context: &Context,
) -> Result<ModelField, InputError> {
    if aggregate.state().is_some_and(|state| state.field.name == field.name) {
        return Err(InputError::new(format!(
            "`{}` is the state of `{}`",
            field.name, aggregate.name
        ))
        .hint("say it as a transition: `verb: from -> to`"));
    }
    let given = context.resolve_one(argument, &Owner::Prefixed(aggregate.name.pascal()))?;
    let bare = matches!(&argument.ty, crate::request::FieldType::Primitive(primitive)
        if argument.rules.is_empty() && matches!(&field.leaf, Leaf::Newtype(newtype) if newtype.inner == *primitive));
    if !bare && given.ty() != field.ty() {
        return Err(InputError::new(format!(
            "`{}` sets the field of `{}`, which is `{}`, not `{}`",
            argument.name,
            aggregate.name,
            field.ty(),
            given.ty(),
        ))
        .hint("give it the same type, or name it differently"));
    }
    Ok(ModelField { unique: false, index: false, default: None, ..field.clone() })
}
