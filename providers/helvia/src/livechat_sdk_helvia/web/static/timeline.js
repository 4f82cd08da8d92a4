// The messages of a conversation: each once, in order, whatever way and however often they come.

import { byId, page, post, times } from "./dom.js";

const list = byId("timeline");
const scroll = byId("scroll");

export function lastSeq() {
  const items = list ? list.querySelectorAll("[data-seq]") : [];
  return items.length ? Number(items[items.length - 1].dataset.seq) : 0;
}

export function atEnd() {
  return !scroll || scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
}

export function toEnd() {
  if (scroll) scroll.scrollTop = scroll.scrollHeight;
}

/** Put in one message; false when it is there already. */
export function insert({ seq, html }) {
  if (!list || list.querySelector(`[data-seq="${Number(seq)}"]`)) return false;
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  const item = template.content.firstElementChild;
  times(template.content);
  const next = [...list.children].find((one) => Number(one.dataset.seq) > seq);
  const follow = atEnd();
  list.insertBefore(item, next || null);
  if (follow) toEnd();
  return true;
}

/** Say below the last message that was seen or delivered how far it got. */
export function receipts({ read, delivered }) {
  if (!list) return;
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

let told = 0;

/** Tell the desk that what the page shows was read, when somebody can see it. */
export function tellRead() {
  if (page.dataset.mine !== "yes" || document.visibilityState !== "visible") return;
  const items = [...list.querySelectorAll('[data-author="end-user"]')];
  const newest = items.length ? Number(items[items.length - 1].dataset.seq) : 0;
  if (newest <= told) return;
  told = newest;
  post(`/conversations/${page.dataset.conversation}/read`, { seq: newest }).catch(() => {
    told = 0;
  });
}
