//! Removes saved cards as the second dialect knows them.

use bytes::Bytes;
use futures::{FutureExt, future::LocalBoxFuture};
use tillgate_model::{Id, Problem, resources::Card};
use tillgate_store::Tx;

use crate::{
    call::Answer,
    failure::Failure,
    handler::{Edit, Kept},
    request::Request,
    wallet::remove,
};

/// Deletes cards; payments make them.
pub struct Cards;

impl Edit for Cards {
    fn delete<'a>(&'a self, request: &'a Request, id: &'a Id) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        async move {
            // One that another PSP keeps is none here.
            let found = request
                .context
                .db
                .read(async |tx: &mut Tx<'_>| Card::get(tx, request, id).await)
                .await?;
            found.ok_or_else(Problem::not_found)?;
            remove::<Card>(request, id, request.caller.customer_id.as_ref()).await?;
            Ok(Answer::new(204, Bytes::new()))
        }
        .boxed_local()
    }
}
