//! The entry points: the handlers of requests, by type of resource.

mod cards;
mod delete_payment_source;
mod events;
mod orders;
mod payment_sources;
mod transactions;
mod update_payment_source;
mod wallet;

use std::collections::HashMap;

use tillgate_model::{Resource, resources::*};

use self::{
    cards::Cards,
    events::EventEditor,
    orders::OrderEditor,
    payment_sources::{SourceCreator, SourceEditor},
    transactions::TransactionEditor,
    wallet::WalletEditor,
};
use crate::{
    failure::Failure,
    handler::{Edit, Kept, Show, Shown},
    plain::PlainEditor,
    providers::list::for_each_provider,
};

/// The handlers that show and edit the resources of each type.
#[derive(Default)]
pub struct Handlers {
    show: HashMap<&'static str, Box<dyn Show + Send + Sync>>,
    edit: HashMap<&'static str, Box<dyn Edit + Send + Sync>>,
}

impl Handlers {
    /// All handlers.
    pub fn all() -> Self {
        let mut handlers = Self::default();
        macro_rules! shown {
            ($($name:ident)*) => { $(handlers.shown::<$name>();)* };
        }
        tillgate_model::for_each_resource!(shown);
        macro_rules! plain {
            ($($name:ident)*) => { $(handlers.edited::<$name>(PlainEditor::<$name>::new());)* };
        }
        plain!(Market Customer LineItem PaymentMethod Webhook);
        macro_rules! providers {
            ($($module:ident: $gateway_type:ident $gateway:ident, $source_type:ident $source:ident;)*) => {$(
                handlers.edited::<$gateway>(PlainEditor::<$gateway>::new());
                handlers.edited::<$source>(SourceEditor::<$source>::new());
            )*};
        }
        for_each_provider!(providers);
        macro_rules! transactions {
            ($($name:ident)*) => { $(handlers.edited::<$name>(TransactionEditor::<$name>::new());)* };
        }
        transactions!(Authorization Capture Void Refund);
        handlers.edited::<CustomerPaymentSource>(WalletEditor::new());
        handlers.edited::<Order>(OrderEditor::new());
        handlers.edited::<Payment>(SourceCreator::<Payment>::new());
        handlers.edited::<Event>(EventEditor::new());
        handlers.edited::<Card>(Cards);
        handlers
    }

    fn shown<R: Kept>(&mut self) {
        self.show.insert(R::META.kind, Box::new(Shown::<R>::new()));
    }

    fn edited<R: Resource>(&mut self, editor: impl Edit + Send + Sync + 'static) {
        self.edit.insert(R::META.kind, Box::new(editor));
    }

    /// The handler that shows resources of a type.
    pub fn show(&self, kind: &str) -> Result<&dyn Show, Failure> {
        let handler = self
            .show
            .get(kind)
            .ok_or_else(|| Failure::Internal(format!("nothing shows {kind}")))?;
        Ok(&**handler)
    }

    /// The handler that edits resources of a type.
    pub fn edit(&self, kind: &str) -> Result<&dyn Edit, Failure> {
        let handler = self
            .edit
            .get(kind)
            .ok_or_else(|| Failure::Internal(format!("nothing edits {kind}")))?;
        Ok(&**handler)
    }
}
