// What the page asks of the service it came from, with a key that stays in this tab.

const PLACE = "seawall.key";

// A link such as `/#key=swl_…` brings a key; it is taken out of the address before anybody can copy it.
export function takeKeyFromAddress() {
  const brought = /^#key=(swl_[\w-]+)$/.exec(location.hash);
  if (!brought) return;
  sessionStorage.setItem(PLACE, brought[1]);
  history.replaceState(null, "", location.pathname + location.search);
}

export const key = () => sessionStorage.getItem(PLACE);
export const useKey = (text) => sessionStorage.setItem(PLACE, text);
export const forgetKey = () => sessionStorage.removeItem(PLACE);

// The id in a key's text is no secret; it names the key in the audit log.
export const keyName = () => `Key ${(key() ?? "").split("_")[1] ?? ""}`;

export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: { Authorization: `Bearer ${key() ?? ""}` } });
  } catch {
    throw new Problem(0, "The server did not answer.");
  }
  const document = await response.json().catch(() => ({ detail: "The answer could not be read." }));
  if (!response.ok) throw new Problem(response.status, document.detail);
  return document;
}
