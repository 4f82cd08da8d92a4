// Tags of the conversation, put on and taken off without leaving the page.

import { announce, base, byId, page, post, problem, refresh } from "./dom.js";

const box = byId("tags");

/** Show the tags as they are now; whoever writes one is not disturbed. */
export function refreshTags(force = false) {
  const writing = () => !force && byId("tag") && byId("tag").value !== "";
  return refresh("tags", `/conversations/${page.dataset.conversation}?part=tags`, writing);
}

box.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-tags]");
  if (!form) return;
  event.preventDefault();
  const path = new URL(form.action).pathname.slice(base.length);
  let words = "The tags are saved.";
  try {
    const answer = await post(path, new FormData(form));
    if (!answer.ok) words = `Not saved: ${await problem(answer)}`;
  } catch {
    words = "Not saved: no connection.";
  }
  if (words.startsWith("Not")) {
    box.querySelector(".form-problem")?.remove();
    const line = document.createElement("p");
    line.className = "small form-problem";
    line.setAttribute("role", "alert");
    line.textContent = words;
    box.querySelector("section").append(line);
    return;
  }
  await refreshTags(true);
  announce(words);
  if (byId("tag")) byId("tag").focus();
});
