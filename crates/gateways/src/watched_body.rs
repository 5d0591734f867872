//! A request body that records whether a connection has taken it.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Whether a connection has taken the body of a request, or may have. Until then, the PSP can't have the whole request. A request
/// without a body counts as taken.
#[derive(Clone, Debug)]
pub struct Taken(Arc<AtomicBool>);

impl Taken {
    pub fn is_taken(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A body that is in memory.
pub struct WatchedBody {
    bytes: Bytes,
    taken: Taken,
}

impl WatchedBody {
    /// The body, and the flag for whether it was taken.
    pub fn new(bytes: Bytes) -> (Self, Taken) {
        let taken = Taken(Arc::new(AtomicBool::new(bytes.is_empty())));
        let body = Self {
            bytes,
            taken: taken.clone(),
        };
        (body, taken)
    }
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.taken.0.store(true, Ordering::Release);
        let bytes = std::mem::take(&mut self.bytes);
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.bytes.len()).unwrap_or(u64::MAX))
    }
}
