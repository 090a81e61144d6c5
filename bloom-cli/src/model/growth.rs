//! What an aggregate is given later: fields, variants and rules. What was stored before stays readable.

use super::{
    Context,
    methods::check_methods,
    types::{Cardinality, Leaf, ModelField, Newtype, Owner},
};
use crate::request::{Field, FieldName, InputError, TypeName, Variant};

impl Context {
    /// One more field of an aggregate or of an entity.
    pub(super) fn add_field(&mut self, owner: &TypeName, field: &Field) -> Result<(), InputError> {
        let entity = self.entity_root(owner);
        let root = entity.clone().unwrap_or_else(|| owner.clone());
        self.root(&root)?;
        let resolved = self.resolve_one(field, &Owner::Prefixed(owner.pascal()))?;
        may_be_missing(owner, &resolved)?;
        if resolved.index || entity.is_some() && resolved.unique {
            let what = if resolved.index { "index" } else { "unique" };
            return Err(InputError::new(format!("`{what}` cannot be added with a field"))
                .hint("an index of what is there already is a step of the schema: `bloom generate migration NAME`"));
        }
        let aggregate = self.root(&root)?;
        if let Some(command) = aggregate
            .commands
            .iter()
            .find(|command| command.arguments.iter().any(|argument| argument.name == field.name))
        {
            return Err(InputError::new(format!(
                "`{}` has an argument `{}`, which would set the field from now on",
                command.verb, field.name
            ))
            .hint("name the field differently"));
        }
        let fields = match aggregate.entities.iter_mut().find(|known| known.name == *owner) {
            Some(entity) => &mut entity.fields,
            None => &mut aggregate.fields,
        };
        if fields.iter().any(|known| known.name == field.name) {
            return Err(InputError::new(format!("`{owner}` has a field `{}` already", field.name)));
        }
        fields.push(resolved);
        let lists = aggregate.entities.iter().map(|entity| &entity.list);
        if entity.is_none() && lists.into_iter().any(|list| *list == field.name) {
            return Err(InputError::new(format!("`{owner}` has a list `{}` already", field.name)));
        }
        check_methods(aggregate)
    }

    /// More variants of an enum that was declared with a field.
    pub(super) fn add_variants(
        &mut self,
        owner: &TypeName,
        field: &FieldName,
        variants: &[Variant],
    ) -> Result<(), InputError> {
        let (name, known) = match &self.owned_field(owner, field)?.leaf {
            Leaf::Enum { name, variants, own: true } => (name.clone(), variants.clone()),
            other => {
                return Err(InputError::new(format!(
                    "`{field}` of `{owner}` is `{}`, not an enum of its own",
                    other.ty()
                )));
            }
        };
        if let Some(twice) = variants
            .iter()
            .find(|variant| known.iter().any(|known| known.name.pascal() == variant.name.pascal()))
        {
            return Err(InputError::new(format!(
                "`{field}` of `{owner}` has a variant `{}` already",
                twice.text
            )));
        }
        self.each_leaf(&mut |leaf| match leaf {
            Leaf::Enum { name: other, variants: there, .. } if *other == name => {
                there.extend(variants.iter().cloned());
            }
            _ => {}
        });
        Ok(())
    }

    /// Rules for a field that had others, or none.
    pub(super) fn add_rules(&mut self, owner: &TypeName, field: &Field) -> Result<(), InputError> {
        let before = self.owned_field(owner, &field.name)?.clone();
        let inner = match &before.leaf {
            Leaf::Primitive(primitive) => *primitive,
            Leaf::Newtype(newtype) if newtype.own => newtype.inner,
            other => {
                return Err(InputError::new(format!(
                    "`{}` of `{owner}` is `{}`, which has rules of its own",
                    field.name,
                    other.ty()
                )));
            }
        };
        let after = self.resolve_one(field, &Owner::Prefixed(owner.pascal()))?;
        let Leaf::Newtype(newtype) = &after.leaf else {
            return Err(InputError::new(format!("`{}` has no rule here", field.name)).hint(
                format!("say the type and the rules: `{}:{}:1..50`", field.name, inner.name()),
            ));
        };
        let same_kind = std::mem::discriminant(&before.cardinality)
            == std::mem::discriminant(&after.cardinality);
        if before.default.is_some() {
            return Err(InputError::new(format!(
                "`{}` of `{owner}` has a default, which only a field without rules can have",
                field.name
            )));
        }
        if newtype.inner != inner || !same_kind {
            return Err(InputError::new(format!(
                "`{}` of `{owner}` is `{}`, and rules change neither its type nor how many there are",
                field.name,
                before.ty()
            ))
            .hint("say the type as it is, and every rule from now on"));
        }
        let root = self.entity_root(owner).unwrap_or_else(|| owner.clone());
        let aggregate = self.root(&root)?;
        let replace = |known: &mut ModelField| {
            if known.name == field.name && known.leaf == before.leaf {
                known.leaf = Leaf::Newtype(newtype.clone());
                if let (Cardinality::Bounded { .. }, Cardinality::Bounded { .. }) =
                    (&known.cardinality, &after.cardinality)
                {
                    known.cardinality = after.cardinality.clone();
                }
            }
        };
        match aggregate.entities.iter_mut().find(|known| known.name == *owner) {
            Some(entity) => entity.fields.iter_mut().for_each(replace),
            None => {
                aggregate.fields.iter_mut().for_each(replace);
                let arguments =
                    aggregate.commands.iter_mut().flat_map(|command| &mut command.arguments);
                arguments.for_each(replace);
            }
        }
        let name = newtype.name.clone();
        let rules = newtype.rules.clone();
        self.each_leaf(&mut |leaf| match leaf {
            Leaf::Newtype(Newtype { name: other, rules: there, .. }) if *other == name => {
                there.clone_from(&rules);
            }
            _ => {}
        });
        Ok(())
    }

    /// The aggregate that has this entity.
    fn entity_root(&self, name: &TypeName) -> Option<TypeName> {
        let has = |entities: &[super::Entity]| entities.iter().any(|entity| entity.name == *name);
        let owner = self.aggregates.iter().find(|aggregate| has(&aggregate.entities))?;
        Some(owner.name.clone())
    }

    fn owned_field(
        &mut self,
        owner: &TypeName,
        name: &FieldName,
    ) -> Result<&ModelField, InputError> {
        let root = self.entity_root(owner).unwrap_or_else(|| owner.clone());
        let aggregate = self.root(&root)?;
        let entity = aggregate.entities.iter().find(|entity| entity.name == *owner);
        let fields = entity.map_or(&aggregate.fields, |entity| &entity.fields);
        fields.iter().find(|field| field.name == *name).ok_or_else(|| {
            let names: Vec<&str> = fields.iter().map(|field| field.name.plain()).collect();
            InputError::new(format!("`{owner}` has no field `{name}`"))
                .hint(format!("it has {}", names.join(", ")))
        })
    }

    /// Visits every type of every field, where a type stands inside another, too.
    fn each_leaf(&mut self, visit: &mut impl FnMut(&mut Leaf)) {
        fn within(field: &mut ModelField, visit: &mut impl FnMut(&mut Leaf)) {
            visit(&mut field.leaf);
            if let Leaf::Struct(value) = &mut field.leaf {
                value.fields.iter_mut().for_each(|field| within(field, visit));
            }
        }
        for value in &mut self.values {
            value.fields.iter_mut().for_each(|field| within(field, visit));
        }
        for aggregate in &mut self.aggregates {
            let entities = aggregate.entities.iter_mut().flat_map(|entity| &mut entity.fields);
            let arguments =
                aggregate.commands.iter_mut().flat_map(|command| &mut command.arguments);
            let fields = aggregate.fields.iter_mut().chain(entities).chain(arguments);
            fields.for_each(|field| within(field, visit));
        }
    }
}

/// What was stored before has no such field.
fn may_be_missing(owner: &TypeName, field: &ModelField) -> Result<(), InputError> {
    if matches!(field.cardinality, Cardinality::Optional | Cardinality::List) {
        return Ok(());
    }
    Err(InputError::new(format!(
        "what was stored of `{owner}` before has no `{}`, so it has to be one that may be missing",
        field.name
    ))
    .hint(format!("say `{}:{}:optional`, or `list`", field.name, field.leaf.ty())))
}
