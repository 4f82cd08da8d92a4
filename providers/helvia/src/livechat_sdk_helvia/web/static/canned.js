// Canned responses: looked for by word and category, and put into the reply. Only the agent sends it.

import { announce, byId, page, refresh } from "./dom.js";

const dialog = byId("canned-dialog");
const search = byId("canned-search");
const category = byId("canned-category");
const placeholder = /\{\{[a-z_]+\}\}/;
let at = -1;

const choices = () => [...document.querySelectorAll("#canned [role=option]")];
const shown = () => choices().filter((one) => !one.hidden);

/** `/` at the beginning of an empty reply chooses a response. */
export function setUpField(field) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "/" || field.value !== "" || event.isComposing) return;
    event.preventDefault();
    document.querySelector('[data-key="canned"]').click();
  });
}

function select(index) {
  const all = shown();
  at = all.length ? Math.min(all.length - 1, Math.max(0, index)) : -1;
  for (const one of choices()) one.setAttribute("aria-selected", String(one === all[at]));
  if (at < 0) search.removeAttribute("aria-activedescendant");
  else {
    search.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  }
}

function filter() {
  const wanted = search.value.trim().toLocaleLowerCase();
  for (const one of choices()) {
    const inText = one.textContent.toLocaleLowerCase().includes(wanted);
    const inCategory = !category.value || one.dataset.categories.split(",").includes(category.value);
    one.hidden = !(inText && inCategory);
  }
  byId("canned-none").hidden = !choices().length || shown().length > 0;
  select(0);
}

async function load() {
  search.value = "";
  if (!(await refresh("canned", `/conversations/${page.dataset.conversation}/canned?part=canned`))) {
    if (!choices().length) byId("canned").textContent = "No connection: the responses cannot be shown.";
  }
  const names = new Set(choices().flatMap((one) => one.dataset.categories.split(",").filter(Boolean)));
  const kept = category.value;
  const sorted = [...names].sort((a, b) => a.localeCompare(b));
  category.replaceChildren(new Option("All categories", ""), ...sorted.map((name) => new Option(name, name)));
  category.value = names.has(kept) ? kept : "";
  filter();
}

function use(choice) {
  const field = byId("reply");
  dialog.close();
  if (!choice || !field) return;
  insert(field, choice.querySelector(".pick-text").textContent);
  const open = placeholder.exec(field.value);
  if (open) field.setSelectionRange(open.index, open.index + open[0].length);
  announce(open ? `Put in ${choice.dataset.name}. Fill in ${open[0]}.` : `Put in ${choice.dataset.name}. It is not sent yet.`);
}

function insert(field, text) {
  field.focus();
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  if (event.target.closest('[data-open="canned-dialog"]')) load();
});
dialog.addEventListener("click", (event) => {
  const choice = event.target.closest("[role=option]");
  if (choice) use(choice);
});
dialog.addEventListener("close", () => byId("reply") && byId("reply").focus());
category.addEventListener("change", filter);
search.addEventListener("input", filter);
search.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    select(at + (event.key === "ArrowDown" ? 1 : -1));
  } else if (event.key === "Enter") {
    event.preventDefault();
    use(shown()[at]);
  } else if (event.key === "Escape") {
    event.preventDefault(); // else it empties the field first
    event.stopPropagation();
    dialog.close();
  } else if (event.key === "/" && !search.value) {
    event.preventDefault(); // whoever wants to begin with a slash types it twice
    dialog.close();
    if (byId("reply")) insert(byId("reply"), "/");
  }
});
