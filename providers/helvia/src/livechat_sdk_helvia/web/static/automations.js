// Automations of a conversation: the buttons, the questions before, and what came of it.

import { announce, base, byId, page, post, problem, randomKey, refresh } from "./dom.js";

const address = `/conversations/${page.dataset.conversation}`;
const told = new Map();

const words = { done: "is done", failed: "has failed", doubtful: "may have failed" };

/** Say aloud what came of runs that were under way. */
function tell() {
  for (const run of document.querySelectorAll("[data-run]")) {
    const { run: key, status } = run.dataset;
    const before = told.get(key);
    told.set(key, status);
    if (before && before !== status && words[status]) announce(`${run.querySelector(".who").textContent} ${words[status]}.`);
  }
}

/** Bring the list of runs up to date. */
export async function refreshRuns() {
  if (await refresh("automations", `${address}?part=automations`)) tell();
}

function fail(form, text) {
  form.querySelector(".form-problem")?.remove();
  const line = document.createElement("p");
  line.className = "small form-problem";
  line.setAttribute("role", "alert");
  line.textContent = text;
  form.append(line);
}

async function run(form) {
  const buttons = form.querySelectorAll("button");
  form.querySelector(".form-problem")?.remove();
  for (const button of buttons) button.disabled = true;
  try {
    const answer = await post(new URL(form.action).pathname.slice(base.length), new FormData(form));
    if (!answer.ok) throw new Error(await problem(answer));
    form.elements.key.value = randomKey();
    const dialog = form.closest("dialog");
    if (dialog) {
      dialog.close();
      form.reset();
    }
    await refreshRuns();
    announce("It is running.");
  } catch (error) {
    fail(form, error instanceof TypeError ? "Not started: no connection." : error.message);
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-automation]");
  if (!form) return;
  event.preventDefault();
  run(form);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-close-dialog]");
  if (button) button.closest("dialog").close();
});
tell();
