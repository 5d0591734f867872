//! Edits saved cards by hand; deleting one also removes it at the PSP.

use bytes::Bytes;
use futures::{FutureExt, future::LocalBoxFuture};
use tillgate_model::{Id, resources::CustomerPaymentSource};

use crate::{
    call::Answer, failure::Failure, handler::Edit, plain::PlainEditor, request::Request, wallet::remove,
};

/// Creates, updates and deletes saved cards.
pub struct WalletEditor {
    plain: PlainEditor<CustomerPaymentSource>,
}

impl WalletEditor {
    /// An editor with its schemas compiled.
    pub fn new() -> Self {
        Self {
            plain: PlainEditor::new(),
        }
    }
}

impl Edit for WalletEditor {
    fn create<'a>(
        &'a self,
        request: &'a Request,
        body: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        self.plain.create(request, body)
    }

    fn update<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
        body: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        self.plain.update(request, id, body)
    }

    fn delete<'a>(&'a self, request: &'a Request, id: &'a Id) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        async move {
            remove::<CustomerPaymentSource>(request, id, request.caller.customer_id.as_ref()).await?;
            Ok(Answer::new(204, Bytes::new()))
        }
        .boxed_local()
    }
}
