// A real OpenID Connect issuer for the tests: oidc-provider on loopback, with
// client credentials that give JWT access tokens. Its lines on standard output:
// "ready PORT"; then for each line "rotate" on standard input, "rotated".
import {createServer} from "node:http";
import {createInterface} from "node:readline";
import {exportJWK, generateKeyPair} from "jose";
import {Provider} from "oidc-provider";

const AUDIENCE = "https://attest.azure.net";
let handle = null;
const server = createServer((request, answer) => handle(request, answer));

async function key(alg, kid) {
	const pair = await generateKeyPair(alg, {extractable: true});
	return {...(await exportJWK(pair.privateKey)), kid, alg, use: "sig"};
}

async function start(issuer, alg, kid) {
	const provider = new Provider(issuer, {
		jwks: {keys: [await key(alg, kid)]},
		clients: [{client_id: "ci", client_secret: "for-tests-alone", grant_types: ["client_credentials"],
			redirect_uris: [], response_types: [], id_token_signed_response_alg: alg}],
		scopes: ["policy.read", "policy.write", "all"],
		features: {
			clientCredentials: {enabled: true},
			devInteractions: {enabled: false},
			resourceIndicators: {
				enabled: true,
				getResourceServerInfo: (_ctx, resource) => ({
					scope: "policy.read policy.write all",
					audience: resource,
					accessTokenTTL: 3600,
					accessTokenFormat: "jwt",
					jwt: {sign: {alg}},
				}),
				defaultResource: () => AUDIENCE,
			},
		},
	});
	handle = provider.callback();
}

server.listen(0, "127.0.0.1", async () => {
	const issuer = `http://127.0.0.1:${server.address().port}`;
	await start(issuer, "RS256", "first");
	process.stdout.write(`ready ${server.address().port}\n`);
	createInterface({input: process.stdin}).on("line", async (line) => {
		if (line !== "rotate") return;
		await start(issuer, "ES256", "second");
		process.stdout.write("rotated\n");
	});
});
