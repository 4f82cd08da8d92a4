// What was written and is not sent yet: it outlives a reload, goes out in order, and can be tried again.

import { announce, byId, post, problem, randomKey } from "./dom.js";
import { atEnd, toEnd } from "./lines.js";

const pending = byId("pending");

/** The server starts or stops, or a proxy does not reach it: the same as no connection. */
const starting = new Set([502, 503, 504]);

/**
 * The unsent messages of a page, kept in the session's storage under `storageKey` and posted to `path`.
 * `look` is the class of their rows; nothing is sent while `open()` is false; `discard` offers to drop one.
 */
export function outbox({ storageKey, path, look, open = () => true, discard = false }) {
  let unsent = stored();
  let sending = false;

  function stored() {
    try {
      return JSON.parse(sessionStorage.getItem(storageKey) || "[]");
    } catch {
      return [];
    }
  }

  function keep() {
    sessionStorage.setItem(storageKey, JSON.stringify(unsent.map(({ key, text, more }) => ({ key, text, more }))));
  }

  /** Keep a message; `flush` sends it. `more` are further fields; `more.shown` is shown where there is no text. */
  function add(text, more = {}) {
    unsent.push({ key: randomKey(), text, more });
    keep();
  }

  /** The message is in the conversation: it need not be kept any more. */
  function done(key) {
    const before = unsent.length;
    unsent = unsent.filter((one) => one.key !== key);
    if (unsent.length === before) return;
    keep();
    draw(false);
  }

  /** Show what is unsent, and send it. */
  function flush(scrollDown = false) {
    draw(scrollDown);
    send();
  }

  /** The connection is back: what was stopped by it goes on its way. */
  function resume() {
    unsent.filter((one) => one.lost).forEach(clear);
    flush();
  }

  function clear(one) {
    one.failed = "";
    one.lost = false;
  }

  async function send() {
    if (sending || !open()) return;
    sending = true;
    try {
      while (unsent.length && !unsent[0].failed) {
        const first = unsent[0];
        let answer;
        try {
          const { shown, ...fields } = first.more || {};
          answer = await post(path, { key: first.key, text: first.text, ...fields });
        } catch {
          first.failed = "Not sent: no connection.";
          first.lost = true;
          break;
        }
        if (!answer.ok) {
          first.failed = `Not sent: ${await problem(answer)}`;
          first.lost = starting.has(answer.status);
          break;
        }
        done(first.key);
      }
    } finally {
      sending = false;
      draw(false);
    }
  }

  function draw(scrollDown) {
    if (!pending) return;
    const follow = scrollDown || atEnd();
    pending.replaceChildren(...unsent.map(row));
    if (follow) toEnd();
  }

  function row(one) {
    const made = document.createElement("li");
    made.className = `${look} ${one.failed ? "failed" : "waiting"}`;
    made.dataset.pending = one.key;
    const bubble = document.createElement("p");
    bubble.className = "bubble prose";
    bubble.dir = "auto";
    bubble.textContent = one.text || one.more?.shown || "";
    const line = document.createElement("p");
    line.className = "receipt";
    const waits = unsent[0] !== one && unsent[0].failed;
    line.textContent = one.failed || (waits ? "Goes after the one before it." : "Sending…");
    if (one.failed) {
      line.append(button("Try again", () => retry(one)));
      if (discard) line.append(button("Discard", () => done(one.key)));
      line.setAttribute("role", "alert");
    }
    made.append(bubble, line);
    return made;
  }

  function retry(one) {
    clear(one);
    announce("Sending again.");
    flush();
  }

  return { add, done, draw, flush, resume };
}

function button(label, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "retry";
  made.textContent = label;
  made.addEventListener("click", action);
  return made;
}
