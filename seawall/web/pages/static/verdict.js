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
  const parts = upload.matches.filter((match) => match.segments.length > 0);
  const near = upload.matches.filter((match) => match.signal_type === "pdq" && !match.segments.length);
  const same = upload.matches.filter((match) => match.signal_type !== "pdq" && !match.segments.length);
  return [
    head(upload, milliseconds),
    upload.not_screened.length ? gaps(upload) : null,
    parts.length ? el("h3", {}, "Known in parts") : null,
    ...parts.map((match) => partMatch(match, furthest)),
    near.length ? el("h3", {}, `Near ${near.length === 1 ? "one known entry" : `${near.length} known entries`}`) : null,
    ...near.map((match) => nearMatch(match, furthest)),
    same.length ? sameMatches(same) : null,
    upload.matches.length ? null : unknown(upload),
    consequences(upload),
    signals(upload),
  ].filter((part) => part !== null);
}

const REGIONS = {
  "without-border": "the picture without its border",
  "without-caption": "the picture without its caption",
  "in-screenshot": "a picture within a screenshot",
  "in-collage": "a picture within a collage",
  "inner-picture": "a picture within the picture",
};
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
  if (nearest && nearest.segments.length) return `${percent(nearest.upload_share)} of it is known, from the bank ${nearest.bank}.${because}${looked}`;
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
  const details = about(match);
  return el("article", { class: "match" },
    el("figure", {}, grid(match.signal, { other: match.value, label: "Hash of the upload, turned to fit" }), el("figcaption", {}, "This upload")),
    el("figure", {}, grid(match.value, { other: match.signal, label: "Hash of the known entry" }), el("figcaption", {}, "Known entry")),
    el("div", { class: "about" },
      el("p", { class: "apart" }, el("strong", {}, String(match.distance)), ` of 256 bits differ${match.distance ? ", marked" : ""}`),
      ruler(match.distance, match.threshold, furthest), details));
}

// A video, a sound or a text of which stretches are known: which, in words.
function partMatch(match, furthest) {
  const most = 5; // segments that are told; the API tells them all
  const told = match.segments.slice(0, most).map((segment) => el("li", {}, where(match, segment)));
  if (match.segments.length > most) told.push(el("li", {}, `${match.segments.length - most} more segments`));
  return el("article", { class: "match parts" }, el("div", { class: "about" },
    el("p", { class: "apart" }, el("strong", {}, percent(match.upload_share)), ` of the upload is ${percent(match.known_share)} of the entry`),
    el("ul", {}, ...told), ruler(match.distance, match.threshold, furthest), about(match)));
}

function where(match, segment) {
  const [start, end] = [fromTo(segment.start, segment.end), fromTo(segment.known_start, segment.known_end)];
  const share = percent(segment.share);
  if (match.signal_type === "text") {
    return `Letters ${Math.round(segment.start) + 1} to ${Math.round(segment.end)} of the upload are letters `
      + `${Math.round(segment.known_start) + 1} to ${Math.round(segment.known_end)} of the entry: ${share} of the passages.`;
  }
  if (match.signal_type === "pdq") return `${start} of the upload shows it.`;
  if (segment.start === 0 && segment.end === 0) return `It is shown at ${end} of the entry.`;
  const of = match.signal_type === "vpdq" ? "frames" : "the sound";
  return `${start} of the upload is ${end} of the entry: ${share} of ${of}, median distance ${segment.distance}.`;
}

function percent(share) {
  return share > 0 && share < 0.005 ? "<1 %" : `${Math.round(100 * share)} %`;
}

function fromTo(start, end) {
  const [first, last] = [position(start), position(end)];
  return first === last ? first : `${first}–${last}`;
}

// A place in a video or a sound, as players write it: 0:12, 1:02:05.
function position(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function about(match) {
  const details = facts([
    ["Bank", match.bank],
    ["Filed under", match.categories.join(", ") || "no category"],
    ["What is near", match.region ? `${REGIONS[match.region.kind] ?? match.region.kind} (${match.region.width} × ${match.region.height} pixels)` : null],
    ["The upload, turned", match.signal_type === "pdq" || match.orientation !== "upright" ? TURNS[match.orientation] : null],
    ["Frame", match.frame ? String(match.frame + 1) : null],
    ["Rule", match.rule ?? "none wants a match this far"],
    ["On trial", match.shadow_rules.join(", ")],
    ["Not enforced", match.withheld ? WITHHELD[match.withheld] : null],
    ["Origin", match.origins.join(", ") || null],
    ["Vouched for by", `${match.vouchers} ${match.vouchers === 1 ? "organisation" : "organisations"}`],
  ]);
  addEntry(match, details);
  return details;
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
      row("td", signal.type, value(signal.value), signal.quality === null ? "" : `quality ${signal.quality}`)))));
}

function value(text) {
  const most = 120; // characters shown at once; a video's signal has thousands
  if (text.length <= most) return el("code", { class: "value" }, text);
  return el("details", {}, el("summary", {}, el("code", {}, `${text.slice(0, 36)}…`), ` all ${text.length} characters`), el("code", { class: "value" }, text));
}

function row(cell, ...values) {
  return el("tr", {}, ...values.map((value) => el(cell, {}, value)));
}
