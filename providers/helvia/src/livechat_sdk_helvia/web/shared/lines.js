// The lines of a conversation: each once, in order, whatever way and however often they come.

import { byId, post, times } from "./dom.js";

const list = byId("timeline");
const scroll = byId("scroll");

const find = (seq) => list.querySelector(`[data-seq="${Number(seq)}"]`);

function last(selector) {
  const items = list ? list.querySelectorAll(selector) : [];
  return items.length ? Number(items[items.length - 1].dataset.seq) : 0;
}

export function lastSeq() {
  return last("[data-seq]");
}

export function atEnd() {
  return !scroll || scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
}

export function toEnd() {
  if (scroll) scroll.scrollTop = scroll.scrollHeight;
}

/**
 * Put in one line; false when it is there already.
 * `then()` changes what stands around the list: before it is scrolled, as that may need room.
 */
export function insert({ seq, html }, then = () => {}) {
  if (!list || find(seq)) return false;
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  times(template.content);
  const next = [...list.children].find((one) => Number(one.dataset.seq) > seq);
  const follow = atEnd();
  list.insertBefore(template.content.firstElementChild, next || null);
  then();
  if (follow) toEnd();
  return true;
}

/** Say below the last line that was seen or delivered how far it got. */
export function receipts({ read, delivered }) {
  if (!list) return;
  for (const old of list.querySelectorAll(".receipt")) old.remove();
  const mark = (seq, word) => {
    const item = seq ? find(seq) : null;
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

/** Make what tells the server how far the lines of `author` were read, when somebody can see them. */
export function reader(author, path) {
  let told = 0;
  return () => {
    if (document.visibilityState !== "visible") return;
    const newest = last(`[data-author="${author}"]`);
    if (newest <= told) return;
    told = newest;
    post(path, { seq: newest }).catch(() => {
      told = 0;
    });
  };
}
