// Two generations of @azure/arm-attestation, unmodified, against a running
// avowd: every operation of every group. Prints TAP. The credential gives the
// management token; TLS trust comes from NODE_EXTRA_CA_CERTS.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as newest from "@azure/arm-attestation";
import older from "arm-attestation-2";

const [endpoint, tokenFile, certFile] = process.argv.slice(2);
const token = readFileSync(tokenFile, "utf8").trim();
const x5c = readFileSync(certFile, "utf8").replace(/-----[A-Z ]+-----|\s/g, "");
const SUB = "11111111-2222-3333-4444-555555555555";
const credential = (t) => ({ getToken: async () => ({ token: t, expiresOnTimestamp: Date.now() + 3600_000 }) });
const connect = (Client, t = token) => new Client(credential(t), SUB, { endpoint });

const cases = [];
const test = (name, fn) => cases.push([name, fn]);
const all = async (paged) => { const out = []; for await (const x of paged) out.push(x); return out; };
// The two generations show a list differently: one pages, one gives {value}.
const values = async (listed) =>
  listed?.[Symbol.asyncIterator] ? all(listed) : (await listed).value;
const refused = async (promise, status, code) => {
  await assert.rejects(promise, (e) => {
    assert.equal(Number(e.statusCode ?? e.status), status, e.message);
    assert.equal(e.code ?? e.details?.error?.code, code, JSON.stringify(e.details));
    return true;
  });
};

for (const [label, Client, n] of [["3.0.0", newest.AttestationManagementClient, "3"],
  ["2.1.0", older.AttestationManagementClient, "2"]]) {
  const c = connect(Client);
  const p = c.attestationProviders;
  const name = "Made-By-" + n, made = "made-by-" + n, isolated = "isolated-" + n, group = "Group_" + n;

  test(`${label}: operations are listed`, async () => {
    const names = (await values(c.operations.list())).map((o) => o.name);
    assert.ok(names.includes("Microsoft.Attestation/attestationProviders/write"), names);
  });
  test(`${label}: a provider is created and got`, async () => {
    const r = await p.create(group, name, { location: "West US", tags: { team: "blue" }, properties: {} });
    assert.equal(r.name, made);
    assert.equal(r.type, "Microsoft.Attestation/attestationProviders");
    assert.equal(r.id, `/subscriptions/${SUB}/resourceGroups/${group}/providers/${r.type}/${made}`);
    assert.equal(r.location, "West US");
    assert.deepEqual(r.tags, { team: "blue" });
    assert.equal(r.trustModel, "AAD");
    assert.equal(r.status, "Ready");
    assert.equal(r.attestUri, `${endpoint}/providers/${made}`);
    assert.equal(r.publicNetworkAccess ?? "Enabled", "Enabled");
    assert.deepEqual(await p.get(group.toLowerCase(), made), r);
  });
  test(`${label}: an isolated provider is made of its certificates`, async () => {
    const r = await p.create(group, isolated, { location: "eastus", properties: {
      policySigningCertificates: { keys: [{ kty: "RSA", alg: "RS256", use: "sig", x5C: [x5c], x5c: [x5c] }] },
      tpmAttestationAuthentication: "Disabled" } });
    assert.equal(r.trustModel, "Isolated");
    assert.equal(r.policySigningCertificates, undefined);
    if (n === "3") assert.equal(r.tpmAttestationAuthentication, "Disabled");
  });
  test(`${label}: the new provider serves its own keys and metadata`, async () => {
    const { attestUri } = await p.get(group, made);
    const metadata = await (await fetch(attestUri + "/.well-known/openid-configuration")).json();
    assert.equal(metadata.issuer, attestUri);
    assert.ok((await (await fetch(attestUri + "/certs")).json()).keys.length > 0);
  });
  test(`${label}: tags and settings are changed`, async () => {
    const r = await p.update(group, made, { tags: { team: "red" },
      properties: { tpmAttestationAuthentication: "Disabled" } });
    assert.deepEqual(r.tags, { team: "red" });
    if (n === "3") assert.equal((await p.get(group, made)).tpmAttestationAuthentication, "Disabled");
    assert.deepEqual((await p.update(group, made, {})).tags, { team: "red" });
  });
  test(`${label}: lists by group and by subscription`, async () => {
    const here = (await p.listByResourceGroup(group)).value.map((x) => x.name);
    assert.deepEqual(here, [isolated, made]);
    assert.deepEqual((await p.listByResourceGroup("other")).value, []);
    const names = (await p.list()).value.map((x) => x.name);
    assert.ok(names.includes(made) && names.includes(isolated), names);
  });
  test(`${label}: the default provider`, async () => {
    const [shared] = (await p.listDefault()).value;
    assert.equal(shared.name, "shared");
    assert.equal(shared.attestUri, endpoint + "/providers/shared");
    const at = await p.getDefaultByLocation("westus2");
    assert.equal(at.location, "westus2");
    assert.equal(at.attestUri, shared.attestUri);
  });
  test(`${label}: there are no private endpoints`, async () => {
    const pec = c.privateEndpointConnections;
    assert.deepEqual(await values(pec.list(group, made)), []);
    await refused(pec.get(group, made, "one"), 404, "ResourceNotFound");
    await refused(pec.create(group, made, "one", { privateLinkServiceConnectionState: { status: "Approved" } }),
      400, "OperationNotAllowed");
    await pec.delete(group, made, "one");
    if (c.privateLinkResources)
      assert.deepEqual((await c.privateLinkResources.listByProvider(group, made)).value, []);
  });
  test(`${label}: refusals have the shape that the client reads`, async () => {
    await refused(p.get(group, "nothing-here"), 404, "ResourceNotFound");
    await refused(p.get("other", made), 404, "ResourceNotFound");
    await refused(p.create("other", made, { location: "a", properties: {} }), 409, "Conflict");
    await refused(p.create(group, "shared", { location: "a", properties: {} }), 409, "Conflict");
    await refused(p.create(group, made, { location: "eastus", properties: {} }), 409, "Conflict");
    await refused(p.delete(group, "shared"), 403, "Forbidden");
    await refused(p.update(group, "nothing-here", {}), 404, "ResourceNotFound");
    await refused(connect(Client, "A".repeat(43)).attestationProviders.list(), 401, "Unauthorized");
  });
  test(`${label}: a provider is deleted, twice`, async () => {
    await p.delete(group, made);
    await p.delete(group, made);
    await refused(p.get(group, made), 404, "ResourceNotFound");
    await p.delete(group, isolated);
    assert.deepEqual((await p.listByResourceGroup(group)).value, []);
  });
}

console.log(`1..${cases.length}`);
let failed = 0;
for (const [i, [name, fn]] of cases.entries()) {
  try {
    await fn();
    console.log(`ok ${i + 1} - ${name}`);
  } catch (e) {
    failed++;
    console.log(`not ok ${i + 1} - ${name}`);
    console.log(String(e.stack ?? e).replace(/^/gm, "# "));
  }
}
process.exit(failed ? 1 : 0);
