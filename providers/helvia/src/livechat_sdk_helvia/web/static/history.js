// The History: days are the reader's own, unless they name another zone.

import { base, byId, randomKey } from "./dom.js";

for (const field of document.querySelectorAll("[data-zone]")) {
  if (!field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

// A download of many transcripts: the browser saves it, and this says how far it is.
const link = document.querySelector("[data-download]");
if (link) link.addEventListener("click", () => watch());

async function watch() {
  const bar = byId("export-bar");
  const text = byId("export-text");
  const address = new URL(link.href);
  const job = randomKey();
  address.searchParams.set("job", job);
  link.href = address.href; // a download of its own, each time
  byId("export").hidden = false;
  text.textContent = "Starting…";
  let failures = 0;
  while (failures < 10) {
    await new Promise((go) => setTimeout(go, 700));
    let news;
    try {
      const answer = await fetch(`${base}/admin/transcripts/progress?job=${job}`, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      news = await answer.json();
    } catch {
      failures += 1; // it may not have begun, or the connection is gone for a moment
      continue;
    }
    failures = 0;
    bar.max = Math.max(1, news.total);
    bar.value = news.done;
    text.textContent = news.finished
      ? `Done: ${news.done.toLocaleString()} conversations.`
      : `${news.done.toLocaleString()} of ${news.total.toLocaleString()} conversations`;
    if (news.finished) return;
  }
  text.textContent = "The download did not begin, or its progress cannot be read.";
}
