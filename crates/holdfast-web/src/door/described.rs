//! What a handler's own signature says of its operation: what stands in its address, which body it takes, what it answers.
//!
//! Owns the traits by which a signature becomes a sketch; `api/document.rs` makes the OpenAPI document of the sketches. A
//! signature cannot be out of date, so neither can the document. Whoever brings a new extractor or identifier adds a line here.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use holdfast_core::id;
use holdfast_domain::fleet::custody::Reader;
use http::HeaderMap;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::App;
use super::arrival::Knock;
use super::extract::{Asked, Body, Id, Ids, Json, Who};
use super::problem::Problem;

/// What is known of an operation from its handler.
#[derive(Default)]
pub(crate) struct Sketch {
    /// Schemas of the parameters in the address, in order.
    pub(crate) address: Vec<Value>,
    /// What the body is, if there is one.
    pub(crate) body: Option<Content>,
    /// What the answer is.
    pub(crate) answer: Option<Content>,
    /// Schemas that the two refer to, by name.
    pub(crate) schemas: Vec<(String, RefOr<Schema>)>,
}

/// A body or an answer.
pub(crate) enum Content {
    /// JSON of this schema.
    Json(Value),
    /// Bytes of a media type that the route says.
    Raw,
}

impl Sketch {
    /// The sketch of a handler.
    pub(crate) fn of<H: Described<T>, T>() -> Self {
        let mut sketch = Self::default();
        H::describe(&mut sketch);
        sketch
    }

    /// Answers one of two JSON types.
    pub(crate) fn either<A: ToSchema, B: ToSchema>(&mut self) {
        let schemas = [self.refer::<A>(), self.refer::<B>()];
        self.answer = Some(Content::Json(json!({ "anyOf": schemas })));
    }

    /// Adds a type with all it refers to; the value is a reference to it.
    fn refer<T: ToSchema>(&mut self) -> Value {
        let name = T::name().into_owned();
        let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
        self.schemas.push((name, T::schema()));
        T::schemas(&mut self.schemas);
        reference
    }
}

/// A handler that can be described. `T` is the same as in [`axum::handler::Handler`].
pub(crate) trait Described<T> {
    fn describe(sketch: &mut Sketch);
}

/// One argument of a handler.
pub(crate) trait Part {
    fn describe(_: &mut Sketch) {}
}

/// What a handler gives back.
pub(crate) trait Answers {
    fn describe(sketch: &mut Sketch);
}

macro_rules! described {
    ($($part:ident)+) => {
        impl<F, Fut, R, M, $($part),+> Described<(M, $($part,)+)> for F
        where
            F: FnOnce($($part),+) -> Fut,
            Fut: Future<Output = R>,
            R: Answers,
            $($part: Part,)+
        {
            fn describe(sketch: &mut Sketch) {
                $($part::describe(sketch);)+
                R::describe(sketch);
            }
        }
    };
}

described!(A);
described!(A B);
described!(A B C);
described!(A B C D);
described!(A B C D E);
described!(A B C D E G);

impl<F, Fut, R> Described<((),)> for F
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = R>,
    R: Answers,
{
    fn describe(sketch: &mut Sketch) {
        R::describe(sketch);
    }
}

impl Part for State<App> {}
impl Part for Who {}
impl Part for Knock {}
impl Part for Asked {}
impl Part for HeaderMap {}
impl Part for crate::lang::Lang {}
impl Part for Extension<Reader> {}

impl<A: InAddress> Part for Id<A> {
    fn describe(sketch: &mut Sketch) {
        sketch.address.push(A::schema());
    }
}

impl<A: InAddress, B: InAddress> Part for Ids<A, B> {
    fn describe(sketch: &mut Sketch) {
        sketch.address.extend([A::schema(), B::schema()]);
    }
}

impl Part for Path<String> {
    fn describe(sketch: &mut Sketch) {
        sketch.address.push(json!({ "type": "string" }));
    }
}

impl<T: ToSchema> Part for Json<T> {
    fn describe(sketch: &mut Sketch) {
        let schema = sketch.refer::<T>();
        sketch.body = Some(Content::Json(schema));
    }
}

impl<const MAX: usize> Part for Body<MAX> {
    fn describe(sketch: &mut Sketch) {
        sketch.body = Some(Content::Raw);
    }
}

/// A body that is read piece by piece.
impl Part for (HeaderMap, axum::body::Body) {
    fn describe(sketch: &mut Sketch) {
        sketch.body = Some(Content::Raw);
    }
}

impl<T: ToSchema> Answers for axum::Json<T> {
    fn describe(sketch: &mut Sketch) {
        let schema = sketch.refer::<T>();
        sketch.answer = Some(Content::Json(schema));
    }
}

/// An answer with headers of its own.
impl<H, T: Answers> Answers for (H, T) {
    fn describe(sketch: &mut Sketch) {
        T::describe(sketch);
    }
}

impl Answers for Response {
    fn describe(sketch: &mut Sketch) {
        sketch.answer = Some(Content::Raw);
    }
}

impl<T: Answers> Answers for Result<T, Problem> {
    fn describe(sketch: &mut Sketch) {
        T::describe(sketch);
    }
}

/// An identifier that may stand in an address.
pub(crate) trait InAddress {
    fn schema() -> Value;
}

impl InAddress for u64 {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0 })
    }
}

impl InAddress for holdfast_core::hash::Sha256Digest {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

macro_rules! text_ids {
    ($($name:ident)+) => {$(
        impl InAddress for id::$name {
            fn schema() -> Value {
                let (min, max) = (Self::BYTES_MIN, Self::BYTES_MAX);
                json!({ "type": "string", "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "minLength": min, "maxLength": max })
            }
        }
    )+};
}

text_ids!(DeviceId GroupId ProductId ReaderId StreamId);

macro_rules! record_ids {
    ($($name:ident)+) => {$(
        impl InAddress for id::$name {
            fn schema() -> Value {
                json!({ "type": "string", "format": "uuid" })
            }
        }
    )+};
}

record_ids!(BreachId ComplaintId ProofId ShopId BulkId ClaimId HelpId InvitationId PasskeyId ReleaseId DeploymentId CommandId AlertId PersonId SessionId TokenId BatchId FindingId ActionId);
