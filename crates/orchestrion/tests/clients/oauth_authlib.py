"""Authlib against the identity server: discovery, client credentials, authorization code with PKCE, refresh, keys.

Prints one JSON object. Reads BASE, CLIENT_ID, CLIENT_SECRET, and for the code flow PUBLIC_ID, REDIRECT, SCOPE from the environment;
the authorization request's address goes to standard output first, and the address the browser was sent to is read from
standard input.
"""

import json
import os
import sys
import warnings

warnings.filterwarnings("ignore")
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt

authority = f"{os.environ['BASE']}/identity_"
metadata = requests.get(f"{authority}/.well-known/openid-configuration", timeout=10).json()
assert metadata["issuer"] == authority, metadata["issuer"]
keys = JsonWebKey.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
result = {}

for method in ("client_secret_basic", "client_secret_post"):
    session = OAuth2Session(
        os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"], scope="OR.Assets.Read", token_endpoint_auth_method=method
    )
    token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
    claims = jwt.decode(token["access_token"], keys)
    claims.validate()
    result[method] = {"scope": token["scope"], "client_id": claims["client_id"], "iss": claims["iss"] == authority}

verifier = generate_token(64)
nonce = generate_token(20)
session = OAuth2Session(
    os.environ["PUBLIC_ID"],
    scope=os.environ["SCOPE"],
    redirect_uri=os.environ["REDIRECT"],
    code_challenge_method="S256",
    token_endpoint_auth_method="none",
)
address, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
print(address, flush=True)
arrived = sys.stdin.readline().strip()
token = session.fetch_token(metadata["token_endpoint"], authorization_response=arrived, code_verifier=verifier, state=state)
identity = jwt.decode(
    token["id_token"],
    keys,
    claims_options={"iss": {"values": [authority]}, "aud": {"values": [os.environ["PUBLIC_ID"]]}, "nonce": {"value": nonce}},
)
identity.validate()
session.token = token
user = session.get(metadata["userinfo_endpoint"]).json()
assert user["sub"] == identity["sub"], user
old = token["refresh_token"]
fresh = session.refresh_token(metadata["token_endpoint"], refresh_token=old)
result["code"] = {
    "scope": token["scope"],
    "sub": identity["sub"],
    "rotated": fresh["refresh_token"] != old,
    "access_token": fresh["access_token"],
}
print(json.dumps(result))
