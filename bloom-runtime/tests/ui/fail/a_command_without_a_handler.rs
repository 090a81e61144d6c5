use bloom_runtime::{application::App, prelude::*};

#[derive(Command)]
pub struct Place {
    id: u32,
}

#[derive(Handlers)]
pub struct Shop;

async fn place<S: Store>(app: App<S, Shop>) {
    let _ = app.execute(Place { id: 1 }).await;
}

fn main() {}
