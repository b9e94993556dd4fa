//! Where effects go: one port per kind of actor that has any.

use std::rc::Rc;

use events::record::Position;
use futures_util::future::LocalBoxFuture;

use crate::account::Account;
use crate::decider::{Decider, Never};
use crate::webhook::Webhook;

/// Performs effects. What came of one comes back as a command.
pub trait Port<D: Decider> {
    /// Does it, which the event at position `because` has made due, and says what came of it. Runs on the deciding thread:
    /// heavy work goes elsewhere.
    fn perform(&self, effect: D::Effect, because: Position) -> LocalBoxFuture<'static, D::Command>;
}

/// All ports of a shard.
#[derive(Clone)]
pub struct Ports {
    /// Hands messages to the transports.
    pub send: Rc<dyn Port<Account>>,
    /// Posts to the CRMs.
    pub post: Rc<dyn Port<Webhook>>,
}

/// The port of actors that have no effects.
pub struct NoPort;

impl<D: Decider<Effect = Never>> Port<D> for NoPort {
    fn perform(&self, effect: Never, _: Position) -> LocalBoxFuture<'static, D::Command> {
        match effect {}
    }
}
