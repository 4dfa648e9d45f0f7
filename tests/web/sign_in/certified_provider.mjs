// Starts OpenID providers of the npm package oidc-provider, which is certified by the OpenID Foundation.
// Arguments: the folder with node_modules, and a JSON file: [{port, name, clientId, secret, redirect, logout, accounts}].
// Prints "ready" when all of them listen. Its own sign-in pages (devInteractions) take any login that is an account.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, settings] = process.argv.slice(2);
const path = createRequire(pathToFileURL(`${folder}/`)).resolve("oidc-provider");
const { Provider } = await import(pathToFileURL(path));

for (const company of JSON.parse(readFileSync(settings))) {
  const provider = new Provider(`http://127.0.0.1:${company.port}`, {
    clients: [
      {
        client_id: company.clientId,
        client_secret: company.secret,
        redirect_uris: [company.redirect],
        backchannel_logout_uri: company.logout,
        backchannel_logout_session_required: true,
      },
    ],
    claims: { email: ["email", "email_verified"], profile: ["name", "locale", "zoneinfo"], groups: ["groups"] },
    features: { backchannelLogout: { enabled: true } },
    findAccount: (_context, id) => company.accounts[id] && { accountId: id, claims: () => ({ sub: id, ...company.accounts[id] }) },
    pkce: { required: () => true },
    // Its own dispatcher refuses addresses of this machine, where the portal of the test is.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    ttl: { Session: 600, Grant: 600, AccessToken: 600, IdToken: 600, Interaction: 600 },
  });
  provider.on("backchannel.error", (_context, error) => console.error("backchannel logout:", error));
  provider.on("server_error", (_context, error) => console.error("server error:", error));
  await new Promise((done) => provider.listen(company.port, "127.0.0.1", done));
}
console.log("ready");
