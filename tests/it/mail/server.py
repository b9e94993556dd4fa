"""A mail server on a free loopback port: writes its port, then all that it hears and takes, as lines of JSON."""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

WANTED = json.loads(sys.argv[1])


def tell(what, **more):
    print(json.dumps({"what": what, **more}), flush=True)


def part(message, kind):
    body = message.get_body((kind,))
    return body and body.get_content()


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if WANTED["refusal"]:
            return WANTED["refusal"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        tell(
            "mail",
            sender=envelope.mail_from,
            recipients=envelope.rcpt_tos,
            headers={name.lower(): str(value) for name, value in message.items()},
            count=len(message.items()),
            text=part(message, "plain"),
            html=part(message, "html"),
            secret=session.ssl is not None,
            signed_in=session.authenticated,
        )
        return "250 OK"


class Server(SMTP):
    def data_received(self, data):
        tell("heard", text=data.decode("latin-1"), secret=self.transport.get_extra_info("sslcontext") is not None)
        super().data_received(data)

    def connection_lost(self, error):
        super().connection_lost(error)
        tell("closed")


def authenticate(server, session, envelope, mechanism, given):
    right = [given.login.decode(), given.password.decode()] == [WANTED["user"], WANTED["password"]]
    return AuthResult(success=right, handled=False)


async def main():
    context = None
    if WANTED["certificate"]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(WANTED["certificate"])
    starttls = context if WANTED["tls"] == "starttls" else None

    def protocol():
        return Server(
            Handler(),
            hostname="mail.example",
            enable_SMTPUTF8=True,
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=authenticate if WANTED["user"] else None,
            auth_require_tls=starttls is not None,
            auth_required=bool(WANTED["user"]),
            loop=asyncio.get_running_loop(),
        )

    tls = context if WANTED["tls"] == "tls" else None
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=tls)
    tell("listens", port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


asyncio.run(main())
