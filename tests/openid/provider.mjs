// A real OpenID provider (panva's oidc-provider, certified) for the tests of single sign-on: people, one client, PKCE.
//
// node provider.mjs FOLDER PORT SETTINGS: FOLDER is where `npm ci` put the library; SETTINGS is JSON:
// {client, secret, back, after, kid, claims: in the ID token or only at userinfo}. It prints "ready" when it listens.
import { generateKeyPairSync } from "node:crypto";
import { pathToFileURL } from "node:url";

const [folder, port, text] = process.argv.slice(2);
const settings = JSON.parse(text);
const { Provider } = await import(pathToFileURL(`${folder}/node_modules/oidc-provider/lib/index.js`).href);

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...privateKey.export({ format: "jwk" }), use: "sig", kid: settings.kid, alg: "RS256" };

const people = {
  ann: { email: "Ann@corp.example", email_verified: true },
  admin: { email: "admin@corp.example", email_verified: true },
  unverified: { email: "boss@corp.example", email_verified: false },
  stranger: { email: "eve@else.example", email_verified: true },
  nomail: {},
};

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: settings.client,
    client_secret: settings.secret,
    redirect_uris: [settings.back],
    post_logout_redirect_uris: [settings.after],
    grant_types: ["authorization_code"],
    response_types: ["code"],
  }],
  jwks: { keys: [key] },
  cookies: { keys: ["only for tests"] },
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  conformIdTokenClaims: settings.claims !== "token",
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  findAccount: async (_ctx, sub) => ({ accountId: sub, claims: async () => ({ sub, ...people[sub] }) }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
