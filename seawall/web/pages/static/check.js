// The page: take a photo or a link, ask, show; nothing is kept but the key of this tab and the last thing tried.

import { ago, el, icon } from "./dom.js";
import { ask, forgetKey, key, keyName, takeKeyFromAddress, useKey } from "./service.js";
import { stamp, verdict } from "./verdict.js";

const at = (id) => document.getElementById(id);
const [answer, drop, file, preview] = [at("answer"), at("drop"), at("file"), at("preview")];
const furthest = Number(answer.dataset.furthest);
const mostBytes = Number(file.dataset.mostBytes);
let turn = 0; // of several answers on their way, only the last asked for is shown

function showKey() {
  at("key-form").hidden = Boolean(key());
  at("key-known").hidden = !key();
  at("key-name").textContent = keyName();
}

async function showRecent() {
  if (!key()) return;
  const page = await ask("/v1/uploads?limit=8").catch(() => ({ uploads: [] }));
  at("recent-empty").hidden = page.uploads.length > 0;
  at("recent-list").replaceChildren(...page.uploads.map(recent));
}

function recent(upload) {
  const nearest = upload.matches[0];
  const found = nearest ? `${nearest.bank}, ${nearest.distance} bits` : "nothing known";
  const button = el("button", { type: "button", class: "plain" }, stamp(upload.measure), el("span", { class: "what" }, upload.item ?? upload.media_type), el("span", { class: "quiet" }, found), ago(upload.at));
  button.addEventListener("click", () => look(upload.upload));
  return el("li", {}, button);
}

async function look(upload) {
  showPreview(null);
  await answered("Fetching the verdict", () => ask(`/v1/uploads/${encodeURIComponent(upload)}`), { timed: false });
}

async function screen(part, value, name) {
  const form = new FormData();
  form.append(part, value);
  form.append("surface", "check page");
  if (name) form.append("item_id", name.slice(0, 500));
  await answered(`Screening ${name ?? "it"}`, () => ask("/v1/screen", { method: "POST", body: form }), { timed: true });
  await showRecent();
}

async function answered(doing, question, { timed }) {
  if (!key()) {
    failed({ status: 401, message: "There is no key yet." }, () => answered(doing, question, { timed }));
    return;
  }
  turn += 1;
  const mine = turn;
  answer.setAttribute("aria-busy", "true");
  const waiting = setTimeout(() => answer.replaceChildren(el("p", { class: "wait" }, `${doing} …`)), 150);
  const begun = performance.now();
  try {
    const upload = await question();
    const milliseconds = timed ? performance.now() - begun : null;
    if (mine === turn) answer.replaceChildren(...verdict(upload, { milliseconds, furthest }));
  } catch (problem) {
    if (mine === turn) failed(problem, () => answered(doing, question, { timed }).then(showRecent));
  } finally {
    clearTimeout(waiting);
    if (mine === turn) answer.setAttribute("aria-busy", "false");
  }
}

function failed(problem, again) {
  const remedy = {
    0: ["Nothing is known to have been recorded. What you chose is still here: try again when the server runs."],
    401: ["Nothing was recorded. Put a key into the field above; ", el("code", {}, "seawall key create page --scope screen,uploads,banks:read"), " makes one."],
    429: ["Nothing was recorded. Wait a second and try again."],
  }[problem.status] ?? ["Nothing was recorded."];
  const button = el("button", { type: "button" }, "Try again");
  button.addEventListener("click", again);
  answer.replaceChildren(el("div", { class: "failed", role: "alert" }, el("h2", {}, icon("warn"), "No verdict"), el("p", {}, problem.message), el("p", {}, ...remedy), button));
  if (problem.status === 401) {
    forgetKey();
    showKey();
    at("key").focus();
  }
}

function showPreview(blob) {
  if (preview.src) URL.revokeObjectURL(preview.src);
  const picture = blob !== null && !/^(video|audio|text)\//.test(blob.type);
  preview.hidden = !picture;
  drop.classList.toggle("filled", picture);
  if (picture) {
    preview.src = URL.createObjectURL(blob);
    preview.alt = blob.name ? `The photo ${blob.name}` : "The photo";
  } else {
    preview.removeAttribute("src");
  }
}

function take(blob) {
  showPreview(blob);
  if (blob.size > mostBytes) {
    failed({ status: 413, message: `The file has ${blob.size} bytes; at most ${mostBytes} are taken here.` }, () => take(blob));
    return;
  }
  screen("file", blob, blob.name);
}

function takeLink(link) {
  showPreview(null);
  screen("url", link, null);
}

preview.addEventListener("error", () => {
  preview.hidden = true;
  drop.classList.remove("filled");
});
file.addEventListener("change", () => { if (file.files[0]) take(file.files[0]); file.value = ""; });
at("link-form").addEventListener("submit", (event) => { event.preventDefault(); takeLink(at("link").value); });
at("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  useKey(at("key").value.trim());
  at("key").value = "";
  showKey();
  showRecent();
});
at("key-forget").addEventListener("click", () => { forgetKey(); showKey(); at("key").focus(); });
document.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  const [blob, link] = [event.dataTransfer.files[0], event.dataTransfer.getData("text/uri-list")];
  if (blob) take(blob);
  else if (link) takeLink(link.split("\n")[0]);
});
document.addEventListener("paste", (event) => {
  const [blob, text] = [event.clipboardData.files[0], event.clipboardData.getData("text/plain")];
  if (blob) take(blob);
  else if (text && !(event.target instanceof HTMLInputElement)) take(new Blob([text], { type: "text/plain" }));
});

takeKeyFromAddress();
showKey();
showRecent();
