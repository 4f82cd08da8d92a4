// Files for the next message: chosen, pasted or dropped, uploaded at once, and sent with the reply.

import { announce, base, byId, page, problem } from "./dom.js";

const id = page.dataset.conversation;
const most = 10;
let files = []; // {id, name} once it is uploaded; only {name} until then
let changed = () => {};

/** Set up the composer's button, pasting and dropping; `onChange` hears of every file that comes or goes. */
export function setUp(form, onChange) {
  changed = onChange;
  const input = byId("attach");
  if (!input) return;
  byId("attach-button").hidden = false;
  byId("attach-button").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
  form.addEventListener("paste", (event) => {
    const pasted = event.clipboardData ? [...event.clipboardData.files] : [];
    if (!pasted.length) return;
    event.preventDefault();
    take(pasted);
  });
  draw();
}

const carriesFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
const middle = byId("middle");
middle.addEventListener("dragover", (event) => {
  if (!carriesFiles(event) || !byId("attach")) return;
  event.preventDefault();
  middle.classList.add("dropping");
});
for (const name of ["dragleave", "dragend", "drop"]) {
  middle.addEventListener(name, () => middle.classList.remove("dropping"));
}
middle.addEventListener("drop", (event) => {
  if (!carriesFiles(event) || !byId("attach")) return;
  event.preventDefault();
  take(event.dataTransfer.files);
});

/** Whether a file is still on its way to the desk. */
export const uploading = () => files.some((one) => !one.id && !one.failed);

/** The ids of the files to send, and their names; afterwards there are none. */
export function collect() {
  const ready = files.filter((one) => one.id);
  files = [];
  draw();
  return { ids: ready.map((one) => one.id), names: ready.map((one) => one.name) };
}

function take(chosen) {
  for (const file of chosen) {
    if (files.length >= most) {
      announce(`A message takes ${most} files at most.`);
      break;
    }
    const one = { name: file.name || "file" };
    files.push(one);
    upload(one, file);
  }
  draw();
}

async function upload(one, file) {
  try {
    const answer = await fetch(`${base}/conversations/${id}/files?name=${encodeURIComponent(one.name)}`, {
      method: "POST",
      headers: { accept: "application/json", "x-csrf-token": page.dataset.csrf },
      body: file,
      credentials: "same-origin",
      redirect: "manual",
    });
    if (!answer.ok) throw new Error(await problem(answer));
    const stored = await answer.json();
    one.id = stored.id;
    one.name = stored.name;
    announce(`${one.name} is attached.`);
  } catch (error) {
    one.failed = error instanceof TypeError ? "no connection" : error.message;
  }
  draw();
}

function draw() {
  const list = byId("attached");
  if (!list) return;
  list.replaceChildren(...files.map(chip));
  list.hidden = !files.length;
  changed(files.some((one) => one.id));
}

function chip(one) {
  const item = document.createElement("li");
  item.className = one.failed ? "chip chip-failed" : "chip";
  const text = document.createElement("span");
  text.textContent = one.failed ? `${one.name}: ${one.failed}` : one.id ? one.name : `${one.name}…`;
  if (one.failed) item.setAttribute("role", "alert");
  const remove = document.createElement("button");
  remove.type = "button";
  remove.textContent = "×";
  remove.setAttribute("aria-label", `Remove ${one.name}`);
  remove.addEventListener("click", () => {
    files = files.filter((other) => other !== one);
    draw();
    byId("reply").focus();
  });
  item.append(text, remove);
  return item;
}
