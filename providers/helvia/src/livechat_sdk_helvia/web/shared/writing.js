// A field to write in: it grows, keeps its draft over a reload, sends on Enter if wanted, and says that somebody types.

import { post } from "./dom.js";

/** Make what tells the server, at `path`, that somebody types or has stopped. */
export function typist(path) {
  let typingAt = 0;
  let quiet = null;

  function typing(on) {
    clearTimeout(quiet);
    if (!on) {
      stop();
      return;
    }
    quiet = setTimeout(stop, 5000);
    if (Date.now() - typingAt < 3000) return;
    typingAt = Date.now();
    post(path, { on: "1" }).catch(() => {});
  }

  function stop() {
    clearTimeout(quiet);
    if (!typingAt) return;
    typingAt = 0;
    post(path, { on: "0" }).catch(() => {});
  }

  return { typing, stop };
}

/** Set up `field`, of `least` to `most` rows; gives what empties it together with its draft. */
export function writeIn(field, { draftKey, least, most, typing, enterSends = true }) {
  const grow = () => {
    field.rows = Math.min(most, Math.max(least, field.value.split("\n").length));
  };
  if (!field.value) field.value = sessionStorage.getItem(draftKey) || "";
  grow();
  field.addEventListener("input", () => {
    sessionStorage.setItem(draftKey, field.value);
    grow();
    typing(field.value.trim() !== "");
  });
  field.addEventListener("keydown", (event) => {
    if (enterSends && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      field.form.requestSubmit();
    }
  });
  return () => {
    field.value = "";
    sessionStorage.removeItem(draftKey);
    grow();
  };
}
