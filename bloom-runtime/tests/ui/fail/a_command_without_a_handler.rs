use bloom_runtime::{application::App, prelude::*};

#[derive(Command)]
pub struct Open;

#[derive(Command)]
pub struct Close;

#[derive(Command)]
pub struct Place {
    id: u32,
}

pub struct Door;

impl<U: UnitOfWork> Handler<Open, U> for Door {
    type Output = ();

    async fn handle(&self, _: Open, _: &mut U) -> Result<(), Failure> {
        Ok(())
    }
}

impl<U: UnitOfWork> Handler<Close, U> for Door {
    type Output = ();

    async fn handle(&self, _: Close, _: &mut U) -> Result<(), Failure> {
        Ok(())
    }
}

#[derive(Handlers)]
pub struct Shop {
    #[handles(Open)]
    open: Door,
    #[handles(Close)]
    close: Door,
}

async fn place<S: Store>(app: App<S, Shop>) {
    let _ = app.execute(Open).await;
    let _ = app.execute(Place { id: 1 }).await;
}

fn main() {}
