// Writes tests/oracles/gpp.json: GPP strings that IAB Tech Lab's library encodes, and what it reads from them again.
//
//   npm install --prefix .local/gpp @iabgpp/cmpapi@3.2.0
//   node tools/gpp_oracle.mjs .local/gpp/node_modules/@iabgpp/cmpapi [rows]
//
// The values are random from a fixed seed; every section of the United States is in, with and without its optional
// sub-section. The file is data made by running the library; none of its code is here.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const library = resolve(process.argv[2]);
const rowCount = Number(process.argv[3] ?? 66);
const target = join(dirname(fileURLToPath(import.meta.url)), "../tests/oracles/gpp.json");
const { GppModel, Sections } = createRequire(import.meta.url)(library);

const TC_STRING = "CQSU_AAQSU_AAEsACBENBuEgALIAAAAAAAYgF5wAQF5gAAAA";
const NAMES = Sections.SECTION_ORDER.filter((name) => name.startsWith("us"));
const OPTIONAL = ["GpcSegmentIncluded", "SensitiveDataConsentSegmentIncluded"];
const FIXED = ["Version", "MspaVersion", "GpcSegmentType"];

let state = 20261122;
const below = (limit) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // the generator of Numerical Recipes
  return Math.floor((state / 2 ** 32) * limit);
};
const sample = (field, value) => {
  if (typeof value === "boolean") return below(2) === 1;
  if (typeof value === "string") return "YN-"[below(3)];
  if (Array.isArray(value)) return value.map(() => below(3));
  return field === "MspaCoveredTransaction" ? 1 + below(2) : below(3);
};

const fill = (model, name, complete) => {
  const version = name === "usnat" ? 1 + below(2) : 1;
  model.setFieldValue(name, ["usmd", "usin", "usky", "usri"].includes(name) ? "MspaVersion" : "Version", version);
  for (const [field, value] of Object.entries(model.toObject()[name])) {
    if (!FIXED.includes(field)) model.setFieldValue(name, field, sample(field, value));
  }
  for (const field of OPTIONAL) if (model.hasField(name, field)) model.setFieldValue(name, field, complete);
};

const rows = Array.from({ length: rowCount }, (_, index) => {
  const model = new GppModel();
  const names = new Set([NAMES[index % NAMES.length], ...Array.from({ length: below(3) }, () => NAMES[below(NAMES.length)])]);
  for (const name of names) fill(model, name, index % 3 > 0);
  if (index % 8 === 7) model.decodeSection("tcfeuv2", TC_STRING);
  const gpp = model.encode();
  const read = new GppModel(gpp);
  const { tcfeuv2, ...decoded } = read.toObject();
  return { gpp, section_ids: read.getSectionIds(), tc_string: tcfeuv2 ? read.encodeSection("tcfeuv2") : null, decoded };
});
const version = JSON.parse(readFileSync(join(library, "package.json"), "utf8")).version;
const lines = rows.map((row) => JSON.stringify(row));
writeFileSync(target, `{"made_by": "tools/gpp_oracle.mjs running @iabgpp/cmpapi ${version}", "rows": [\n${lines.join(",\n")}\n]}\n`);
console.log(`${rows.length} rows of ${NAMES.length} sections`);
