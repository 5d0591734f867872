//! Whose data a query may touch.

use tillgate_model::Id;

/// An organization and one of its two modes. What is outside of it does not exist for a query.
///
/// Only an access token, the credentials that one is asked for with, a webhook whose signature was verified, a stored job and
/// the operator at the command line make one.
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

    /// The scope that a stored job was made in.
    pub fn of_job(organization_id: Id, test: bool) -> Self {
        Self {
            organization_id,
            test,
        }
    }

    /// The scope that an operator names at the command line.
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

    /// Test mode, or live.
    pub fn test(&self) -> bool {
        self.test
    }
}
