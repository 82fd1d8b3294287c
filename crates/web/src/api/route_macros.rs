//! How the table of routes is written: a line a route.

use crate::api::campaign_actions;
use crate::api::route::Key;

/// A key may be left out; what was done and has no stored answer can't be told again.
pub(crate) const TAKEN: Key = Key::Taken(|asked, _| Box::pin(campaign_actions::unknown(asked)));

macro_rules! known {
    ($handler:path) => {
        Handler::Known(|asked| Box::pin($handler(asked)))
    };
}

/// A key is needed; what was made is told again from its id.
macro_rules! again {
    ($handler:path) => {
        Key::Required(|asked, made| Box::pin($handler(asked, made)))
    };
}

/// A key is needed; what was done is told again from what the path names.
macro_rules! state_again {
    ($handler:path) => {
        Key::Required(|asked, _| Box::pin($handler(asked)))
    };
}

/// The same, where a key may be left out.
macro_rules! may_state_again {
    ($handler:path) => {
        Key::Taken(|asked, _| Box::pin($handler(asked)))
    };
}

/// Routes that need a right: how, where, its name in the document, the right
/// and what the path names, what answers, and what is known of it.
macro_rules! routes {
    ($(
        $verb:ident $path:literal $operation:ident: $right:ident of $names:ident, $handler:path
        $(, asks $query:ty)? $(, takes $body:ty)? $(, receives $kind:expr)? $(, logs $audit:literal with $key:expr)?
        $(, unlogged with $own_key:expr)?,
        gives $answer:ident $($shape:ty)?, $about:literal;
    )+) => {
        &[$(
            ApiRoute::get(
                $path,
                stringify!($operation),
                ApiNeeds::Right(Right::$right),
                Names::$names,
                known!($handler),
                $about,
            )
            $(.asking::<$query>())?
            $(.taking::<$body>())?
            $(.receiving($kind))?
            $(.by(Verb::$verb, $audit, $key))?
            $(.unlogged(Verb::$verb, $own_key))?
            .answering(Answer::$answer $((Shape::of::<$shape>()))?),
        )+]
    };
}

pub(crate) use {again, known, may_state_again, routes, state_again};
