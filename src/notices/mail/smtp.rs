//! Hands e-mails to a mail server over SMTP (RFC 5321), with a new connection for each.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::BoxFuture;
use lettre::message::Mailbox;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::{ClientId, Extension};
use lettre::{Address, Message};

use super::{Authorities, Fault, Mail, Mailer, message};
use crate::config::{self, MailTls, PublicUrl};
use crate::net::lack;
use crate::rights::{Need, explain};

const SENDER: &str = "Tidings";
const MECHANISMS: &[Mechanism] = &[Mechanism::Plain, Mechanism::Login];
/// A domain that is not a real one.
const NO_DOMAIN: &str = "localhost";

/// A mail server.
pub struct Smtp {
    host: String,
    port: u16,
    secrecy: Secrecy,
    sign_in: Option<SignIn>,
    sender: Mailbox,
    /// The domain of our Message-IDs, and the name with which we greet the server.
    domain: String,
    timeout: Duration,
}

enum Secrecy {
    Clear,
    StartTls(TlsParameters),
    Tls(TlsParameters),
}

struct SignIn {
    user: String,
    password_file: PathBuf,
}

/// Why e-mails cannot be sent as configured.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The password cannot be read.
    #[error("smtp.password_file {path} cannot be read: {why}", path = path.display())]
    PasswordFile {
        path: PathBuf,
        /// Why it cannot be read, and what to do.
        why: String,
    },
    /// The sender's address is not valid.
    #[error("smtp.from is no address")]
    Sender(#[from] lettre::address::AddressError),
    /// TLS cannot be set up.
    #[error("TLS towards the mail server cannot be set up")]
    Tls(#[source] smtp::Error),
}

impl Smtp {
    /// The configured mail server; `None` if none is configured. Reads the password once, without keeping it, so that
    /// an unreadable file is noticed early. `authorities` are those that may vouch for the server.
    pub fn new(
        config: &config::Smtp,
        public_url: Option<&PublicUrl>,
        authorities: impl FnOnce() -> Authorities,
    ) -> Result<Option<Self>, SetupError> {
        let Some(host) = &config.host else { return Ok(None) };
        let host = host.as_str().to_owned();
        let sign_in = config.user.clone().zip(config.password_file.clone());
        let sign_in = sign_in.map(|(user, password_file)| SignIn { user, password_file });
        if let Some(SignIn { password_file: path, .. }) = &sign_in {
            std::fs::read(path).map_err(|error| unreadable(path, &error))?;
        }
        let secrecy = match config.tls {
            MailTls::None => Secrecy::Clear,
            MailTls::StartTls => Secrecy::StartTls(authorities().tls(&host).map_err(SetupError::Tls)?),
            MailTls::Tls => Secrecy::Tls(authorities().tls(&host).map_err(SetupError::Tls)?),
        };
        let address: Address = config.from.parse()?;
        let domain = domain(&address, public_url);
        let sender = Mailbox::new(Some(SENDER.to_owned()), address);
        let timeout = Duration::from_secs(config.timeout_s);
        Ok(Some(Self { host, port: config.port, secrecy, sign_in, sender, domain, timeout }))
    }

    async fn hand_over(&self, mail: &Mail) -> Result<(), Fault> {
        let message = message::message(mail, &self.sender, &self.domain)?;
        let mut connection = self.connect().await?;
        self.sign_in(&mut connection).await?;
        self.offer(&mut connection, &message).await?;
        // The server has taken the e-mail; a failed QUIT changes nothing.
        let _ = tokio::time::timeout(self.timeout, connection.quit()).await;
        Ok(())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Fault> {
        let hello = ClientId::Domain(self.domain.clone());
        let from_the_start = match &self.secrecy {
            Secrecy::Tls(tls) => Some(tls.clone()),
            Secrecy::Clear | Secrecy::StartTls(_) => None,
        };
        let server = (self.host.as_str(), self.port);
        let connecting = AsyncSmtpConnection::connect_tokio1(server, None, &hello, from_the_start, None);
        let mut connection = self.within(connecting).await?.map_err(|error| Fault::of_connection(&error))?;
        if let Secrecy::StartTls(tls) = &self.secrecy {
            if !connection.can_starttls() {
                return Err(Fault::NoStartTls);
            }
            let secret = self.within(connection.starttls(tls.clone(), &hello)).await?;
            secret.map_err(|error| Fault::of_connection(&error))?;
        }
        Ok(connection)
    }

    async fn sign_in(&self, connection: &mut AsyncSmtpConnection) -> Result<(), Fault> {
        let Some(SignIn { user, password_file }) = &self.sign_in else { return Ok(()) };
        if connection.server_info().get_auth_mechanism(MECHANISMS).is_none() {
            return Err(Fault::NoSignIn);
        }
        let credentials = Credentials::new(user.clone(), password(password_file.clone()).await?);
        let signed_in = self.within(connection.auth(MECHANISMS, &credentials)).await?;
        signed_in.map(drop).map_err(|error| Fault::of_sign_in(&error))
    }

    async fn offer(&self, connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), Fault> {
        let envelope = message.envelope();
        let is_ascii = envelope.to().iter().chain(envelope.from()).all(|address| {
            let address: &str = address.as_ref();
            address.is_ascii()
        });
        if !is_ascii && !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Fault::Address);
        }
        let taken = self.within(connection.send(envelope, &message.formatted())).await?;
        taken.map(drop).map_err(|error| Fault::of_sending(&error))
    }

    async fn within<T>(&self, step: impl Future<Output = T>) -> Result<T, Fault> {
        tokio::time::timeout(self.timeout, step).await.map_err(|_| Fault::TimedOut)
    }
}

impl Mailer for Smtp {
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.hand_over(mail))
    }
}

/// The sender's domain. If that is `localhost`, the domain of the public URL, if it has one.
fn domain(sender: &Address, public_url: Option<&PublicUrl>) -> String {
    let own = sender.domain();
    if own != NO_DOMAIN {
        return own.to_owned();
    }
    let public = public_url.and_then(|url| url::Url::parse(url.as_str()).ok());
    let name = public.and_then(|url| url.domain().map(str::to_owned));
    name.filter(|name| name.parse::<IpAddr>().is_err()).unwrap_or_else(|| own.to_owned())
}

fn unreadable(path: &Path, error: &io::Error) -> SetupError {
    SetupError::PasswordFile { path: path.to_owned(), why: explain(path, Need::Read, error) }
}

/// The content of the file without its line end.
async fn password(file: PathBuf) -> Result<String, Fault> {
    let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(file)).await;
    match read {
        Ok(Ok(text)) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
        Ok(Err(error)) if lack::is_ours(&error) => Err(Fault::Ours),
        Ok(Err(_)) | Err(_) => Err(Fault::NoPassword),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ids_belong_to_the_sender_or_else_to_the_name_that_users_type() {
        for (sender, public_url, wanted) in [
            ("tidings@acme.example", Some("https://gw.example"), "acme.example"),
            ("tidings@localhost", Some("https://gw.example/tidings"), "gw.example"),
            ("tidings@localhost", Some("http://192.0.2.1:8080"), "localhost"),
            ("tidings@localhost", None, "localhost"),
        ] {
            let public_url: Option<PublicUrl> = public_url.map(|url| url.parse().unwrap());
            assert_eq!(domain(&sender.parse().unwrap(), public_url.as_ref()), wanted);
        }
    }
}
