// A real OpenID provider for the tests: one client, people by their login, its own pages. Address and people come as JSON in argv[2].
import Provider from "oidc-provider";

const { port, client, secret, back, people } = JSON.parse(process.argv[2]);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: client, client_secret: secret, redirect_uris: [back], response_types: ["code"], grant_types: ["authorization_code"] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  findAccount: (_context, id) => ({ accountId: id, claims: async () => ({ sub: id, ...(people[id] ?? {}) }) }),
});
provider.listen(port, "127.0.0.1", () => console.log("listening"));
