use bloom_runtime::{EventSourced, prelude::*};

#[derive(Identity)]
pub struct PostId(Uuid);

#[derive(Identity)]
pub struct Slug(String);

#[derive(Eq, ValueObject)]
pub struct Range<T> {
    first: T,
    last: T,
}

#[derive(ValueObject)]
pub struct Price {
    #[value(range = 0..)]
    amount: i64,
    r#type: String,
}

#[derive(DomainEvent)]
pub enum PostEvent {
    #[event(name = "post.created", rev = 1)]
    Created { id: PostId, r#type: String, price: Price },
    #[event(name = "post.hidden", rev = 2)]
    Hidden,
}

#[derive(DomainError)]
pub enum PostError {
    #[error(kind = rule, code = "post.type_taken", "the type {type} is taken")]
    TypeTaken { r#type: String },
}

#[derive(Aggregate)]
#[aggregate(event = PostEvent, name = "blog_post")]
pub struct Post {
    #[aggregate(id)]
    id: PostId,
    #[aggregate(unique = PostError::TypeTaken)]
    r#type: String,
    price: Option<Price>,
    #[aggregate(opaque)]
    timeout: std::time::Duration,
    #[aggregate(changes)]
    changes: Changes<PostEvent>,
}

impl EventSourced for Post {
    fn begin(event: &PostEvent) -> Option<Self> {
        match event {
            PostEvent::Created { id, r#type, price } => Some(Self {
                id: *id,
                r#type: r#type.clone(),
                price: Some(price.clone()),
                timeout: std::time::Duration::ZERO,
                changes: Changes::new(),
            }),
            PostEvent::Hidden => None,
        }
    }
    fn apply(&mut self, _: &PostEvent) {}
}

fn main() {
    let price = Price::new(1, "net").unwrap();
    let event = PostEvent::Created { id: Uuid::nil().into(), r#type: "note".into(), price };
    assert_eq!(event.to_body().unwrap(), r#"{"id":"00000000-0000-0000-0000-000000000000","type":"note","price":{"amount":1,"type":"net"}}"#);
    let post = Post::start(event);
    assert_eq!((post.r#type(), Post::NAME, Post::UNIQUE[0].field), ("note", "blog_post", "type"));
    let error = PostError::TypeTaken { r#type: "note".into() };
    assert_eq!(error.to_string(), "the type note is taken");
    let fields = Post::fields();
    let spec = fields.r#type.eq("note".into()) & fields.price.amount.eq(1);
    assert!(spec.is_satisfied_by(&post).unwrap());
    assert_eq!("a-b".parse::<Slug>().unwrap().to_string(), "a-b");
}
