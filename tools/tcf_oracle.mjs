// Writes tests/oracles/tcf.json: TC strings made by IAB Tech Lab's own library, and what the library reads in them.
//
//   npm install --prefix .local/tcf @iabtechlabtcf/core@1.5.21
//   node tools/tcf_oracle.mjs .local/tcf/node_modules/@iabtechlabtcf/core [strings] [target]
//
// The strings are random (fixed seed: the first hundred of two thousand are the hundred of one hundred): purposes,
// sparse, clustered and dense vendors, publisher restrictions of every type, disclosed vendors, publisher purposes.
// The vendor list is made up. Sets of ids are written as text, "1-5 7". The file is data; no code of the library is here.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const library = resolve(process.argv[2]);
const count = Number(process.argv[3] ?? 180);
const target = process.argv[4] ?? join(dirname(fileURLToPath(import.meta.url)), "../tests/oracles/tcf.json");
const { GVL, PurposeRestriction, Segment, TCModel, TCString } = createRequire(import.meta.url)(library);

let state = 20261121;
const random = () => {
  // mulberry32, public domain
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const below = (limit) => Math.floor(random() * limit);
const pick = (values) => values[below(values.length)];
const some = (values, share = random()) => values.filter(() => random() < share);
const upTo = (last) => Array.from({ length: last }, (_, index) => index + 1);

const named = (last) => Object.fromEntries(upTo(last).map((id) => [id, { id, name: `${id}`, description: "", illustrations: [] }]));
const vendorIds = upTo(1400).filter((id) => id % 17);
const vendor = (id) => ({
  id,
  name: `Vendor ${id}`,
  purposes: upTo(11),
  legIntPurposes: [2, 7, 8, 9, 10, 11],
  flexiblePurposes: [2, 7, 8, 9, 10, 11],
  specialPurposes: [1],
  features: [],
  specialFeatures: [],
});
const vendorList = (tcfPolicyVersion) =>
  new GVL({
    gvlSpecificationVersion: 3,
    vendorListVersion: below(4096),
    tcfPolicyVersion,
    lastUpdated: "2026-09-17T16:00:00Z",
    purposes: named(11),
    specialPurposes: named(3),
    features: named(3),
    specialFeatures: named(2),
    stacks: {},
    vendors: Object.fromEntries(vendorIds.map((id) => [id, vendor(id)])),
  });

const vendors = () => {
  const last = pick([1, 44, 45, 46, 200, 755, 1399]);
  const known = vendorIds.filter((id) => id <= last);
  if (random() < 0.3) return some(known, 0.02);
  if (random() < 0.5) return some(known);
  return upTo(1 + below(20)).flatMap(() => {
    const first = below(last);
    return known.filter((id) => id >= first && id < first + below(60));
  });
};

const make = () => {
  const model = new TCModel(vendorList(pick([4, 5, 6])));
  model.cmpId = 2 + below(4094);
  model.cmpVersion = below(4096);
  model.consentScreen = below(64);
  model.publisherCountryCode = pick(["DE", "FR", "AA", "ZZ", "AZ"]);
  model.created = new Date(100 * (16 * below(2 ** 32) + below(16)));
  model.lastUpdated = new Date(100 * (16 * below(2 ** 32) + below(16)));
  model.isServiceSpecific = random() < 0.9;
  model.useNonStandardTexts = random() < 0.5;
  model.purposeOneTreatment = random() < 0.3;
  model.specialFeatureOptins.set(some(upTo(12)));
  model.purposeConsents.set(some(upTo(24)));
  model.purposeLegitimateInterests.set(some(upTo(24)));
  model.vendorConsents.set(vendors());
  model.vendorLegitimateInterests.set(random() < 0.5 ? [] : vendors());
  model.vendorsDisclosed.set(vendors());
  model.publisherConsents.set(some(upTo(24)));
  model.publisherLegitimateInterests.set(some(upTo(24)));
  const custom = pick([0, 1, 7, 63]);
  model.numCustomPurposes = custom;
  model.publisherCustomConsents.set(some(upTo(custom)));
  model.publisherCustomLegitimateInterests.set(some(upTo(custom)));
  for (let rest = pick([0, 0, 1, 3, 12]); rest > 0; rest--) {
    const restriction = new PurposeRestriction(2 + below(10), pick([0, 1, 2]));
    const share = random() * 0.1;
    for (const id of some(vendorIds.slice(0, pick([3, 60, 700])), share)) model.publisherRestrictions.add(id, restriction);
  }
  const others = some([Segment.VENDORS_DISCLOSED, Segment.PUBLISHER_TC, Segment.VENDORS_ALLOWED], 0.6);
  const segments = [Segment.CORE, ...(random() < 0.5 ? others : others.reverse())];
  return [TCString.encode(model, { segments }), segments];
};

const written = (ids) => {
  const ranges = [];
  for (const id of [...ids].sort((a, b) => a - b)) {
    if (ranges.length && ranges.at(-1)[1] === id - 1) ranges.at(-1)[1] = id;
    else ranges.push([id, id]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(" ");
};
const members = (vector) => {
  const ids = [];
  vector.forEach((isIn, id) => isIn && ids.push(id));
  return written(ids);
};

const truth = (text, segments) => {
  const read = TCString.decode(text);
  return {
    version: read.version,
    created: read.created.toISOString(),
    last_updated: read.lastUpdated.toISOString(),
    cmp_id: read.cmpId,
    cmp_version: read.cmpVersion,
    consent_screen: read.consentScreen,
    consent_language: read.consentLanguage,
    vendor_list_version: read.vendorListVersion,
    tcf_policy_version: Number(read.policyVersion),
    is_service_specific: read.isServiceSpecific,
    use_non_standard_texts: read.useNonStandardTexts,
    special_feature_opt_ins: members(read.specialFeatureOptins),
    purposes_consent: members(read.purposeConsents),
    purposes_li: members(read.purposeLegitimateInterests),
    purpose_one_treatment: read.purposeOneTreatment,
    publisher_cc: read.publisherCountryCode,
    vendor_consents: members(read.vendorConsents),
    vendor_li: members(read.vendorLegitimateInterests),
    publisher_restrictions: read.publisherRestrictions.getRestrictions().map((restriction) => ({
      purpose_id: restriction.purposeId,
      restriction_type: restriction.restrictionType,
      vendor_ids: written(read.publisherRestrictions.getVendors(restriction)),
    })),
    disclosed_vendors: segments.includes(Segment.VENDORS_DISCLOSED) ? members(read.vendorsDisclosed) : null,
    publisher_tc: segments.includes(Segment.PUBLISHER_TC)
      ? {
          purposes_consent: members(read.publisherConsents),
          purposes_li: members(read.publisherLegitimateInterests),
          custom_purposes_consent: members(read.publisherCustomConsents),
          custom_purposes_li: members(read.publisherCustomLegitimateInterests),
          num_custom_purposes: read.numCustomPurposes,
        }
      : null,
  };
};

const rows = upTo(count).map(() => {
  const [text, segments] = make();
  return JSON.stringify({ tc_string: text, decoded: truth(text, segments) });
});
const version = JSON.parse(readFileSync(join(library, "package.json"), "utf8")).version;
writeFileSync(target, `{"made_by": "tools/tcf_oracle.mjs running @iabtechlabtcf/core ${version}", "rows": [\n${rows.join(",\n")}\n]}\n`);
console.log(`${rows.length} strings`);
