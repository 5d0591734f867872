//! The data that a query may access.

use tillgate_model::Id;

/// An organization and one of its two modes. Queries see nothing outside of it.
///
/// Only these create a scope: an access token, the credentials for one, a verified webhook, a stored job, and the operator on the
/// command line.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Scope {
    organization_id: Id,
    test: bool,
}

impl Scope {
    /// The scope that a valid access token grants.
    pub fn of_token(organization_id: Id, test: bool) -> Self {
        Self {
            organization_id,
            test,
        }
    }

    /// The scope of an application whose credentials were checked.
    pub fn of_credentials(organization_id: Id, test: bool) -> Self {
        Self {
            organization_id,
            test,
        }
    }

    /// The scope of the gateway whose PSP has signed a notification.
    pub fn of_verified_webhook(organization_id: Id, test: bool) -> Self {
        Self {
            organization_id,
            test,
        }
    }

    /// The scope of a stored job.
    pub fn of_job(organization_id: Id, test: bool) -> Self {
        Self {
            organization_id,
            test,
        }
    }

    /// The scope that an operator names on the command line.
    pub fn of_operator(organization_id: Id, test: bool) -> Self {
        Self {
            organization_id,
            test,
        }
    }

    /// The organization.
    pub fn organization_id(&self) -> &Id {
        &self.organization_id
    }

    /// Whether it is in test mode.
    pub fn test(&self) -> bool {
        self.test
    }
}
