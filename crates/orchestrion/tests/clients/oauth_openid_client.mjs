// openid-client against the identity server: discovery, client credentials, authorization code with PKCE, refresh, userinfo, revocation.
//
// Prints one JSON object. Environment and dialogue are those of oauth_authlib.py.
import { createInterface } from 'node:readline';
import * as client from 'openid-client';

const { BASE, CLIENT_ID, CLIENT_SECRET, PUBLIC_ID, REDIRECT, SCOPE } = process.env;
const authority = new URL(`${BASE}/identity_`);
const open = { execute: [client.allowInsecureRequests] };
const result = {};

for (const [name, method] of [['basic', client.ClientSecretBasic], ['post', client.ClientSecretPost]]) {
  const config = await client.discovery(authority, CLIENT_ID, undefined, method(CLIENT_SECRET), open);
  const token = await client.clientCredentialsGrant(config, { scope: 'OR.Assets.Read' });
  result[name] = { scope: token.scope, expires: token.expires_in };
}

const config = await client.discovery(authority, PUBLIC_ID, undefined, client.None(), open);
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const address = client.buildAuthorizationUrl(config, {
  redirect_uri: REDIRECT, scope: SCOPE, state, nonce,
  code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
});
console.log(address.href);
const lines = createInterface({ input: process.stdin });
const arrived = await new Promise((resolve) => lines.once('line', resolve));
lines.close();
const token = await client.authorizationCodeGrant(config, new URL(arrived), {
  pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true,
});
const user = await client.fetchUserInfo(config, token.access_token, token.claims().sub);
const fresh = await client.refreshTokenGrant(config, token.refresh_token);
await client.tokenRevocation(config, fresh.refresh_token);
const refused = await client.refreshTokenGrant(config, fresh.refresh_token).then(() => 'accepted', (error) => error.error);
result.code = { scope: token.scope, sub: user.sub, rotated: fresh.refresh_token !== token.refresh_token, afterRevocation: refused };
console.log(JSON.stringify(result));
