//! An aggregate as tables: which columns there are, and how the document becomes rows and rows the document.
//!
//! What has no plain column, such as a list of values, stays JSON in the column `rest`, and so does whatever a later version of the
//! program adds, so that nothing of a document is lost.

use serde::Serialize;

use crate::{
    model::{Aggregate, Cardinality, Entity, Leaf, ModelField, Tables},
    request::Primitive,
};

/// A table of an aggregate, or of the entities in one of its lists.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TableView {
    pub(crate) name: String,
    /// The list whose entities it holds.
    pub(crate) list: String,
    pub(crate) columns: Vec<ColumnView>,
    /// The object that the rows become, without `rest`.
    pub(crate) sqlite_object: String,
    pub(crate) postgres_object: String,
    /// What is taken from the document before it becomes `rest`.
    pub(crate) sqlite_mapped: String,
    pub(crate) postgres_mapped: String,
    pub(crate) children: Vec<TableView>,
    /// The columns that have an index.
    pub(crate) indexes: Vec<ColumnView>,
}

/// A column, and how it is written.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ColumnView {
    pub(crate) name: String,
    pub(crate) field: String,
    pub(crate) sqlite_type: &'static str,
    pub(crate) postgres_type: &'static str,
    pub(crate) sqlite_write: String,
    pub(crate) postgres_write: String,
}

/// What Bloom keeps beside the fields.
const KEPT: [&str; 11] = [
    "id",
    "tenant",
    "version",
    "shape",
    "body",
    "rest",
    "place",
    "root_id",
    "created_at",
    "updated_at",
    "removed_at",
];

/// The tables of an aggregate.
pub(crate) fn tables(aggregate: &Aggregate, made: &Tables) -> TableView {
    let plural = aggregate.stored.table.as_str();
    let mut table = TableView::new(format!("{plural}_rows"), "", &made.fields, "o", "NEW.body");
    for entity in &made.entities {
        table.add_child(plural, entity);
    }
    table
}

impl TableView {
    fn new(name: String, list: &str, fields: &[ModelField], alias: &str, source: &str) -> Self {
        let mut table = Self {
            name,
            list: list.to_owned(),
            columns: Vec::new(),
            sqlite_object: format!("'id', {alias}.id"),
            postgres_object: format!("'id', {alias}.id"),
            sqlite_mapped: "'$.\"id\"'".to_owned(),
            postgres_mapped: "id".to_owned(),
            children: Vec::new(),
            indexes: Vec::new(),
        };
        for field in fields {
            table.add(field, alias, source);
        }
        table
    }

    fn add(&mut self, field: &ModelField, alias: &str, source: &str) {
        let key = field.name.plain();
        let parts = match &field.leaf {
            Leaf::Struct(value) if field.cardinality == Cardinality::One => &value.fields[..],
            _ => std::slice::from_ref(field),
        };
        let is_nested = matches!(field.leaf, Leaf::Struct(_));
        let Some(kinds) = parts.iter().map(Kind::of).collect::<Option<Vec<_>>>() else { return };
        let names: Vec<String> = parts
            .iter()
            .map(|part| match (is_nested, part.name.plain()) {
                (true, part) => format!("{key}_{part}"),
                (false, name) if KEPT.contains(&name) => format!("{name}_value"),
                (false, name) => name.to_owned(),
            })
            .collect();
        if names.iter().any(|name| self.columns.iter().any(|column| column.name == *name)) {
            return;
        }
        let (mut sqlite, mut postgres) = (Vec::new(), Vec::new());
        for ((part, kind), name) in parts.iter().zip(kinds).zip(names) {
            let part_key = part.name.plain();
            let column = kind.column(name, source, is_nested.then_some(key), part_key);
            sqlite.push(format!("'{part_key}', {}", kind.sqlite_read(alias, &column.name)));
            postgres.push(format!("'{part_key}', {}", kind.postgres_read(alias, &column.name)));
            if field.index && !is_nested {
                self.indexes.push(column.clone());
            }
            self.columns.push(column);
        }
        let (sqlite, postgres) = (sqlite.join(", "), postgres.join(", "));
        let (sqlite, postgres) = if is_nested {
            (
                format!("'{key}', json_object({sqlite})"),
                format!("'{key}', jsonb_build_object({postgres})"),
            )
        } else {
            (sqlite, postgres)
        };
        // Entities stand in one line with their list, aggregates in a line for each field.
        let gap = if alias == "o" { ",\n        " } else { ", " };
        self.sqlite_object.push_str(&format!("{gap}{sqlite}"));
        self.postgres_object.push_str(&format!("{gap}{postgres}"));
        self.mapped(key);
    }

    fn mapped(&mut self, key: &str) {
        self.sqlite_mapped.push_str(&format!(", '$.\"{key}\"'"));
        self.postgres_mapped.push_str(&format!(",{key}"));
    }

    fn add_child(&mut self, plural: &str, entity: &Entity) {
        let list = entity.list.plain();
        let name = format!("{plural}_{list}");
        let child = Self::new(name, list, &entity.fields, "l", "item.value");
        let of =
            format!("FROM \"{}\" AS l WHERE l.tenant = o.tenant AND l.root_id = o.id", child.name);
        // In order by a table of its own: `ORDER BY` within an aggregate function is unknown to programs with an older SQLite, which
        // could then open nothing of the file.
        self.sqlite_object.push_str(&format!(
            ",\n        '{list}', json((\n            SELECT json_group_array(json(item)) FROM (\n                SELECT json_patch(l.rest, json_object({})) AS item\n                {of} ORDER BY l.place\n            )\n        ))",
            child.sqlite_object
        ));
        self.postgres_object.push_str(&format!(
            ",\n        '{list}', coalesce((\n            SELECT jsonb_agg(l.rest || jsonb_build_object({}) ORDER BY l.place)\n            {of}\n        ), '[]')",
            child.postgres_object
        ));
        self.mapped(list);
        self.children.push(child);
    }
}

/// How a value is kept in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Bool,
    Integer,
    /// A number that SQLite would round: its digits.
    Digits,
    /// A decimal, which is a text in JSON.
    Decimal,
    Float,
}

impl Kind {
    /// `None` for what has no column of its own.
    pub(super) fn of(field: &ModelField) -> Option<Self> {
        if !matches!(field.cardinality, Cardinality::One | Cardinality::Optional) {
            return None;
        }
        let primitive = match &field.leaf {
            Leaf::Primitive(primitive) => *primitive,
            Leaf::Newtype(newtype) => newtype.inner,
            Leaf::Id(_) | Leaf::Enum { .. } => return Some(Self::Text),
            Leaf::Struct(_) => return None,
        };
        Some(match primitive {
            Primitive::String | Primitive::Uuid | Primitive::Date | Primitive::Timestamp => {
                Self::Text
            }
            Primitive::Bool => Self::Bool,
            Primitive::I32 | Primitive::I64 | Primitive::U32 => Self::Integer,
            Primitive::U64 => Self::Digits,
            Primitive::F64 => Self::Float,
            Primitive::Decimal => Self::Decimal,
            Primitive::Json => return None,
        })
    }

    /// The column, written from the field of a document, or from the part of a field.
    fn column(self, name: String, source: &str, within: Option<&str>, key: &str) -> ColumnView {
        let path = match within {
            Some(outer) => format!("'$.\"{outer}\".\"{key}\"'"),
            None => format!("'$.\"{key}\"'"),
        };
        let object = match within {
            Some(outer) => format!("{source} -> '{outer}'"),
            None => source.to_owned(),
        };
        let (sqlite_type, postgres_type) = self.types();
        let sqlite_write = match self {
            Self::Digits | Self::Float => format!("nullif({source} -> {path}, 'null')"),
            _ => format!("{source} ->> {path}"),
        };
        let postgres_write = match self {
            Self::Text => format!("{object} ->> '{key}'"),
            Self::Bool => format!("({object} ->> '{key}')::boolean"),
            Self::Integer => format!("({object} ->> '{key}')::bigint"),
            Self::Digits | Self::Decimal => format!("({object} ->> '{key}')::numeric"),
            Self::Float => format!("({object} ->> '{key}')::double precision"),
        };
        let field = key.to_owned();
        ColumnView { name, field, sqlite_type, postgres_type, sqlite_write, postgres_write }
    }

    /// The types of its column, in SQLite and in PostgreSQL.
    pub(super) const fn types(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("TEXT", "text COLLATE \"C\""),
            Self::Bool => ("INTEGER", "boolean"),
            Self::Integer => ("INTEGER", "bigint"),
            Self::Digits | Self::Decimal => ("TEXT", "numeric"),
            Self::Float => ("TEXT", "double precision"),
        }
    }

    fn sqlite_read(self, alias: &str, column: &str) -> String {
        let column = format!("{alias}.\"{column}\"");
        match self {
            Self::Text | Self::Integer | Self::Decimal => column,
            Self::Bool => {
                format!("json(iif({column} IS NULL, NULL, iif({column}, 'true', 'false')))")
            }
            Self::Digits | Self::Float => format!("json({column})"),
        }
    }

    fn postgres_read(self, alias: &str, column: &str) -> String {
        let column = format!("{alias}.\"{column}\"");
        match self {
            Self::Decimal => format!("{column}::text"),
            _ => column,
        }
    }
}
