//! A file that comes from the store part by part, as the body of an answer.
//!
//! Invariant: memory holds one part, however large the file is.

use actions::Refusal;
use axum::body::Body;

/// The file that begins with this part, which is read already; `next` brings those with the numbers
/// behind it, until there are no more.
pub(crate) fn body<F>(
    first: Option<Vec<u8>>,
    next: impl Fn(u32) -> F + Clone + Send + 'static,
) -> Body
where
    F: Future<Output = Result<Option<Vec<u8>>, Refusal>> + Send + 'static,
{
    let parts = futures_util::stream::try_unfold((first, 0), move |(part, number)| {
        let next = next.clone();
        async move {
            let Some(part) = part else { return Ok(None) };
            let following = next(number + 1).await?;
            Ok::<_, Refusal>(Some((part, (following, number + 1))))
        }
    });
    Body::from_stream(parts)
}
