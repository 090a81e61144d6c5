//! Values between SQL and PostgreSQL's wire format.

use std::error::Error;

use bloom_runtime::{domain::Uuid, ports::StoreError};
use tokio_postgres::{
    Row,
    types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked},
};

use crate::value::SqlValue;

/// 2000-01-01 in microseconds since 1970, from which PostgreSQL counts.
const EPOCH: i64 = 946_684_800_000_000;

impl ToSql for SqlValue {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let strange = || -> Box<dyn Error + Sync + Send> {
            format!("{self:?} is no `{ty}`; cast the parameter, as in `$1::text::{ty}`").into()
        };
        match (self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Bool(value), &Type::BOOL) => value.to_sql(ty, out),
            (Self::Integer(value), &Type::INT8) => value.to_sql(ty, out),
            (Self::Integer(value), &Type::INT4) => i32::try_from(*value)?.to_sql(ty, out),
            (Self::Integer(value), &Type::INT2) => i16::try_from(*value)?.to_sql(ty, out),
            (Self::Integer(value), &Type::TIMESTAMPTZ | &Type::TIMESTAMP) => {
                value.checked_sub(EPOCH).ok_or_else(strange)?.to_sql(&Type::INT8, out)
            }
            (Self::Integer(value), &Type::FLOAT8) => (*value as f64).to_sql(ty, out),
            (Self::Real(value), &Type::FLOAT8) => value.to_sql(ty, out),
            #[expect(clippy::cast_possible_truncation, reason = "the column has no more digits")]
            (Self::Real(value), &Type::FLOAT4) => (*value as f32).to_sql(ty, out),
            (Self::Text(value), &Type::UUID) => {
                out.extend_from_slice(value.parse::<Uuid>()?.as_bytes());
                Ok(IsNull::No)
            }
            (Self::Text(value), &Type::JSON) => value.to_sql(&Type::TEXT, out),
            (Self::Text(value), &Type::JSONB) => {
                // The version of the format.
                out.extend_from_slice(&[1]);
                value.to_sql(&Type::TEXT, out)
            }
            (Self::Text(value), ty) if <String as ToSql>::accepts(ty) => value.to_sql(ty, out),
            (Self::Bytes(value), &Type::BYTEA) => value.to_sql(ty, out),
            _ => Err(strange()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// The columns of a row, in order.
pub(super) fn row(row: &Row) -> Result<Vec<SqlValue>, StoreError> {
    (0..row.len()).map(|index| column(row, index)).collect()
}

fn column(row: &Row, index: usize) -> Result<SqlValue, StoreError> {
    let read = |error: tokio_postgres::Error| StoreError::Internal(error.into());
    macro_rules! as_value {
        ($type:ty) => {
            row.try_get::<_, Option<$type>>(index)
                .map_err(read)?
                .map_or(SqlValue::Null, SqlValue::from)
        };
    }
    Ok(match *row.columns()[index].type_() {
        Type::BOOL => as_value!(bool),
        Type::INT2 => row.try_get::<_, Option<i16>>(index).map_err(read)?.map(i32::from).into(),
        Type::INT4 => as_value!(i32),
        Type::INT8 => as_value!(i64),
        Type::FLOAT4 => row.try_get::<_, Option<f32>>(index).map_err(read)?.map(f64::from).into(),
        Type::FLOAT8 => as_value!(f64),
        Type::BYTEA => as_value!(Vec<u8>),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => as_value!(String),
        ref other => {
            let name = row.columns()[index].name();
            return Err(StoreError::Internal(
                format!("column `{name}` has the type `{other}`; select it as `{name}::text`")
                    .into(),
            ));
        }
    })
}
