// The end user's chat: live, each message once, nothing written is lost.

import { base, byId, page, post, problem, randomKey, times } from "./dom.js";

const list = byId("timeline");
const scroll = byId("scroll");
const field = byId("say");
const form = byId("say-form");
const pending = byId("pending");
const unsentKey = `chat-unsent-${page.dataset.conversation}`;
const draftKey = `chat-draft-${page.dataset.conversation}`;

let agent = "";
let unsent = stored();
let sending = false;
let typingAt = 0;
let quiet = null;
let typingTimer = null;
let told = 0;

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(unsentKey) || "[]");
  } catch {
    return [];
  }
}

function keep() {
  sessionStorage.setItem(unsentKey, JSON.stringify(unsent.map(({ key, text }) => ({ key, text }))));
}

// ------------------------------------------------------------------------------------------ messages
const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
const toEnd = () => {
  scroll.scrollTop = scroll.scrollHeight;
};

function lastSeq() {
  const items = list.querySelectorAll("[data-seq]");
  return items.length ? Number(items[items.length - 1].dataset.seq) : 0;
}

function insert({ seq, key, author, html, choices }) {
  if (author === "user") done(key);
  if (list.querySelector(`[data-seq="${Number(seq)}"]`)) return;
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  times(template.content);
  const follow = atEnd();
  const next = [...list.children].find((one) => Number(one.dataset.seq) > seq);
  const last = seq > lastSeq();
  list.insertBefore(template.content.firstElementChild, next || null);
  if (last) offer(choices);
  if (author === "agent") showTyping(false);
  if (follow) toEnd();
  tellRead();
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

function receipts({ read, delivered }) {
  for (const old of list.querySelectorAll(".receipt")) old.remove();
  const mark = (seq, word) => {
    const item = seq ? list.querySelector(`[data-seq="${Number(seq)}"]`) : null;
    if (!item) return;
    const line = document.createElement("p");
    line.className = "receipt";
    line.textContent = word;
    item.append(line);
  };
  const follow = atEnd();
  mark(read, "Seen");
  if (delivered > read) mark(delivered, "Delivered");
  if (follow) toEnd();
}

function tellRead() {
  if (document.visibilityState !== "visible") return;
  const items = [...list.querySelectorAll('[data-author="agent"]')];
  const newest = items.length ? Number(items[items.length - 1].dataset.seq) : 0;
  if (newest <= told) return;
  told = newest;
  post("/read", { seq: newest }).catch(() => {
    told = 0;
  });
}

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
  unsent.push({ key: randomKey(), text: trimmed });
  keep();
  offer([]);
  stopTyping();
  draw(true);
  send();
}

async function send() {
  if (sending) return;
  sending = true;
  try {
    while (unsent.length && !unsent[0].failed) {
      const first = unsent[0];
      let answer;
      try {
        answer = await post("/messages", { key: first.key, text: first.text });
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

function done(key) {
  const before = unsent.length;
  unsent = unsent.filter((one) => one.key !== key);
  if (unsent.length === before) return;
  keep();
  draw(false);
}

function retry(one) {
  one.failed = "";
  one.lost = false;
  draw(false);
  send();
}

function draw(scrollDown) {
  const follow = scrollDown || atEnd();
  pending.replaceChildren(...unsent.map(item));
  if (follow) toEnd();
}

function item(one) {
  const row = document.createElement("li");
  row.className = `said said-user ${one.failed ? "failed" : "waiting"}`;
  const bubble = document.createElement("p");
  bubble.className = "bubble prose";
  bubble.textContent = one.text;
  const line = document.createElement("p");
  line.className = "receipt";
  line.textContent = one.failed || "Sending…";
  if (one.failed) {
    line.setAttribute("role", "alert");
    const again = document.createElement("button");
    again.type = "button";
    again.className = "retry";
    again.textContent = "Try again";
    again.addEventListener("click", () => retry(one));
    line.append(again);
  }
  row.append(bubble, line);
  return row;
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
  post("/typing", { on: "1" }).catch(() => {});
}

function stopTyping() {
  clearTimeout(quiet);
  if (!typingAt) return;
  typingAt = 0;
  post("/typing", { on: "0" }).catch(() => {});
}

function grow() {
  field.rows = Math.min(8, Math.max(1, field.value.split("\n").length));
}

field.addEventListener("input", () => {
  sessionStorage.setItem(draftKey, field.value);
  grow();
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
  say(field.value);
  field.value = "";
  sessionStorage.removeItem(draftKey);
  grow();
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
    for (const one of unsent) {
      if (one.lost) {
        one.failed = "";
        one.lost = false;
      }
    }
    draw(false);
    send();
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

field.value = field.value || sessionStorage.getItem(draftKey) || "";
grow();
times();
draw(false);
toEnd();
tellRead();
open();
