// A verdict, and everything it rests on.

import { grid, ruler } from "./bits.js";
import { ago, el, facts, icon } from "./dom.js";
import { ask } from "./service.js";

export const WORDS = {
  allow: "Let through", label: "Labelled", restrict: "Restricted", hold: "Held back", block: "Blocked",
};
const TURNS = {
  upright: "as it is",
  rotate90: "a quarter clockwise",
  rotate180: "upside down",
  rotate270: "a quarter anticlockwise",
  mirror: "mirrored",
  "mirror-rotate90": "mirrored, a quarter clockwise",
  "mirror-rotate180": "mirrored, upside down",
  "mirror-rotate270": "mirrored, a quarter anticlockwise",
};

export function stamp(measure) {
  return el("span", { class: `stamp ${measure}` }, icon(measure), WORDS[measure]);
}

export function verdict(upload, { milliseconds, furthest }) {
  const near = upload.matches.filter((match) => match.signal_type === "pdq");
  const same = upload.matches.filter((match) => match.signal_type !== "pdq");
  return [
    head(upload, milliseconds),
    upload.not_screened.length ? gaps(upload) : null,
    near.length ? el("h3", {}, `Near ${near.length === 1 ? "one known entry" : `${near.length} known entries`}`) : null,
    ...near.map((match) => nearMatch(match, furthest)),
    same.length ? sameMatches(same) : null,
    upload.matches.length ? null : unknown(upload),
    consequences(upload),
    signals(upload),
  ].filter((part) => part !== null);
}

const WITHHELD = {
  disputed: "a member disputes it",
  "authority-only": "only an authority's word, without a legal order",
};

function head(upload, milliseconds) {
  const took = milliseconds === null ? null : el("span", {}, `answered in ${Math.round(milliseconds)} ms`);
  const line = el("p", { class: "quiet line" }, el("code", {}, upload.upload), " ", ago(upload.at), " ", took);
  return el("div", { class: `verdict ${upload.measure}` },
    el("h2", {}, icon(upload.measure), WORDS[upload.measure]), el("p", {}, reason(upload)), line);
}

function reason(upload) {
  const nearest = upload.matches[0];
  const because = upload.rules.length ? ` Rule: ${upload.rules.join(", ")}.` : "";
  const looked = upload.review ? " A person should look at it." : "";
  const failed = upload.not_screened.some((absent) => absent.cause !== "empty");
  if (nearest && nearest.distance === 0) return `The same fingerprint as something in the bank ${nearest.bank}.${because}${looked}`;
  if (nearest) return `${nearest.distance} of 256 bits away from something in the bank ${nearest.bank}.${because}${looked}`;
  if (failed) return `It could not be screened in full.${because}${looked}`;
  if (upload.not_screened.length) return `Nothing known has the same bytes, and there is nothing in it to compare by.${because}${looked}`;
  return `Nothing known is near it.${because}${looked}`;
}

function gaps(upload) {
  return el("div", { class: "gaps" },
    el("h3", {}, icon("warn"), "What could not be screened"),
    el("ul", {}, ...upload.not_screened.map((absent) => el("li", {}, el("code", {}, absent.what), " ", absent.reason))));
}

function nearMatch(match, furthest) {
  const details = facts([
    ["Bank", match.bank],
    ["Filed under", match.categories.join(", ") || "no category"],
    ["The upload, turned", TURNS[match.orientation]],
    ["Frame", match.frame ? String(match.frame + 1) : null],
    ["Rule", match.rule ?? "none wants a match this far"],
    ["On trial", match.shadow_rules.join(", ")],
    ["Not enforced", match.withheld ? WITHHELD[match.withheld] : null],
    ["Origin", match.origins.join(", ") || null],
    ["Vouched for by", `${match.vouchers} ${match.vouchers === 1 ? "organisation" : "organisations"}`],
  ]);
  addEntry(match, details);
  return el("article", { class: "match" },
    el("figure", {}, grid(match.signal, { other: match.value, label: "Hash of the upload, turned to fit" }), el("figcaption", {}, "This upload")),
    el("figure", {}, grid(match.value, { other: match.signal, label: "Hash of the known entry" }), el("figcaption", {}, "Known entry")),
    el("div", { class: "about" },
      el("p", { class: "apart" }, el("strong", {}, String(match.distance)), ` of 256 bits differ${match.distance ? ", marked" : ""}`),
      ruler(match.distance, match.threshold, furthest), details));
}

// What its bank says of the entry, for keys that may read banks; the rest stands without it.
async function addEntry(match, details) {
  const path = `/v1/banks/${encodeURIComponent(match.bank)}/entries/${encodeURIComponent(match.entry)}`;
  const entry = await ask(path).catch(() => null);
  if (!entry) return;
  details.lastElementChild.lastElementChild.textContent = entry.vouchers.join(", ");
  details.append(...facts([["Note", entry.note], ["Source", entry.source]]).children);
}

function sameMatches(same) {
  return el("div", {}, el("h3", {}, "The same bytes, or the same link"),
    el("table", {}, el("thead", {}, row("th", "Signal", "Bank", "Filed under", "Rule")),
      el("tbody", {}, ...same.map((match) =>
        row("td", el("code", { title: match.value }, match.signal_type), match.bank, match.categories.join(", ") || "–", match.rule ?? "–")))));
}

function unknown(upload) {
  const pdq = upload.signals.find((signal) => signal.type === "pdq");
  if (!pdq) return null;
  return el("article", { class: "match alone" },
    el("figure", {}, grid(pdq.value, { label: "Hash of the upload" }), el("figcaption", {}, "This upload")),
    el("div", { class: "about" }, el("p", {}, "These are the 256 bits it would be found by. To make it known:"),
      el("p", {}, el("code", { class: "command" }, `seawall bank add NAME pdq:${pdq.value} --category …`))));
}

function consequences(upload) {
  const places = new Map(); // territories of one measure stand on one line: a rule for the EU names 27
  for (const [place, measure] of Object.entries(upload.measures_by_territory)) {
    if (place !== "*") places.set(measure, [...(places.get(measure) ?? []), place]);
  }
  const named = [...places].map(([measure, codes]) => row("td", codes.join(" "), stamp(measure)));
  return el("div", {}, el("h3", {}, "What follows, where"),
    el("table", {}, el("tbody", {}, ...named,
      row("td", named.length ? "Everywhere else" : "Everywhere", stamp(upload.measures_by_territory["*"])))),
    upload.shadow_measure ? el("p", { class: "quiet" }, "With the rules on trial it would be: ", stamp(upload.shadow_measure)) : null);
}

function signals(upload) {
  return el("details", {}, el("summary", {}, `Its ${upload.signals.length} signals`),
    el("table", {}, el("tbody", {}, ...upload.signals.map((signal) =>
      row("td", signal.type, el("code", { class: "value" }, signal.value), signal.quality === null ? "" : `quality ${signal.quality}`)))));
}

function row(cell, ...values) {
  return el("tr", {}, ...values.map((value) => el(cell, {}, value)));
}
