// What has changed since the page was made is said on top of it; nothing on the page moves until the reader asks.

const place = document.querySelector("[data-watch]");
const [sentence, link] = place.children;
let source = null;

function listen() {
  source = new EventSource(place.dataset.watch);
  source.addEventListener("message", ({ data }) => {
    sentence.textContent = data;
    link.hidden = data === "";
  });
  source.addEventListener("over", () => source.close());
}

// A page that nobody looks at keeps no connection.
function visible() {
  source?.close();
  if (document.visibilityState === "visible") listen();
}

document.addEventListener("visibilitychange", visible);
addEventListener("pagehide", () => source?.close());
visible();
