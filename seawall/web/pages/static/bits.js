// A PDQ hash as the 16 × 16 bits it is, and a distance on a ruler.

import { el, svg } from "./dom.js";

const SIDE = 16;

// Row and column of every bit: the text begins with the highest row, and in each row with the highest column.
function bitsOf(hex) {
  const rows = [];
  for (let place = 0; place < SIDE; place += 1) {
    const word = parseInt(hex.slice(place * 4, place * 4 + 4), 16);
    rows.unshift(Array.from({ length: SIDE }, (_, column) => (word >> column) & 1));
  }
  return rows;
}

// The bits of one hash; those in which it differs from `other` are marked: filled where set here, hollow where not.
export function grid(hex, { other = null, label }) {
  const [mine, theirs] = [bitsOf(hex), bitsOf(other ?? hex)];
  const paths = { set: "", gained: "", lost: "" };
  mine.forEach((row, y) => row.forEach((bit, x) => {
    const differs = bit !== theirs[y][x];
    if (differs && !bit) paths.lost += `M${x + 0.2} ${y + 0.2}h.6v.6h-.6z`;
    else if (bit) paths[differs ? "gained" : "set"] += `M${x + 0.06} ${y + 0.06}h.88v.88h-.88z`;
  }));
  return svg(
    "svg", { class: "grid", viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img", "aria-label": label },
    ...Object.entries(paths).map(([name, d]) => svg("path", { class: name, d })),
  );
}

// Where a distance lies between 0 and the furthest that can be asked for, and where the rule draws its line.
export function ruler(distance, threshold, furthest) {
  const share = (bits) => `${(100 * bits) / furthest}%`;
  const reach = el("span", { class: "reach" });
  const mark = el("span", { class: "at" }, String(distance));
  const words = threshold === null ? "no rule reaches it" : `the rule reaches to ${threshold}`;
  const track = el("div", {
    class: "ruler", role: "img", "aria-label": `${distance} of 256 bits differ; ${words}.`,
  }, reach, mark);
  reach.style.setProperty("inline-size", share(threshold ?? 0));
  mark.style.setProperty("inset-inline-start", share(distance));
  for (let bits = 0; bits <= furthest; bits += 16) {
    if (threshold !== null && Math.abs(bits - threshold) < 3) continue; // the rule's own mark stands there
    const tick = el("span", { class: "tick" }, String(bits));
    tick.style.setProperty("inset-inline-start", share(bits));
    track.append(tick);
  }
  if (threshold !== null) {
    const line = el("span", { class: "line" }, `rule: ${threshold}`);
    line.style.setProperty("inset-inline-start", share(threshold));
    track.append(line);
  }
  return track;
}
