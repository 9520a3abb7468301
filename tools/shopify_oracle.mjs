// Writes tests/oracles/shopify.json: webhooks signed and changed, and what Shopify's own library says of each.
//
//   npm install --prefix .local/shopify @shopify/shopify-api@15.0.0
//   node tools/shopify_oracle.mjs .local/shopify/node_modules/@shopify/shopify-api [webhooks] [target]
//
// The bodies are random (fixed seed: the first hundred of a thousand are the hundred of one hundred). Each is signed by
// the library, sent right or changed in one way, and judged by its webhooks.validate. The library takes bodies as text,
// so every body is UTF-8. The file is data; no code of the library is here.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const library = resolve(process.argv[2]);
const count = Number(process.argv[3] ?? 1000);
const target = process.argv[4] ?? join(dirname(fileURLToPath(import.meta.url)), "../tests/oracles/shopify.json");
const require = createRequire(import.meta.url);
const part = (name) => require(join(library, "dist/cjs", name, "index.js"));
part("adapters/node");
const { shopifyApi, LogSeverity } = part("lib");
const { getHmac } = part("test-helpers");

let state = 20261122;
const random = () => {
  // mulberry32, public domain
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const below = (limit) => Math.floor(random() * limit);
const pick = (values) => values[below(values.length)];
const many = (most, make) => Array.from({ length: below(most + 1) }, make);

const secrets = ["sample-shopify-client-secret", "shpss_0123456789abcdef0123456789abcdef", "0f".repeat(32), "schlüssel mit ☂"];
const judges = secrets.map((apiSecretKey) =>
  shopifyApi({
    apiKey: "sample",
    apiSecretKey,
    hostName: "gateway.example.com",
    apiVersion: "2026-10",
    isEmbeddedApp: false,
    logger: { level: LogSeverity.Error },
  }),
);

// From where characters are taken: one of these blocks at a time.
const blocks = [[0x20, 0x7e], [0x00, 0x1f], [0x7f, 0xff], [0x100, 0x24f], [0x300, 0x36f], [0x5d0, 0x6ff], [0x2000, 0x206f], [0x3040, 0x30ff],
  [0x4e00, 0x9fff], [0xe000, 0xf8ff], [0xfe00, 0xffff], [0x1f300, 0x1faff], [0x10fff0, 0x10ffff]];
const text = (most) => {
  const [first, last] = pick(blocks);
  return many(most, () => String.fromCodePoint(first + below(last - first + 1))).join("");
};
const value = (depth) =>
  pick([
    () => text(12),
    () => below(2 ** 31) * 2 ** 21,
    () => `${below(10000)}.${10 + below(90)}`,
    () => pick([null, true, false, -0.5, 1e300, [], {}, ""]),
    () => (depth ? many(3, () => value(depth - 1)) : 0),
    () => (depth ? Object.fromEntries(many(3, () => [text(6), value(depth - 1)])) : 1),
  ])();

// As Shopify writes JSON, as other programs do, and what is no JSON at all.
const escaped = (json) => json.replace(/&/g, "\\u0026").replace(/</g, "\\u003c").replace(/>/g, "\\u003e");
const ascii = (json) => json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
const order = () => ({
  id: 6031947350000 + below(10 ** 6),
  email: `${pick(["jo", "zoë", "李"])}.sample@example.com`,
  total_price: `${below(1000)}.${10 + below(90)}`,
  note: text(16),
  landing_site: "/a?b=1&c=<2>",
  line_items: many(2, () => ({ title: text(12), quantity: below(9), price: "1.00" })),
  extra: value(2),
});
const makers = [
  () => escaped(JSON.stringify(order())),
  () => JSON.stringify(order()),
  () => JSON.stringify(order(), null, pick([1, 2, "\t"])),
  () => ascii(JSON.stringify(order())),
  () => ascii(JSON.stringify(order())).replace(/\//g, "\\/"),
  () => JSON.stringify(value(3)),
  () => text(160) || "x",
  () => Array.from({ length: 1 + below(120) }, () => String.fromCharCode(below(256))).join(""),
  () => pick(["{}", "[]", " ", "\n", "\0", "0", '""', "null", "\ufeff{}", "{}\r\n", "a=1&b=2", "webhook_id=7"]),
  () => `${JSON.stringify(order())}${pick(["\n", "\r\n", " ", "\0", "\ufeff"])}`,
];

const changedLetter = (signature) => {
  const at = below(42);
  return signature.slice(0, at) + (signature[at] === "A" ? "B" : "A") + signature.slice(at + 1);
};
const changes = {
  body_longer: ({ body, ...sent }) => ({ ...sent, body: body + pick([" ", "\n", "\0", "x", "}"]) }),
  body_shorter: ({ body, ...sent }) => ({ ...sent, body: body.length > 1 ? [...body].slice(0, -1).join("") || "-" : "-" }),
  body_letter: ({ body, ...sent }) => {
    const letters = [...body];
    const at = below(letters.length);
    letters[at] = letters[at] === "~" ? "!" : "~";
    return { ...sent, body: letters.join("") };
  },
  body_unescaped: ({ body, ...sent }) => ({ ...sent, body: body.includes("\\u0026") ? body.replace(/\\u0026/g, "&") : `${body}&` }),
  body_normalised: ({ body, ...sent }) => ({ ...sent, body: body.normalize("NFD") }),
  signature_letter: ({ signature, ...sent }) => ({ ...sent, signature: changedLetter(signature) }),
  signature_case: ({ signature, ...sent }) => ({ ...sent, signature: pick([signature.toLowerCase(), signature.toUpperCase()]) }),
  signature_cut: ({ signature, ...sent }) => ({ ...sent, signature: pick([signature.slice(0, -1), signature.slice(1), signature.slice(0, 22)]) }),
  signature_longer: ({ signature, ...sent }) => ({ ...sent, signature: pick([`${signature}=`, `${signature}A`, `sha256=${signature}`, signature + signature]) }),
  signature_hex: ({ signature, ...sent }) => ({ ...sent, signature: Buffer.from(signature, "base64").toString("hex") }),
  signature_url: ({ signature, ...sent }) => ({ ...sent, signature: Buffer.from(signature, "base64").toString("base64url") }),
  signature_other: ({ signature, ...sent }) => ({ ...sent, signature: pick([text(44) || "x", "null", "undefined", "A".repeat(43) + "="]) }),
  signature_missing: ({ signature, ...sent }) => ({ ...sent, signature: pick(["", null]) }),
  of_another_secret: (sent) => ({ ...sent, secret: (sent.secret + 1 + below(secrets.length - 1)) % secrets.length }),
  of_another_body: ({ signature, ...sent }) => ({ ...sent, signature: getHmac(`${sent.body}.`, secrets[sent.secret]) }),
  in_both_families: (sent) => ({ ...sent, second: pick([sent.signature, changedLetter(sent.signature)]) }),
  in_the_other_family: (sent) => ({ ...sent, misplaced: true }),
};

const spelled = (name) => pick([name, name.toLowerCase(), name.toUpperCase(), name.replace("Sha256", "SHA256")]);
const headersOf = ({ signature, second, misplaced, family }) => {
  const other = family === "X-Shopify-" ? "Shopify-" : "X-Shopify-";
  const named = {
    [`${family}Topic`]: family === "X-Shopify-" ? "orders/paid" : "Product",
    [`${family}Shop-Domain`]: "example-outdoor.myshopify.com",
    [`${family}API-Version`]: "2026-10",
    [`${family}Webhook-Id`]: "7c1e9a52-0b1d-4f5e-9b7e-2d4f6a8c0e11",
  };
  if (signature !== null) named[`${misplaced ? other : family}Hmac-Sha256`] = signature;
  if (second !== undefined) named[`${other}Hmac-Sha256`] = second;
  return Object.fromEntries(Object.entries(named).map(([name, content]) => [spelled(name), content]));
};

const rows = [];
for (let number = 0; number < count; number += 1) {
  const secret = below(secrets.length);
  const body = makers[number % makers.length]();
  const right = { body, secret, signature: getHmac(body, secrets[secret]), family: random() < 0.15 ? "Shopify-" : "X-Shopify-" };
  const change = random() < 0.4 ? "none" : pick(Object.keys(changes));
  const sent = change === "none" ? right : changes[change](right);
  const headers = headersOf(sent);
  const rawRequest = { method: "POST", url: "/webhooks/shopify", headers };
  const verdict = await judges[sent.secret].webhooks.validate({ rawBody: sent.body, rawRequest, rawResponse: {} });
  const row = { change, secret: sent.secret, headers, body: sent.body, verdict: verdict.valid ? "valid" : verdict.reason };
  rows.push(JSON.stringify(row));
}
const version = JSON.parse(readFileSync(join(library, "package.json"), "utf8")).version;
const head = `"made_by": "tools/shopify_oracle.mjs running @shopify/shopify-api ${version}", "secrets": ${JSON.stringify(secrets)}`;
writeFileSync(target, `{${head}, "rows": [\n${rows.join(",\n")}\n]}\n`);
console.log(`${rows.length} webhooks`);
