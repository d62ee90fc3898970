"""An identity provider for tests (oidc-provider-mock, on Authlib): a folder with server.pem and server.key, and `honest` or `foreign`.

It gives tokens only to who shows the verifier of a challenge it has seen (RFC 7636 §4.6). A foreign one signs for another
issuer. Says the port it listens on, one JSON object on a line.
"""

import base64
import hashlib
import json
import logging
import ssl
import sys
import warnings

warnings.simplefilter("ignore")

import flask  # noqa: E402
import oidc_provider_mock  # noqa: E402
import werkzeug.serving  # noqa: E402
from oidc_provider_mock import _app  # noqa: E402

FOLDER, MODE = sys.argv[1:3]
logging.getLogger("werkzeug").disabled = True
challenges = set()
app = oidc_provider_mock.app(require_nonce=True)


@app.before_request
def check_challenge():
    seen = flask.request
    if seen.args.get("code_challenge_method") == "S256":
        challenges.add(seen.args["code_challenge"])
    if "code" in seen.form:
        digest = hashlib.sha256(seen.form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() not in challenges:
            return {"error": "invalid_grant"}, 400
    return None


if MODE == "foreign":
    honest = _app.OpenIDCode.get_jwt_config

    def foreign(self, grant, client=None):
        return honest(self, grant, client) | {"iss": "https://id.elsewhere.example"}

    _app.OpenIDCode.get_jwt_config = foreign

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = ssl.TLSVersion.TLSv1_3
context.load_cert_chain(f"{FOLDER}/server.pem", f"{FOLDER}/server.key")
server = werkzeug.serving.make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context)
print(json.dumps({"port": server.server_port}), flush=True)
server.serve_forever()
