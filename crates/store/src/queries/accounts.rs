//! Organizations, their applications, and the settings of the installation. They belong to no scope, because scopes are made from
//! them.

use diesel::prelude::*;

use super::super::{Connection, RunQueryDsl};
use crate::{
    ApplicationRow, OrganizationRow, StoreError,
    rows::{applications, organizations, refresh_tokens, settings},
};

/// The organization with a name.
pub async fn organization_by_name(
    connection: &mut Connection,
    name: &str,
) -> Result<Option<OrganizationRow>, StoreError> {
    let query = organizations::table
        .filter(organizations::name.eq(name))
        .select(OrganizationRow::as_select());
    Ok(run!(query.get_result(connection)).optional()?)
}

/// The name of an organization.
pub async fn organization_name(connection: &mut Connection, id: &str) -> Result<Option<String>, StoreError> {
    let query = organizations::table
        .filter(organizations::id.eq(id))
        .select(organizations::name);
    Ok(run!(query.get_result(connection)).optional()?)
}

/// The number of organizations.
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

/// The application with a client id.
pub async fn application(
    connection: &mut Connection,
    client_id: &str,
) -> Result<Option<ApplicationRow>, StoreError> {
    let query = applications::table
        .filter(applications::client_id.eq(client_id))
        .select(ApplicationRow::as_select());
    Ok(run!(query.get_result(connection)).optional()?)
}

/// The application with an id or client id, locked until the transaction ends.
pub async fn lock_application(
    connection: &mut Connection,
    id_or_client_id: &str,
) -> Result<Option<ApplicationRow>, StoreError> {
    let query = applications::table
        .filter(
            applications::id
                .eq(id_or_client_id)
                .or(applications::client_id.eq(id_or_client_id)),
        )
        .select(ApplicationRow::as_select());
    Ok(run!(for_update!(query).get_result(connection)).optional()?)
}

/// Writes the changeable columns of an application.
pub async fn save_application(connection: &mut Connection, row: &ApplicationRow) -> Result<(), StoreError> {
    let target = applications::table.filter(applications::client_id.eq(&row.client_id));
    run!(diesel::update(target).set(row).execute(connection))?;
    Ok(())
}

/// Removes an application and its refresh tokens.
pub async fn delete_application(connection: &mut Connection, row: &ApplicationRow) -> Result<(), StoreError> {
    let tokens = refresh_tokens::table.filter(refresh_tokens::application_id.eq(&row.id));
    run!(diesel::delete(tokens).execute(connection))?;
    let target = applications::table.filter(applications::client_id.eq(&row.client_id));
    run!(diesel::delete(target).execute(connection))?;
    Ok(())
}

/// All organizations, oldest first.
pub async fn organizations(connection: &mut Connection) -> Result<Vec<OrganizationRow>, StoreError> {
    let query = organizations::table
        .order((organizations::created_at, organizations::id))
        .select(OrganizationRow::as_select());
    Ok(run!(query.load(connection))?)
}

/// All applications, those of one organization together, oldest first.
pub async fn applications(connection: &mut Connection) -> Result<Vec<ApplicationRow>, StoreError> {
    let query = applications::table
        .order((
            applications::organization_id,
            applications::created_at,
            applications::id,
        ))
        .select(ApplicationRow::as_select());
    Ok(run!(query.load(connection))?)
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

/// Sets a setting without a value; an existing value stays.
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

/// Sets a setting, whatever its value was.
pub async fn set_setting(connection: &mut Connection, name: &str, value: &str) -> Result<(), StoreError> {
    let insert = diesel::insert_into(settings::table)
        .values((settings::name.eq(name), settings::value.eq(value)))
        .on_conflict(settings::name)
        .do_update()
        .set(settings::value.eq(value));
    run!(insert.execute(connection))?;
    Ok(())
}
