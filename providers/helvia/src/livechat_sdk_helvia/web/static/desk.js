// What a page of the desk does beyond links and forms, which work without it.

import { announce, base, byId, calmly, page, post, problem, refresh, times } from "./dom.js";
import { setUp as setUpCopy } from "./copy.js";
import { setUp as setUpDialogs } from "./dialogs.js";
import { newMessage, newRequest, setUp as setUpAlerts } from "./alerts.js";
import { follow } from "./live.js";
import { setUp as setUpShortcuts } from "./shortcuts.js";
import "./handing.js";
import { waits } from "./waits.js";

const { conversation, item, kind, selected, tab, user } = page.dataset;
const title = document.title;
let unread = null;

page.classList.add("scripted");
times();
setInterval(times, 15000);
setUpCopy();
setUpDialogs();
setUpShortcuts();
setUpAlerts();

// --------------------------------------------------------------------------------------------- inbox
function showCounts(counts) {
  for (const [name, count] of Object.entries(counts)) {
    const label = document.querySelector(`[data-count="${name}"]`);
    if (!label) continue;
    const before = Number(label.textContent);
    label.textContent = String(count);
    label.toggleAttribute("data-zero", count === 0);
    if (name === "new" && count > before) {
      announce(`New request. ${count} waiting.`);
      newRequest(count);
    }
  }
  document.title = counts.new ? `(${counts.new}) ${title}` : title;
}

const refreshList = calmly(() => refresh("list", `/inbox/${tab}?part=list&selected=${selected}`), 250);
const handlers = {
  inbox: (counts) => {
    showCounts(counts);
    refreshList();
  },
  // What is unread in one's own conversations; the first number is only what was there before.
  unread: ({ count }) => {
    if (unread !== null && count > unread) newMessage(count);
    unread = count;
  },
};

handlers.waits = waits(() => refresh("waits", `/inbox/${tab}?part=waits`));

let after = () => 0;

// -------------------------------------------------------------------------------------- conversation
if (kind === "conversation") {
  const timeline = await import("./timeline.js");
  const composer = await import("./composer.js");
  const tags = await import("./tags.js");
  const automations = await import("./automations.js");
  after = timeline.lastSeq;
  const address = `/conversations/${conversation}`;
  let typingTimer = null;
  let colleaguesTimer = null;

  handlers.message = (message) => {
    const fresh = timeline.insert(message);
    composer.done(message.key);
    if (fresh && message.author === "end-user") showTyping(false);
    timeline.tellRead();
  };
  handlers.receipts = timeline.receipts;
  handlers.typing = ({ on, colleagues = [] }) => {
    showTyping(on);
    showColleagues(colleagues);
  };
  handlers.readers = ({ names }) => {
    byId("readers").hidden = !names.length;
    byId("readers").textContent = names.length ? `Read by ${names.join(", ")}` : "";
  };
  handlers.tags = calmly(() => tags.refreshTags(), 100);
  handlers.notes = calmly(() => refreshNotes(), 100);
  handlers.automations = calmly(automations.refreshRuns, 100);
  handlers.details = calmly(() => refresh("details", `${address}?part=details`), 100);
  let { status, who } = page.dataset;
  handlers.status = (news) => {
    if (status !== news.status || who !== news.who) refreshAll(news.status);
    ({ status, who } = news);
  };
  handlers.handings = calmly(() => refresh("handing", `${address}?part=handing`), 100);

  function showColleagues(names) {
    clearTimeout(colleaguesTimer);
    byId("colleagues").hidden = !names.length;
    byId("colleagues").textContent = names.length ? `${names.join(", ")} writes too…` : "";
    if (names.length) colleaguesTimer = setTimeout(() => showColleagues([]), 6000);
  }

  function showTyping(on) {
    clearTimeout(typingTimer);
    byId("typing").hidden = !on;
    if (on) typingTimer = setTimeout(() => showTyping(false), 6000);
  }

  async function refreshAll(now) {
    if (now === "finished") {
      const dialog = byId("end-dialog");
      if (dialog.open) dialog.close();
      announce(`The conversation with ${user} has ended.`);
    }
    await Promise.all([
      refresh("head", `${address}?part=head`),
      refresh("composer", `${address}?part=composer`),
      refresh("details", `${address}?part=details`),
      automations.refreshRuns(),
    ]);
    page.dataset.mine = byId("reply") ? "yes" : "no";
    showSide();
    composer.setUp();
    timeline.tellRead();
  }

  // While somebody changes a note, the list stays as it is; it comes up to date when they are done.
  function refreshNotes() {
    return refresh("notes", `${address}?part=notes`, () => document.querySelector("#notes details[open]"));
  }

  byId("notes").addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-note]");
    if (!form) return;
    event.preventDefault();
    const path = new URL(form.action).pathname.slice(base.length);
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const answer = await post(path, new FormData(form));
      if (!answer.ok) throw new Error(await problem(answer));
      if (form.id === "note-form") byId("note").value = "";
      const editing = form.closest("details");
      if (editing) editing.open = false;
      await refreshNotes();
      announce("The notes are saved.");
    } catch (error) {
      fail(form, error instanceof TypeError ? "Not saved: no connection." : `Not saved: ${error.message}`);
    } finally {
      button.disabled = false;
    }
  });

  function fail(form, text) {
    form.querySelector(".form-problem")?.remove();
    const line = document.createElement("p");
    line.className = "small form-problem";
    line.setAttribute("role", "alert");
    line.textContent = text;
    form.append(line);
  }

  // The details can be hidden; on a narrow window they start hidden, because they lie over the messages.
  const sideKey = "desk-side";
  const wide = window.matchMedia("(min-width: 1181px)");
  let open = wide.matches && localStorage.getItem(sideKey) !== "closed";

  function showSide() {
    page.classList.toggle("side-closed", !open);
    byId("side-toggle").setAttribute("aria-expanded", String(open));
  }

  function setSide(to) {
    open = to;
    if (wide.matches) localStorage.setItem(sideKey, open ? "open" : "closed");
    showSide();
  }

  wide.addEventListener("change", () => {
    open = wide.matches && localStorage.getItem(sideKey) !== "closed";
    showSide();
  });
  document.querySelector("[data-close-side]").addEventListener("click", () => {
    setSide(false);
    byId("side-toggle").focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open && !wide.matches && !document.querySelector("dialog[open]")) {
      setSide(false);
      byId("side-toggle").focus();
    }
  });
  byId("middle").addEventListener("click", (event) => {
    if (event.target.closest("#side-toggle")) setSide(!open);
    if (event.target.closest('[data-key="tag"]')) {
      setSide(true);
      byId("tag").focus();
    }
    if (event.target.closest('[data-key="note"]')) {
      setSide(true);
      byId("note").focus();
    }
    const link = event.target.closest("#history-link");
    if (link) {
      event.preventDefault();
      toggleHistory(link);
    }
  });

  async function toggleHistory(link) {
    const box = byId("history");
    const show = box.hidden;
    if (show && !box.childElementCount && !(await refresh("history", `${address}/history?part=history`))) {
      location.assign(link.href);
      return;
    }
    box.hidden = !show;
    link.setAttribute("aria-expanded", String(show));
    link.firstChild.textContent = show ? "Hide chat history " : "Show chat history ";
    if (show) byId("scroll").scrollTop = 0;
  }

  document.addEventListener("visibilitychange", timeline.tellRead);
  document.addEventListener("live:back", () => composer.resume());
  composer.setUp();
  showSide();
  timeline.toEnd();
  timeline.tellRead();
}

// -------------------------------------------------------------------------------------------- request
if (kind === "request") {
  const refreshPreview = calmly(() => refresh("preview", `/requests/${item}?part=preview`), 250);
  let settled = false; // the first events of a stream repeat what the page has just been made from
  handlers.status = (news) => {
    if (settled || news.status !== page.dataset.status) refreshPreview();
  };
  handlers.message = handlers.details = () => settled && refreshPreview();
  document.addEventListener("live:back", () => setTimeout(() => (settled = true), 500));
}

follow(handlers, after);
