// End users who have waited too long for an answer: each alert is told once in a window, also after a reload.

import { longWait } from "./alerts.js";
import { announce } from "./dom.js";

const storageKey = "desk-waits-told";

function told() {
  try {
    return new Set(JSON.parse(sessionStorage.getItem(storageKey) || "[]"));
  } catch {
    return new Set();
  }
}

/** What to do with the event `waits`; `show` brings the list of the page up to date. */
export function waits(show) {
  let shown = document.querySelectorAll("#waits a").length;
  return ({ alerts }) => {
    const known = told();
    const names = alerts.map((alert) => `${alert.conversation}:${alert.tries}`);
    const fresh = alerts.filter((_, index) => !known.has(names[index]));
    sessionStorage.setItem(storageKey, JSON.stringify(names));
    if (fresh.length) {
      const first = fresh[0];
      const minutes = Math.max(1, Math.round((Date.now() - new Date(first.waitingSince)) / 60000));
      const others = fresh.length > 1 ? ` ${fresh.length - 1} more wait as well.` : "";
      announce(`${first.user} has waited ${minutes} min for an answer.${others}`);
      longWait(first.user, `/conversations/${first.conversation}`);
    }
    if (fresh.length || shown !== alerts.length) show();
    shown = alerts.length;
  };
}
