//! A form with files, read within bounds.
//!
//! Invariant: whatever a form consists of, no more of it is held than what was asked for: without this
//! the reader keeps a field's head, or what comes before the first field, as long as it has no end.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{FromRequest, Multipart, Request};
use futures_util::Stream;

/// Bytes that may come before anything is made of them.
const UNREAD_BYTES: usize = 128 << 10;
/// Fields of a form of ours, and some more.
const FIELDS: usize = 40;

/// A form with files.
#[derive(Debug)]
pub(crate) struct UploadForm {
    form: Multipart,
    unread: Unread,
    fields: usize,
}

/// A field of it, in chunks as they come.
#[derive(Debug)]
pub(crate) struct UploadField<'f> {
    field: Field<'f>,
    unread: Unread,
}

/// Bytes of which nothing was made so far.
#[derive(Debug, Clone, Default)]
struct Unread(Arc<AtomicUsize>);

impl Unread {
    fn took(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

impl UploadForm {
    /// The next field; None behind the last one, and when there are more than in any form of ours.
    pub(crate) async fn next_field(&mut self) -> Result<Option<UploadField<'_>>, MultipartError> {
        self.fields += 1;
        if self.fields > FIELDS {
            return Ok(None);
        }
        self.unread.took();
        let (field, unread) = (self.form.next_field().await?, self.unread.clone());
        Ok(field.map(|field| UploadField { field, unread }))
    }
}

impl UploadField<'_> {
    /// Empty when it has none.
    pub(crate) fn name(&self) -> &str {
        self.field.name().unwrap_or_default()
    }

    /// Empty when it has none, as when no file was chosen.
    pub(crate) fn file_name(&self) -> &str {
        self.field.file_name().unwrap_or_default()
    }

    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, MultipartError> {
        self.unread.took();
        self.field.chunk().await
    }

    /// The whole field; None when it has more bytes than that.
    pub(crate) async fn bytes(mut self, most: usize) -> Result<Option<Vec<u8>>, MultipartError> {
        let mut bytes = Vec::new();
        while let Some(more) = self.chunk().await? {
            if bytes.len() + more.len() > most {
                return Ok(None);
            }
            bytes.extend_from_slice(&more);
        }
        Ok(Some(bytes))
    }
}

impl<S: Send + Sync> FromRequest<S> for UploadForm {
    type Rejection = MultipartRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, MultipartRejection> {
        let unread = Unread::default();
        let counted = unread.clone();
        let request = request
            .map(|body| Body::from_stream(FormBody { body, unread: counted, has_passed: false }));
        Ok(Self { form: Multipart::from_request(request, state).await?, unread, fields: 0 })
    }
}

/// Passes one frame at a time, so that its reader looks at each before it gets the next.
struct FormBody {
    body: Body,
    unread: Unread,
    has_passed: bool,
}

impl Stream for FormBody {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.has_passed) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Poll::Ready(Some(Err(io::Error::other(error)))),
                None => return Poll::Ready(None),
            };
            let Ok(bytes) = frame.into_data() else { continue };
            let before = self.unread.0.fetch_add(bytes.len(), Ordering::Relaxed);
            if before > UNREAD_BYTES {
                let error = io::Error::other("a form without an end of its fields");
                return Poll::Ready(Some(Err(error)));
            }
            self.has_passed = true;
            return Poll::Ready(Some(Ok(bytes)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(parts: Vec<&'static [u8]>) -> Request {
        let body = Body::from_stream(Chunks(parts.into_iter()));
        let kind = ("content-type", "multipart/form-data; boundary=b");
        Request::post("/").header(kind.0, kind.1).body(body).unwrap()
    }

    struct Chunks(std::vec::IntoIter<&'static [u8]>);

    impl Stream for Chunks {
        type Item = io::Result<Bytes>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.0.next().map(|part| Ok(Bytes::from_static(part))))
        }
    }

    async fn fields(parts: Vec<&'static [u8]>) -> Result<Vec<usize>, MultipartError> {
        let mut form = UploadForm::from_request(request(parts), &()).await.unwrap();
        let mut lengths = Vec::new();
        while let Some(mut field) = form.next_field().await? {
            let mut length = 0;
            while let Some(bytes) = field.chunk().await? {
                length += bytes.len();
            }
            lengths.push(length);
        }
        Ok(lengths)
    }

    static BLOCK: [u8; 64 << 10] = [b'x'; 64 << 10];
    const HEAD: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
    const END: &[u8] = b"\r\n--b--\r\n";

    #[tokio::test]
    async fn a_large_field_is_read_and_a_head_without_an_end_is_not() {
        let mut large = vec![HEAD];
        large.extend(std::iter::repeat_n(BLOCK.as_slice(), 20));
        large.push(END);
        assert_eq!(fields(large).await.unwrap(), [20 * BLOCK.len()]);
        for begin in [b"--b\r\nContent-Disposition: form-data; name=\"".as_slice(), b""] {
            let mut endless = vec![begin];
            endless.extend(std::iter::repeat_n(BLOCK.as_slice(), 20));
            endless.extend([b"\"\r\n\r\n".as_slice(), END]);
            assert!(fields(endless).await.is_err());
        }
    }

    #[tokio::test]
    async fn no_form_has_any_number_of_fields() {
        let field: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nv\r\n";
        let mut many = vec![field; 1_000];
        many.push(b"--b--\r\n");
        assert_eq!(fields(many).await.unwrap().len(), FIELDS);
    }
}
