// The case screen: keys that press what is on the page, countdowns, a heartbeat, looks, and what confirming will do.

const page = document.querySelector(".case");
const form = document.getElementById("ruling");
const effect = document.getElementById("effect");
const confirming = document.getElementById("confirm");
const HEARTBEAT = 30_000;
const SIDES = [96, 320, 640, 1280, 1280]; // of the picture at each level, in pixels
const written = (target) =>
  target.closest("textarea, select, [contenteditable]") !== null ||
  (target instanceof HTMLInputElement && !["radio", "checkbox"].includes(target.type));
const usable = (control) => control && !control.disabled && !control.closest("fieldset[disabled], [hidden]");

// Keys

let going = -Infinity;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || written(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "g") {
    going = event.timeStamp; // the next key leads to another page
  } else if (event.timeStamp - going >= 1500 && pressed(event)) {
    event.preventDefault();
  }
});

function pressed(event) {
  const key = CSS.escape(event.key);
  const button = document.querySelector(`button[data-press="${key}"]`);
  if (usable(button)) {
    button.click();
    return true;
  }
  const choice = form?.querySelector(`input[data-key="${key}"]`);
  if (usable(choice)) {
    choice.click();
    choice.focus({ preventScroll: true }); // Tab goes on from here
    return true;
  }
  if (event.key === "v" || event.key === "h") return look(event.key === "v" ? 1 : -1);
  const plain = event.target === document.body || event.target.closest("main") === event.target || written(event.target) || event.target.type === "radio";
  if (event.key === "Enter" && plain && form?.querySelector("input[name=decision]:checked")) {
    form.requestSubmit(document.getElementById("confirm"));
    return true;
  }
  return false;
}

// A form is sent once.

for (const each of document.querySelectorAll("form[method=post]")) {
  each.addEventListener("submit", (event) => {
    if (each.dataset.sent) event.preventDefault();
    each.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const each of document.querySelectorAll("form[data-sent]")) delete each.dataset.sent;
});

// Countdowns

const clocks = [...document.querySelectorAll("[data-left]")].map((element) => ({
  element,
  end: performance.now() + 1000 * Number(element.dataset.left),
}));
const shown = (seconds) =>
  seconds < 100 ? `${seconds} s` : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

function tick() {
  for (const clock of clocks) {
    const seconds = Math.max(0, Math.ceil((clock.end - performance.now()) / 1000));
    clock.element.textContent = shown(seconds);
    if (seconds === 0 && !clock.over) {
      clock.over = true;
      if (clock.element.dataset.clock === "undo") undoOver();
      else lapsed();
    }
  }
}

function undoOver() {
  document.getElementById("undo").hidden = true;
  const said = document.getElementById("undo-over");
  said.hidden = false;
  said.textContent = document.getElementById("undo-over-text").content.textContent;
  document.querySelector(".soon")?.remove();
}

function lapsed() {
  document.getElementById("lapsed").hidden = false;
  document.getElementById("confirm").disabled = true;
  clearInterval(beating);
}

async function beat() {
  const answer = await fetch(`${page.dataset.case}/heartbeat`, {
    method: "POST",
    headers: { "x-csrf-token": page.dataset.csrf },
  }).catch(() => null); // the network may be back for the next one
  if (answer === null || answer.status >= 500) return;
  if (!answer.ok) {
    lapsed();
    return;
  }
  const { left } = await answer.json();
  for (const clock of clocks) {
    if (clock.element.dataset.clock === "claim") clock.end = performance.now() + 1000 * left;
  }
}

let beating = 0;
if (page && "claimed" in page.dataset) beating = setInterval(beat, HEARTBEAT);
if (clocks.length) setInterval(tick, 250);

// Looks

const figures = [...document.querySelectorAll("figure.preview")];
const seen = figures.filter((each) => each.querySelector("form")); // a sound has no levels
const current = () => seen.find((each) => each.contains(document.activeElement)) ?? seen[0];

for (const figure of figures) {
  const picture = figure.querySelector("img");
  figure.querySelector("form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    show(figure, Number(event.submitter.value));
  });
  if (!picture.complete) wait(figure, 0);
  picture.addEventListener("load", () => settle(figure, figure.dataset.asked ?? "0"));
  picture.addEventListener("error", () => refused(figure));
}

function look(step) {
  const figure = current();
  if (!figure) return false;
  const [before, first] = [Number(figure.dataset.asked ?? figure.dataset.level), Number(figure.dataset.first)];
  const level = before + step;
  if (level < first) show(figure, step > 0 ? first : 0); // what the least shows already is passed over
  else if (level <= 4) show(figure, level);
  return true;
}

function show(figure, level) {
  if ((figure.dataset.asked ?? figure.dataset.level) === String(level)) return; // each look counts
  figure.dataset.asked = level;
  wait(figure, level);
  figure.querySelector("img").src = `${figure.dataset.src}?level=${level}`;
}

// Until a picture is there its place is kept free, in the shape of the one before, and says that it is being made.
function wait(figure, level) {
  const [frame, picture] = [figure.querySelector(".frame"), figure.querySelector("img")];
  const [width, height] = [picture.naturalWidth, picture.naturalHeight];
  figure.dataset.level = level;
  figure.setAttribute("aria-busy", "true");
  figure.querySelector(".busy").hidden = false;
  if (!width) return;
  const scale = Math.min(SIDES[level] / Math.max(width, height), (frame.clientWidth - 2) / width);
  frame.style.minBlockSize = level > 0 ? `${Math.round(height * scale) + 2}px` : "";
}

function settle(figure, level) {
  figure.dataset.level = level;
  figure.removeAttribute("aria-busy");
  figure.querySelector(".busy").hidden = true;
  figure.querySelector(".refused").hidden = figure.dataset.kept !== "yes";
  delete figure.dataset.kept;
  for (const button of figure.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === level));
  }
}

async function refused(figure) {
  const level = figure.dataset.asked ?? "0";
  const answer = await fetch(`${figure.dataset.src}?level=${level}`).catch(() => null);
  const text = answer ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const said = figure.querySelector(".refused");
  said.textContent = text?.querySelector('[role="alert"]')?.textContent ?? `${answer?.status ?? ""}`;
  said.hidden = false;
  if (level !== "0") {
    figure.dataset.kept = "yes"; // the sentence stays while the least is shown again
    show(figure, 0);
  }
}

// What confirming will do

if (form) {
  form.addEventListener("change", (event) => {
    if (event.target.name === "policy") choosePolicy(event.target);
    tell();
  });
  form.addEventListener("input", tell);
  tell();
}

function choosePolicy(policy) {
  form.querySelector(`input[name=decision][value="${CSS.escape(policy.dataset.measure)}"]`).checked = true;
}

function tell() {
  const decision = form.elements.decision.value;
  const policy = form.querySelector("input[name=policy]:checked");
  const account = form.elements.account;
  const share = form.querySelector("input[name=share]:checked") !== null;
  const restrains = decision !== "" && decision !== "keep";
  const two = form.dataset.twoPersons.split(" ");
  const told = share && (decision === "keep" || decision === "remove");
  const so = {
    none: decision === "",
    [decision]: true,
    policy: restrains && policy !== null,
    bank: decision === "remove" && form.elements.bank_signals.checked && !form.elements.context.value,
    strikes: restrains && Number(policy?.dataset.strikes ?? 0) > 0,
    account: restrains && account.value !== "",
    share: told,
    second:
      (told && two.includes("share")) ||
      (restrains && account.value === "remove" && two.includes("remove-account")),
    end: decision !== "",
  };
  for (const part of confirming.querySelectorAll("[data-says]")) part.hidden = part.dataset.says !== decision;
  const territories = confirming.querySelector("[data-names]");
  territories.hidden = decision !== territories.dataset.names;
  territories.textContent = form.elements.territories.value.toUpperCase() || "…";
  for (const part of effect.querySelectorAll("[data-when]")) part.hidden = !so[part.dataset.when];
  fill("policy", policy?.dataset.title ?? "");
  fill("strikes", policy?.dataset.strikes ?? "");
  fill("territories", form.elements.territories.value.toUpperCase() || "…");
  fill("account", account.selectedOptions[0].textContent);
  for (const field of form.querySelectorAll("[data-for]")) {
    const ground = field.dataset.basis === undefined || form.elements.basis.value !== "";
    field.hidden = !(field.dataset.for.split(" ").includes(decision) && ground);
    if (field.dataset.basis !== undefined) field.querySelector("input").required = !field.hidden;
  }
}

function fill(name, text) {
  const place = effect.querySelector(`[data-fill="${name}"]`);
  if (place.textContent !== text) place.textContent = text;
}
