// A real identity provider with one client; whoever logs in is who they say, and in the group `developers`.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [modules, port, redirect] = process.argv.slice(2);
const found = createRequire(`${modules}/package.json`).resolve('oidc-provider');
const { default: Provider } = await import(pathToFileURL(found));
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: 'inkan', client_secret: process.env.CLIENT_SECRET, redirect_uris: [redirect], grant_types: ['authorization_code'], response_types: ['code'] }],
  claims: { openid: ['sub'], profile: ['preferred_username', 'name', 'groups'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true, methods: ['S256'] },
  findAccount: async (_context, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, preferred_username: id, name: id, groups: ['developers'] }),
  }),
});
provider.listen(Number(port), '127.0.0.1', () => console.log('the provider answers'));
