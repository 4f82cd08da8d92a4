// The end user's chat: live, each message once, nothing written is lost.

import { base, byId, page, post, times } from "./dom.js";
import { insert as insertLine, lastSeq, reader, receipts, toEnd } from "./lines.js";
import { outbox } from "./outbox.js";
import { typist, writeIn } from "./writing.js";

const field = byId("say");
const form = byId("say-form");
const tellRead = reader("agent", "/read");
const { typing, stop: stopTyping } = typist("/typing");
const unsent = outbox({
  storageKey: `chat-unsent-${page.dataset.conversation}`,
  path: "/messages",
  look: "said said-user",
});

let agent = "";
let typingTimer = null;

// ------------------------------------------------------------------------------------------ messages
function insert({ seq, key, author, html, choices }) {
  if (author === "user") unsent.done(key);
  const last = seq > lastSeq();
  const fresh = insertLine({ seq, html }, () => {
    if (last) offer(choices);
    if (author === "agent") showTyping(false);
  });
  if (fresh) tellRead();
}

function offer(choices) {
  byId("choices").replaceChildren(
    ...choices.map(({ label, value }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button choice";
      button.textContent = label;
      button.dataset.choice = value;
      return button;
    }),
  );
}

byId("choices").addEventListener("click", (event) => {
  const button = event.target.closest("[data-choice]");
  if (!button) return;
  event.preventDefault();
  say(button.dataset.choice);
  field.focus();
});

function showTyping(on) {
  clearTimeout(typingTimer);
  byId("typing-who").textContent = `${agent || "Our team"} is typing`;
  byId("typing").hidden = !on;
  if (on) typingTimer = setTimeout(() => showTyping(false), 8000);
}

function showSide(news) {
  agent = news.agent || "";
  const words = {
    bot: "You are talking with our assistant",
    waiting: "Waiting for a member of our team",
    agent: `You are talking with ${agent || "a member of our team"}`,
  };
  if (byId("side").textContent !== words[news.side]) byId("side").textContent = words[news.side];
  byId("end-form").hidden = news.side === "bot";
  byId("new-form").hidden = news.side !== "bot";
  byId("end-button").textContent = news.side === "waiting" ? "Stop waiting" : "End chat";
}

// ------------------------------------------------------------------------------------------- writing
function say(text) {
  const trimmed = text.trim();
  if (!trimmed) return;
  unsent.add(trimmed);
  offer([]);
  stopTyping();
  unsent.flush(true);
}

const draftKey = `chat-draft-${page.dataset.conversation}`;
const empty = writeIn(field, { draftKey, least: 1, most: 8, typing });

form.addEventListener("submit", (event) => {
  event.preventDefault();
  say(field.value);
  empty();
});
byId("end-form").addEventListener("submit", (event) => {
  event.preventDefault();
  post("/end", {}).catch(() => {});
  field.focus();
});

// ---------------------------------------------------------------------------------------------- live
let source = null;
let pause = 1000;

function open() {
  source = new EventSource(`${base}/live?after=${lastSeq()}`);
  source.onopen = () => {
    pause = 1000;
    byId("lost").hidden = true;
    unsent.resume();
  };
  source.onerror = () => {
    byId("lost").hidden = false;
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(open, pause);
      pause = Math.min(pause * 2, 15000);
    }
  };
  const handlers = { message: insert, receipts, typing: ({ on }) => showTyping(on), side: showSide };
  for (const [name, handler] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handler(JSON.parse(event.data)));
  }
}

window.addEventListener("pagehide", () => source && source.close());
window.addEventListener("pageshow", (event) => event.persisted && open());
document.addEventListener("visibilitychange", tellRead);

times();
unsent.draw(false);
toEnd();
tellRead();
open();
