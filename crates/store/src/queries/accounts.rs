//! Organizations, their applications, and the settings of the installation. They stand outside of any scope: a scope is
//! made of what is found here.

use diesel::prelude::*;

use super::super::{Connection, RunQueryDsl};
use crate::{
    ApplicationRow, OrganizationRow, StoreError,
    rows::{applications, organizations, settings},
};

/// The organization of that name.
pub async fn organization_by_name(
    connection: &mut Connection,
    name: &str,
) -> Result<Option<OrganizationRow>, StoreError> {
    let query = organizations::table
        .filter(organizations::name.eq(name))
        .select(OrganizationRow::as_select());
    Ok(run!(query.get_result(connection)).optional()?)
}

/// How many organizations there are.
pub async fn count_organizations(connection: &mut Connection) -> Result<i64, StoreError> {
    Ok(run!(organizations::table.count().get_result(connection))?)
}

/// Adds an organization.
pub async fn insert_organization(
    connection: &mut Connection,
    row: &OrganizationRow,
) -> Result<(), StoreError> {
    run!(
        diesel::insert_into(organizations::table)
            .values(row)
            .execute(connection)
    )?;
    Ok(())
}

/// The application of that client id.
pub async fn application(
    connection: &mut Connection,
    client_id: &str,
) -> Result<Option<ApplicationRow>, StoreError> {
    let query = applications::table
        .filter(applications::client_id.eq(client_id))
        .select(ApplicationRow::as_select());
    Ok(run!(query.get_result(connection)).optional()?)
}

/// Adds an application.
pub async fn insert_application(connection: &mut Connection, row: &ApplicationRow) -> Result<(), StoreError> {
    run!(
        diesel::insert_into(applications::table)
            .values(row)
            .execute(connection)
    )?;
    Ok(())
}

/// A setting of the installation.
pub async fn setting(connection: &mut Connection, name: &str) -> Result<Option<String>, StoreError> {
    let query = settings::table
        .filter(settings::name.eq(name))
        .select(settings::value);
    Ok(run!(query.get_result(connection)).optional()?)
}

/// Sets a setting that has no value yet; one that has keeps it.
pub async fn set_setting_once(
    connection: &mut Connection,
    name: &str,
    value: &str,
) -> Result<(), StoreError> {
    let insert = diesel::insert_into(settings::table)
        .values((settings::name.eq(name), settings::value.eq(value)))
        .on_conflict_do_nothing();
    run!(insert.execute(connection))?;
    Ok(())
}

/// Sets a setting, whatever it was.
pub async fn set_setting(connection: &mut Connection, name: &str, value: &str) -> Result<(), StoreError> {
    let insert = diesel::insert_into(settings::table)
        .values((settings::name.eq(name), settings::value.eq(value)))
        .on_conflict(settings::name)
        .do_update()
        .set(settings::value.eq(value));
    run!(insert.execute(connection))?;
    Ok(())
}
