// Writes tests/oracles/pixel.json: what Meta's Parameter Builder library makes of the inputs of its own published tests.
//
//   npm install --prefix .local/pixel capi-param-builder-nodejs@1.3.2
//   node tools/pixel_oracle.mjs .local/pixel/node_modules/capi-param-builder-nodejs
//
// The library's tests are run with stand-ins for Jest that only record which text they give to which normaliser. Each
// text then goes through the library's public function. The file is data made by running it; none of its code is here.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const library = resolve(process.argv[2]);
const target = join(dirname(fileURLToPath(import.meta.url)), "../tests/oracles/pixel.json");
const require = createRequire(join(library, "tests/x.js"));

const FIELDS = {
  em: ["email", "getNormalizedEmail"],
  fn: ["first_name", "getNormalizedName"],
  ln: ["last_name", "getNormalizedName"],
  ct: ["city", "getNormalizedCity"],
  st: ["state", "getNormalizedState"],
  zp: ["zip_code", "getNormalizedZipCode"],
  external_id: ["external_id", "getNormalizedExternalID"],
};

const recorded = Object.fromEntries(Object.values(FIELDS).map(([, normaliser]) => [normaliser, new Set()]));

// Every normaliser that a test imports is wrapped; whatever else it does goes to a stand-in that answers anything.
const anything = new Proxy(function () {}, { get: (_, key) => (key === Symbol.toPrimitive ? () => "" : anything), apply: () => anything });
const load = Module._load;
Module._load = function (request, ...rest) {
  const exported = load.call(this, request, ...rest);
  if (!request.includes("piiUtil/")) return exported;
  return new Proxy(exported, {
    get: (object, key) => {
      if (!(key in recorded)) return object[key];
      return (text, ...more) => {
        if (typeof text === "string") recorded[key].add(text);
        return object[key](text, ...more);
      };
    },
  });
};
const run = (_, body) => {
  try {
    body();
  } catch {
    // A test that needs more of Jest than there is here: what it gave before that is recorded.
  }
};
Object.assign(globalThis, { describe: run, test: run, it: run, expect: () => anything, jest: anything });
Object.assign(globalThis, { beforeEach: () => {}, afterEach: () => {}, beforeAll: () => {}, afterAll: () => {} });
const tests = ["emailUtil", "nameUtil", "cityUtil", "stateUtil", "zipCodeUtil", "externalIDUtil"];
for (const name of tests) require(join(library, "tests", `${name}.test.js`));
Module._load = load;

const { ParamBuilder } = require(join(library, "index.js"));
const builder = new ParamBuilder();
const digestOf = (text, type) => builder.getNormalizedAndHashedPII(text, type)?.replace(/\.[A-Za-z0-9_-]{8}$/, "") || null;
const rows = Object.entries(FIELDS).flatMap(([field, [type, normaliser]]) =>
  [...recorded[normaliser]].filter((text) => text.isWellFormed() && text.length <= 200).map((text) => ({ field, raw: text, digest: digestOf(text, type) })),
);
const version = JSON.parse(readFileSync(join(library, "package.json"), "utf8")).version;
const lines = rows.map((row) => JSON.stringify(row).replace(/[\u007f-\uffff]/g, (unit) => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0")));
writeFileSync(target, `{"made_by": "tools/pixel_oracle.mjs running capi-param-builder-nodejs ${version}", "rows": [\n${lines.join(",\n")}\n]}\n`);
console.log(`${rows.length} rows of ${readdirSync(join(library, "tests")).length} test files`);
