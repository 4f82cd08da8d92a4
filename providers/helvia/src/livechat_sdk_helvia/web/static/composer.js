// Writing to the end user. Nothing that was written is lost: drafts and unsent messages outlive a reload.

import { announce, byId, page, post, problem, randomKey } from "./dom.js";
import { atEnd, toEnd } from "./timeline.js";

const id = page.dataset.conversation;
const draftKey = `desk-draft-${id}`;
const unsentKey = `desk-unsent-${id}`;
const pending = byId("pending");

let unsent = read();
let sending = false;
let typingAt = 0;
let quiet = null;

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(unsentKey) || "[]");
  } catch {
    return [];
  }
}

function keep() {
  sessionStorage.setItem(unsentKey, JSON.stringify(unsent.map(({ key, text }) => ({ key, text }))));
}

export function setUp() {
  const field = byId("reply");
  const form = byId("reply-form");
  if (field && form && !form.dataset.ready) {
    form.dataset.ready = "yes";
    if (!field.value) field.value = sessionStorage.getItem(draftKey) || "";
    grow(field);
    field.addEventListener("input", () => {
      sessionStorage.setItem(draftKey, field.value);
      grow(field);
      typing(field.value.trim() !== "");
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (!text) return;
      unsent.push({ key: randomKey(), text });
      keep();
      field.value = "";
      sessionStorage.removeItem(draftKey);
      grow(field);
      stopTyping();
      draw(true);
      send();
    });
  }
  draw(false);
  send();
}

function grow(field) {
  field.rows = Math.min(10, Math.max(2, field.value.split("\n").length));
}

async function send() {
  if (sending || !byId("reply-form")) return;
  sending = true;
  try {
    while (unsent.length && !unsent[0].failed) {
      const first = unsent[0];
      let answer;
      try {
        answer = await post(`/conversations/${id}/messages`, first);
      } catch {
        first.failed = "Not sent: no connection.";
        first.lost = true;
        break;
      }
      if (!answer.ok) {
        first.failed = `Not sent: ${await problem(answer)}`;
        break;
      }
      done(first.key);
    }
  } finally {
    sending = false;
    draw(false);
  }
}

/** The message is in the conversation: it need not be kept any more. */
export function done(key) {
  const before = unsent.length;
  unsent = unsent.filter((one) => one.key !== key);
  if (unsent.length !== before) {
    keep();
    draw(false);
  }
}

/** The connection is back: what was stopped by it goes on its way. */
export function resume() {
  for (const one of unsent) {
    if (one.lost) {
      one.failed = "";
      one.lost = false;
    }
  }
  draw(false);
  send();
}

function draw(scrollDown) {
  if (!pending) return;
  const follow = scrollDown || atEnd();
  pending.replaceChildren(...unsent.map(item));
  if (follow) toEnd();
}

function item(one) {
  const row = document.createElement("li");
  row.className = `message message-agent ${one.failed ? "failed" : "waiting"}`;
  row.dataset.pending = one.key;
  const bubble = document.createElement("p");
  bubble.className = "bubble prose";
  bubble.textContent = one.text;
  const line = document.createElement("p");
  line.className = "receipt";
  line.textContent = one.failed || "Sending…";
  if (one.failed) {
    line.append(button("Try again", () => retry(one)), button("Discard", () => done(one.key)));
    line.setAttribute("role", "alert");
  }
  row.append(bubble, line);
  return row;
}

function button(label, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "retry";
  made.textContent = label;
  made.addEventListener("click", action);
  return made;
}

function retry(one) {
  one.failed = "";
  one.lost = false;
  announce("Sending again.");
  draw(false);
  send();
}

function typing(on) {
  clearTimeout(quiet);
  if (!on) {
    stopTyping();
    return;
  }
  quiet = setTimeout(stopTyping, 5000);
  if (Date.now() - typingAt < 3000) return;
  typingAt = Date.now();
  post(`/conversations/${id}/typing`, { on: "1" }).catch(() => {});
}

function stopTyping() {
  clearTimeout(quiet);
  if (!typingAt) return;
  typingAt = 0;
  post(`/conversations/${id}/typing`, { on: "0" }).catch(() => {});
}
