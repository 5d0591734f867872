//! Passwords of customers.

use diesel::prelude::*;

use super::super::{Connection, RunQueryDsl};
use crate::{CustomerPasswordRow, Scope, StoreError, rows::customer_passwords};

/// The stored hash of a customer's password.
pub async fn hash(
    connection: &mut Connection,
    scope: &Scope,
    customer_id: &str,
) -> Result<Option<String>, StoreError> {
    let query = customer_passwords::table
        .filter(customer_passwords::organization_id.eq(scope.organization_id().as_str()))
        .filter(customer_passwords::test.eq(scope.test()))
        .filter(customer_passwords::customer_id.eq(customer_id))
        .select(customer_passwords::hash);
    Ok(run!(query.get_result(connection)).optional()?)
}

/// Which of some customers have a password.
pub async fn owners(
    connection: &mut Connection,
    scope: &Scope,
    customer_ids: &[String],
) -> Result<Vec<String>, StoreError> {
    let query = customer_passwords::table
        .filter(customer_passwords::organization_id.eq(scope.organization_id().as_str()))
        .filter(customer_passwords::test.eq(scope.test()))
        .filter(customer_passwords::customer_id.eq_any(customer_ids))
        .select(customer_passwords::customer_id);
    Ok(run!(query.load(connection))?)
}

/// Gives a customer a password, in the place of the one that there may be.
pub async fn set(connection: &mut Connection, row: &CustomerPasswordRow) -> Result<(), StoreError> {
    let upsert = diesel::insert_into(customer_passwords::table)
        .values(row)
        .on_conflict((
            customer_passwords::organization_id,
            customer_passwords::test,
            customer_passwords::customer_id,
        ))
        .do_update()
        .set((
            customer_passwords::hash.eq(&row.hash),
            customer_passwords::changed_at.eq(row.changed_at),
        ));
    run!(upsert.execute(connection))?;
    Ok(())
}

/// Removes a customer's password.
pub async fn remove(connection: &mut Connection, scope: &Scope, customer_id: &str) -> Result<(), StoreError> {
    let target = customer_passwords::table
        .filter(customer_passwords::organization_id.eq(scope.organization_id().as_str()))
        .filter(customer_passwords::test.eq(scope.test()))
        .filter(customer_passwords::customer_id.eq(customer_id));
    run!(diesel::delete(target).execute(connection))?;
    Ok(())
}
