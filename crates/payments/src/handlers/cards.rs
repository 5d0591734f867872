//! Removes saved cards through `/api/v1`.

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

/// [`Edit`] for cards, which can only be deleted: payments create them.
pub struct Cards;

impl Edit for Cards {
    fn delete<'a>(&'a self, request: &'a Request, id: &'a Id) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        async move {
            // A card at another PSP does not exist in this dialect.
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
