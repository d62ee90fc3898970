"""A mail server for tests (aiosmtpd): starttls | tls | bare, a folder with ca-signed server.pem and server.key, a login or "-".

Says the port it listens on, then each mail it took, one JSON object a line. Lines on standard input are answers for the
next mails, such as "451 come back"; without one a mail is taken.
"""

import asyncio
import email
import json
import logging
import ssl
import sys
import threading
from email import policy

from aiosmtpd.smtp import SMTP, AuthResult

MODE, FOLDER, LOGIN = sys.argv[1:4]
ANSWERS = []
logging.disable()


def say(record):
    print(json.dumps(record), flush=True)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        if ANSWERS:
            answer = ANSWERS.pop(0)
            say({"refused": answer})
            return answer
        mail = email.message_from_bytes(envelope.content, policy=policy.default)
        say({
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "subject": mail["Subject"], "id": mail["Message-ID"],
            "type": mail.get_content_type(), "text": mail.get_content(), "tls": MODE == "tls" or session.ssl is not None,
            "headers": sorted(mail.keys()), "login": bool(session.authenticated),
        })
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    given = f"{data.login.decode()}:{data.password.decode()}"
    return AuthResult(success=given == LOGIN, auth_data=given)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.load_cert_chain(f"{FOLDER}/server.pem", f"{FOLDER}/server.key")
    return made


def talk():
    more = {"tls_context": context(), "require_starttls": True} if MODE == "starttls" else {}
    if LOGIN != "-":
        more |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": MODE != "tls"}
    return SMTP(Handler(), hostname="localhost", **more)


async def serve():
    outer = context() if MODE == "tls" else None
    listening = await asyncio.get_running_loop().create_server(talk, "127.0.0.1", 0, ssl=outer)
    say({"port": listening.sockets[0].getsockname()[1]})
    await listening.serve_forever()


def listen():
    for line in sys.stdin:
        ANSWERS.append(line.strip())
    sys.exit()


threading.Thread(target=listen, daemon=True).start()
asyncio.run(serve())
