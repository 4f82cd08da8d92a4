// Writing to the end user. Nothing that was written is lost: drafts and unsent messages outlive a reload.

import { announce, byId, page, post, problem } from "./dom.js";
import { collect, setUp as setUpFiles, uploading } from "./attach.js";
import { outbox } from "./outbox.js";
import { setUpField as offerCanned } from "./canned.js";
import { typist, writeIn } from "./writing.js";

const id = page.dataset.conversation;
const { typing, stop: stopTyping } = typist(`/conversations/${id}/typing`);
const unsent = outbox({
  storageKey: `desk-unsent-${id}`,
  path: `/conversations/${id}/messages`,
  look: "message message-agent",
  open: () => byId("reply-form"),
  discard: true,
});

export const { done, resume } = unsent;

/** Put what the assistant suggests behind what is written already. Only the agent sends it. */
async function suggest(button, field) {
  if (button.disabled) return;
  button.disabled = true;
  announce("Asking the assistant.");
  let words = "There is a suggestion in your reply. It is not sent yet.";
  try {
    const answer = await post(`/conversations/${id}/suggestion`, {});
    if (answer.ok) {
      const { text } = await answer.json();
      field.value = [field.value.trimEnd(), text].filter(Boolean).join("\n");
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    } else words = await problem(answer);
  } catch {
    words = "No suggestion: no connection.";
  }
  button.disabled = false;
  byId("reply-help").textContent = words;
  announce(words);
}

export function setUp() {
  const field = byId("reply");
  const form = byId("reply-form");
  if (field && form && !form.dataset.ready) {
    form.dataset.ready = "yes";
    offerCanned(field);
    const enterSends = page.dataset.enter !== "breaks";
    const empty = writeIn(field, { draftKey: `desk-draft-${id}`, least: 2, most: 10, typing, enterSends });
    setUpFiles(form, (some) => {
      field.required = !some; // a file needs no words beside it
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (event.submitter && "suggest" in event.submitter.dataset) {
        suggest(event.submitter, field);
        return;
      }
      const text = field.value.trim();
      if (uploading()) {
        announce("A file is still on its way. Send again in a moment.");
        return;
      }
      const { ids, names } = collect();
      if (!text && !ids.length) return;
      unsent.add(text, ids.length ? { files: ids.join(","), shown: names.join(", ") } : {});
      empty();
      stopTyping();
      unsent.flush(true);
    });
  }
  unsent.flush();
}
