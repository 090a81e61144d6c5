//! One more request.

use super::{
    Context,
    aggregate::{Aggregate, Command, Entity},
    english::{past_event, plural, singular},
    methods::check_methods,
    transition::{find_guard, find_states, find_transition, shares_stem},
    types::{Cardinality, Leaf, ModelField, Owner, ValueObject, resolve},
};
use crate::request::{
    AggregateRequest, CommandSentence, EntityRequest, Field, FieldName, InputError, Request,
    TypeName, error::nearest, field::types_hint,
};

impl Context {
    /// The context with the request applied.
    pub(crate) fn apply(&self, request: &Request) -> Result<Self, InputError> {
        let mut next = self.clone();
        match request {
            Request::ValueObject { name, fields } => next.add_value(name, fields)?,
            Request::Aggregate(request) => next.add_aggregate(request)?,
            Request::Entity(request) => next.add_entity(request)?,
            Request::Command { root, command } => next.add_command(root, command)?,
            Request::Repository { root } => next.root(root)?.repository = true,
        }
        next.check_types()?;
        Ok(next)
    }

    fn add_value(&mut self, name: &TypeName, fields: &[Field]) -> Result<(), InputError> {
        self.free(name.pascal())?;
        let fields = self.resolve_all(fields, &Owner::Value)?;
        self.values.push(ValueObject { name: name.clone(), fields });
        Ok(())
    }

    fn add_aggregate(&mut self, request: &AggregateRequest) -> Result<(), InputError> {
        let AggregateRequest { name, plural: given, fields, create, no_change, event_sourced } =
            request;
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
            fields,
            create: create.clone(),
            changeable: !no_change,
            event_sourced: *event_sourced,
            repository: false,
            entities: Vec::new(),
            commands: Vec::new(),
            migration: self.aggregates.iter().map(|other| other.migration).max().unwrap_or(0) + 1,
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

    fn root(&mut self, name: &TypeName) -> Result<&mut Aggregate, InputError> {
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

    fn resolve_one(&self, field: &Field, owner: &Owner<'_>) -> Result<ModelField, InputError> {
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

    /// A type that a field may have.
    fn known(&self, name: &TypeName) -> Result<Leaf, InputError> {
        if let Some(leaf) = self.find(name.pascal()) {
            return leaf;
        }
        let names = self.type_names();
        let error = InputError::new(format!("nothing defines the type `{name}`"));
        if let Some(near) = nearest(name.pascal(), names.iter().map(String::as_str)) {
            return Err(error.hint(format!("did you mean `{near}`?")));
        }
        Err(match name.pascal().strip_suffix("Id") {
            Some(root) if !root.is_empty() => error.hint(format!(
                "it exists once the aggregate does: `bloom generate aggregate {root}`"
            )),
            _ => error.hint(format!(
                "create it first, `bloom generate value-object {name} ..`; {}",
                types_hint()
            )),
        })
    }

    /// The type with this name; an error inside for what exists and cannot be a field.
    fn find(&self, name: &str) -> Option<Result<Leaf, InputError>> {
        for value in &self.values {
            if value.name.pascal() == name {
                return Some(Ok(Leaf::Struct(value.clone())));
            }
            if let Some(leaf) = own_leaf(&value.fields, name) {
                return Some(Ok(leaf));
            }
        }
        for aggregate in &self.aggregates {
            let root = aggregate.name.pascal();
            if root == name {
                return Some(Err(InputError::new(format!(
                    "`{name}` is an aggregate and lives on its own"
                ))
                .hint(format!("refer to it by its id, `{name}Id`"))));
            }
            if format!("{root}Id") == name {
                return Some(Ok(Leaf::Id(TypeName::joined(&[name]))));
            }
            if format!("{root}Event") == name || format!("{root}Error") == name {
                return Some(Err(InputError::new(format!(
                    "`{name}` belongs to the aggregate `{root}`"
                ))));
            }
            let arguments = aggregate.commands.iter().map(|command| &command.arguments);
            let entities = aggregate.entities.iter().map(|entity| &entity.fields);
            for fields in std::iter::once(&aggregate.fields).chain(arguments).chain(entities) {
                if let Some(leaf) = own_leaf(fields, name) {
                    return Some(Ok(leaf));
                }
                let bounded = fields.iter().any(|field| {
                    matches!(&field.cardinality, Cardinality::Bounded { name: list, .. } if list.pascal() == name)
                });
                if bounded {
                    return Some(Err(InputError::new(format!(
                        "`{name}` is a list that belongs to one field"
                    ))));
                }
            }
            for entity in &aggregate.entities {
                if entity.name.pascal() == name {
                    return Some(Err(InputError::new(format!(
                        "`{name}` is an entity of `{root}`"
                    ))
                    .hint(format!("refer to it by its id, `{name}Id`"))));
                }
                if format!("{}Id", entity.name.pascal()) == name {
                    return Some(Ok(Leaf::Id(TypeName::joined(&[name]))));
                }
            }
        }
        None
    }

    fn type_names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            crate::request::Primitive::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
        names.extend(self.values.iter().map(|value| value.name.pascal().to_owned()));
        names.extend(
            self.values.iter().flat_map(|value| &value.fields).flat_map(ModelField::own_types),
        );
        for aggregate in &self.aggregates {
            names.push(format!("{}Id", aggregate.name.pascal()));
            names.extend(aggregate.fields.iter().flat_map(ModelField::own_types));
        }
        names
    }

    fn free(&self, name: &str) -> Result<(), InputError> {
        let kind = match self.find(name) {
            None => return Ok(()),
            Some(Ok(Leaf::Struct(_))) => "a value object",
            Some(Ok(Leaf::Id(_))) => "an id",
            Some(Ok(Leaf::Enum { .. })) => "an enum",
            Some(Ok(_)) => "a value of an aggregate",
            Some(Err(_)) if self.aggregate(name).is_some() => "an aggregate",
            Some(Err(_)) => "an entity, or a part of an aggregate",
        };
        Err(InputError::new(format!("there is {kind} `{name}` already"))
            .hint("choose another name"))
    }

    /// No two things write the same type.
    fn check_types(&self) -> Result<(), InputError> {
        let mut seen: Vec<(String, String)> = Vec::new();
        let mut note = |name: String, what: String| -> Result<(), InputError> {
            if let Some((_, other)) = seen.iter().find(|(known, _)| *known == name) {
                return Err(InputError::new(format!(
                    "{what} and {other} would both write the type `{name}`"
                ))
                .hint("name one of them differently"));
            }
            seen.push((name, what));
            Ok(())
        };
        for value in &self.values {
            note(value.name.pascal().to_owned(), format!("the value object `{}`", value.name))?;
            for field in &value.fields {
                for name in field.own_types() {
                    note(name, format!("the field `{}` of `{}`", field.name, value.name))?;
                }
            }
        }
        for aggregate in &self.aggregates {
            let root = &aggregate.name;
            for suffix in ["", "Id", "Event", "Error"] {
                note(format!("{root}{suffix}"), format!("the aggregate `{root}`"))?;
            }
            let entities = aggregate.entities.iter().map(|entity| (&entity.name, &entity.fields));
            for (owner, fields) in std::iter::once((root, &aggregate.fields)).chain(entities) {
                if owner != root {
                    note(owner.pascal().to_owned(), format!("the entity `{owner}`"))?;
                    note(format!("{owner}Id"), format!("the entity `{owner}`"))?;
                }
                for field in fields {
                    for name in field.own_types() {
                        note(name, format!("the field `{}` of `{owner}`", field.name))?;
                    }
                }
            }
            for command in &aggregate.commands {
                for argument in &command.arguments {
                    let of_field = aggregate.fields.iter().any(|field| field.name == argument.name);
                    for name in argument.own_types().into_iter().filter(|_| !of_field) {
                        note(
                            name,
                            format!("the argument `{}` of `{}`", argument.name, command.verb),
                        )?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// An enum or newtype that was declared with one of the fields.
fn own_leaf(fields: &[ModelField], name: &str) -> Option<Leaf> {
    fields.iter().find_map(|field| match &field.leaf {
        Leaf::Enum { name: own, variants, own: true } if own.pascal() == name => {
            Some(Leaf::Enum { name: own.clone(), variants: variants.clone(), own: false })
        }
        Leaf::Newtype(newtype) if newtype.own && newtype.name.pascal() == name => {
            Some(Leaf::Newtype(super::Newtype { own: false, ..newtype.clone() }))
        }
        _ => None,
    })
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
