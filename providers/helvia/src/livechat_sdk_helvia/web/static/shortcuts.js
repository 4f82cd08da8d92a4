// Single keys for what agents do all day. They can be switched off, and rest while somebody writes.

import { byId, base } from "./dom.js";

const switchKey = "desk-shortcuts";

function rows() {
  return [...document.querySelectorAll("#list .row")];
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  const from = at >= 0 ? at : all.findIndex((row) => row.hasAttribute("aria-current"));
  const next = all[Math.min(all.length - 1, Math.max(0, from + by))];
  next.focus();
}

function press(name) {
  const target = document.querySelector(`[data-key="${name}"]`);
  if (target) target.click();
}

const actions = {
  n: () => location.assign(`${base}/inbox/new`),
  o: () => location.assign(`${base}/inbox/open`),
  c: () => location.assign(`${base}/inbox/closed`),
  j: () => step(1),
  k: () => step(-1),
  a: () => press("accept"),
  h: () => press("history"),
  d: () => press("details"),
  e: () => press("end"),
  r: () => byId("reply") && byId("reply").focus(),
  i: () => press("note"),
  "/": () => press("canned"),
  t: () => press("transfer"),
  g: () => press("tag"),
  v: () => press("invite"),
  "?": () => byId("keys").showModal(),
};

export function setUp() {
  const toggle = byId("keys-on");
  toggle.checked = localStorage.getItem(switchKey) !== "off";
  toggle.addEventListener("change", () => localStorage.setItem(switchKey, toggle.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "Escape" && field && !event.isComposing) {
      field.blur();
      return;
    }
    if (!toggle.checked || field || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    const action = actions[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  });
}
