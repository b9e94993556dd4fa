//! Ports perform the effects that leave the actors; one port for each kind of actor that has any.

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;

use crate::{account, chat, webhook};

/// Performs effects outside the actors. The outcome comes back as a command.
pub trait Port<E, C> {
    /// Performs the effect and returns its outcome. Runs on the deciding thread: heavy work must go elsewhere.
    fn perform(&self, effect: E) -> LocalBoxFuture<'static, C>;
}

/// All ports of a shard.
#[derive(Clone)]
pub struct Ports {
    /// Hands messages to the transports.
    pub send: Rc<dyn Port<account::Effect, account::Command>>,
    /// Destroys the keys of erased chats, and drops what is kept of them.
    pub forget: Rc<dyn Port<chat::Effect, chat::Command>>,
    /// Posts to the CRMs.
    pub post: Rc<dyn Port<webhook::Outside, webhook::Command>>,
}
