// Keys that work on every page: ? shows them, g and a letter go somewhere.

const dialog = document.getElementById("keys");
const typing = (target) => target.closest("input, select, textarea, [contenteditable]") !== null;
let going = 0;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "?" && dialog && !dialog.open) {
    event.preventDefault();
    dialog.showModal();
  } else if (event.key === "g") {
    going = event.timeStamp;
  } else if (going && event.timeStamp - going < 1500) {
    going = 0;
    const link = document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`);
    if (link) link.click();
  }
});

// A table that is wider than its place can be scrolled with keys, and says what it is.

for (const each of document.querySelectorAll(".scroll")) {
  if (each.scrollWidth <= each.clientWidth) continue;
  const heading = (each.closest("section") ?? document).querySelector("h1, h2");
  each.tabIndex = 0;
  each.setAttribute("role", "region");
  each.setAttribute("aria-label", heading?.textContent.trim() ?? document.title);
}
document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// What takes a while says so at once: what is there already stays where it is, and is greyed until the new is there.

for (const form of document.querySelectorAll("form[data-busy]")) {
  const [there, said] = [document.getElementById(form.dataset.busy), document.getElementById(`${form.dataset.busy}-busy`)];
  const busy = (yes) => {
    there.setAttribute("aria-busy", String(yes));
    said.hidden = !yes;
  };
  form.addEventListener("submit", () => busy(true));
  addEventListener("pageshow", () => busy(false));
}
