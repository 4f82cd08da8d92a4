// Small helpers: where we are, how to ask the server, and times in the reader's own zone.

export const page = document.getElementById("page");
export const base = page ? page.dataset.base : "";

export const byId = (id) => document.getElementById(id);

export function post(path, fields) {
  return fetch(base + path, {
    method: "POST",
    headers: { accept: "application/json", "x-csrf-token": page.dataset.csrf },
    body: new URLSearchParams(fields),
    credentials: "same-origin",
    redirect: "manual",
  });
}

/** Replace the content of an element by a part of a page that the server rendered. */
export async function refresh(id, path, unless = () => false) {
  let html;
  try {
    const answer = await fetch(base + path, { credentials: "same-origin", redirect: "manual" });
    if (!answer.ok) return false;
    html = await answer.text();
  } catch {
    return false; // no connection: the page says so, and its stream brings the news when it is back
  }
  const target = byId(id);
  if (!target || unless()) return false;
  // People go on typing while the answer is on its way: what they have written by now is what counts.
  const written = [...target.querySelectorAll("textarea[id]")].filter((one) => one.value !== one.defaultValue);
  const kept = document.activeElement;
  const [start, end] = target.contains(kept) ? [kept.selectionStart, kept.selectionEnd] : [];
  const held = target.contains(kept) ? kept.dataset.id || kept.id || kept.dataset.key : null;
  target.innerHTML = html;
  for (const old of written) {
    const again = byId(old.id);
    if (again) again.value = old.value;
  }
  times(target);
  if (held) {
    const again = [...target.querySelectorAll("[data-id], [id], [data-key]")].find(
      (one) => one.dataset.id === held || one.id === held || one.dataset.key === held,
    );
    if (again) again.focus({ preventScroll: true });
    if (again && typeof start === "number") again.setSelectionRange(start, end);
  }
  return true;
}

/** What went wrong, in the server's own words. */
export async function problem(answer) {
  if (answer.type === "opaqueredirect" || answer.status === 401) return "You are signed out.";
  try {
    const { error } = await answer.json();
    return [error.message, error.hint].filter(Boolean).join(" ");
  } catch {
    return "The desk did not answer as expected.";
  }
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function ago(then, now = Date.now()) {
  const seconds = Math.max(0, Math.floor((now - then) / 1000));
  if (seconds < 60) return "now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

export function times(root = document) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    if ("clock" in time.dataset) time.textContent = clock.format(moment);
    if ("full" in time.dataset) time.textContent = full.format(moment);
    if ("ago" in time.dataset) time.textContent = ago(moment.getTime());
    time.title = full.format(moment);
  }
}

export function announce(text) {
  const announcer = byId("announcer");
  if (announcer) announcer.textContent = text;
}

export function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Call `action` once things have been quiet for `wait` ms, but at least every four times that. */
export function calmly(action, wait) {
  let timer = null;
  let first = 0;
  return () => {
    const now = Date.now();
    if (timer === null) first = now;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      action();
    }, Math.max(0, Math.min(wait, first + 4 * wait - now)));
  };
}
