// One stream of server-sent events for a page. The browser resumes it; when the server refuses, we do.

import { base, byId, page } from "./dom.js";

const state = byId("live-state");
const words = {
  live: "Live",
  lost: "Connection lost. Trying again…",
  out: "Signed out",
  starting: "Connecting…",
};

function show(name) {
  if (!state) return;
  state.dataset.state = name === "out" ? "lost" : name;
  const text = state.querySelector("[data-text]");
  if (text.textContent !== words[name]) text.textContent = words[name];
}

/** `handlers` by event name; `after()` says which message is the last one that the page has. */
export function follow(handlers, after) {
  let source = null;
  let pause = 1000;
  let again = null;

  function open() {
    clearTimeout(again);
    const query = new URLSearchParams({ after: String(after()) });
    if (page.dataset.conversation) query.set("conversation", page.dataset.conversation);
    source = new EventSource(`${base}/live?${query}`);
    source.onopen = () => {
      pause = 1000;
      show("live");
      document.dispatchEvent(new Event("live:back"));
    };
    source.onerror = () => {
      show("lost");
      if (source.readyState === EventSource.CLOSED) refused();
    };
    for (const [name, handler] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => handler(JSON.parse(event.data)));
    }
    source.addEventListener("signed-out", signedOut);
    source.addEventListener("hidden", hidden);
  }

  async function refused() {
    try {
      const answer = await fetch(`${base}/live`, { headers: { accept: "application/json" }, redirect: "manual" });
      const status = answer.status;
      if (answer.body) answer.body.cancel();
      if (status === 401) {
        signedOut();
        return;
      }
    } catch {
      // no connection at all: the pause below is the answer
    }
    again = setTimeout(open, pause);
    pause = Math.min(pause * 2, 15000);
  }

  function signedOut() {
    source.close();
    show("out");
    const here = location.pathname.slice(base.length + 1);
    const link = document.createElement("a");
    link.href = `${base}/login?next=${encodeURIComponent(here)}`;
    link.textContent = "Sign in again";
    const text = state.querySelector("[data-text]");
    text.textContent = "Signed out. What you wrote is kept. ";
    text.append(link);
  }

  // An admin has changed who sees what, and this is no longer for us. What was written stays in its storage.
  function hidden() {
    source.close();
    location.assign(`${base}/`);
  }

  window.addEventListener("online", () => {
    if (source && source.readyState === EventSource.CLOSED) open();
  });
  window.addEventListener("pagehide", () => source && source.close());
  window.addEventListener("pageshow", (event) => event.persisted && open());
  open();
}
