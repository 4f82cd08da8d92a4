// The page of a simulator: asks for the state every second, and after everything that somebody does here.

const byId = (id) => document.getElementById(id);
const shown = new Map(); // what each part of the page shows now, to leave alone what has not changed
let current = decodeURIComponent(location.hash.slice(1)) || null;
let known = null;

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function part(id, value, build) {
  const now = JSON.stringify(value);
  if (shown.get(id) === now) return;
  shown.set(id, now);
  const target = byId(id);
  const focused = target.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const open = new Set([...target.querySelectorAll("details[open]")].map((one) => one.dataset.key));
  target.replaceChildren(...build(value));
  for (const one of target.querySelectorAll("details")) one.open = open.has(one.dataset.key);
  if (focused) target.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function problem(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

async function ask(method, path, fields) {
  const options = { method };
  if (fields !== undefined) {
    options.headers = { "content-type": "application/json" };
    options.body = JSON.stringify(fields);
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    problem("The simulator does not answer. Was it stopped?");
    return null;
  }
  const value = await answer.json();
  if (!answer.ok) problem(value.error);
  return answer.ok ? value : null;
}

async function act(name, fields) {
  problem("");
  const done = await ask("POST", `chats/${encodeURIComponent(current)}/${name}`, fields);
  await refresh();
  return done !== null;
}

const time = (at) => (at ? at.slice(11, 19) : "");

async function refresh() {
  const state = await ask("GET", `state${current ? `?chat=${encodeURIComponent(current)}` : ""}`);
  if (!state) return;
  known = state;
  byId("clock").textContent = `${state.clock.now.replace("T", " ").slice(0, 19)} UTC${state.clock.virtual ? ", a virtual clock" : ""}`;
  byId("advance").hidden = !state.clock.virtual;
  byId("no-chats").hidden = state.chats.length > 0;
  part("chats", [state.chats, current], ([chats]) => chats.map(chatButton));
  byId("chat").hidden = !state.chat;
  if (state.chat) {
    byId("chat-title").textContent = state.chat.ref;
    byId("chat-state").textContent = `${state.chat.state}${state.chat.agent ? `, ${state.chat.agent}` : ""}`;
    part("details", state.chat.details, (details) => [JSON.stringify(details, null, 2)]);
    part("messages", state.chat.messages, (messages) => messages.map(messageItem));
  }
  part("faults", state.faults.waiting, (waiting) => waiting.map((one) => element("li", `${one.operation}: ${one.fault}, ${one.times} times`)));
  if (byId("webhooks")) {
    byId("target").textContent = state.webhooks.target || (state.webhooks.listening ? "Delivered in process." : "Nobody listens: events wait.");
    part("webhooks", state.webhooks.deliveries, (deliveries) => deliveries.map(webhookRow));
  }
  part("requests", state.requests, (requests) => requests.map(requestRow));
  if (!byId("fault").elements.fault.options.length) faultChoices();
}

function chatButton(chat) {
  const item = element("li");
  const button = element("button", `${chat.ref} (${chat.state})`, { type: "button", "data-key": chat.ref, "aria-current": String(chat.ref === current) });
  button.addEventListener("click", () => {
    current = chat.ref;
    history.replaceState(null, "", `#${encodeURIComponent(current)}`);
    refresh();
  });
  item.append(button);
  return item;
}

function messageItem(message) {
  const item = element("li", null, { class: message.author });
  const who = message.name || message.author;
  item.append(element("b", `${who}, ${time(message.at)}${message.status ? `, ${message.status}` : ""}`), message.text);
  for (const file of message.files) item.append(element("div", `File: ${file}`));
  if (message.choices.length) item.append(element("div", `[${message.choices.join("] [")}]`));
  if (message.author === "visitor" && document.querySelector("[data-act=unknown_event]")) {
    const back = element("button", "Take back", { type: "button", "data-key": `back-${message.id}`, "aria-label": `Take back: ${message.text}` });
    back.addEventListener("click", () => act("fail_message", { key: message.id, reason: "taken back by hand" }));
    item.append(" ", back);
  }
  return item;
}

function webhookRow(delivery) {
  const row = element("tr");
  const event = element("td");
  const more = element("details", null, { "data-key": `webhook-${delivery.number}` });
  more.append(element("summary", delivery.event), element("pre", delivery.body));
  event.append(more);
  const attempts = delivery.attempts.map((one) => `${time(one.at)} ${one.status ?? one.problem}`).join(", ");
  const again = element("button", "Deliver again", { type: "button", "data-key": `again-${delivery.number}`, "aria-label": `Deliver ${delivery.event} again` });
  again.addEventListener("click", async () => {
    problem("");
    await ask("POST", `webhooks/${delivery.number}/again`, {});
    await refresh();
  });
  const last = element("td");
  last.append(again);
  const state = delivery.due ? `${delivery.state}, next ${time(delivery.due)}` : delivery.state.replace("_", " ");
  row.append(event, element("td", `${state}${delivery.fault ? ` (${delivery.fault})` : ""}`), element("td", attempts), last);
  return row;
}

function requestRow(request) {
  const row = element("tr");
  const call = element("td");
  const more = element("details", null, { "data-key": `request-${request.number}` });
  more.append(element("summary", `${request.operation}: ${request.method} ${request.path}`), element("pre", request.request), element("pre", request.answer));
  call.append(more);
  const answer = `${request.status ?? "none"}${request.fault ? ` (${request.fault})` : ""}`;
  row.append(element("td", request.number), call, element("td", answer), element("td", request.applied));
  return row;
}

function faultChoices() {
  const form = byId("fault").elements;
  const faults = form.operation.value === "webhook" ? known.faults.webhook_faults : known.faults.call_faults;
  form.fault.replaceChildren(...Object.keys(faults).map((name) => element("option", name)));
  faultDetails(faults);
}

function faultDetails(faults) {
  const chosen = faults[byId("fault").elements.fault.value];
  byId("fault-details").replaceChildren(
    ...chosen.map((name) => {
      const label = element("label", `${name.replace("_", " ")} `);
      label.append(element("input", null, { "data-detail": name, autocomplete: "off" }));
      return label;
    }),
  );
}

const detailOf = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const base64 = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });

function onSubmit(form, handler) {
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    problem("");
    handler(form.elements, form);
  });
}

const agentField = () => {
  const agent = byId("agent").value.trim();
  return agent ? { agent } : {};
};

for (const button of document.querySelectorAll("[data-act]")) {
  button.addEventListener("click", () => {
    const fields = "on" in button.dataset ? { on: button.dataset.on === "true" } : {};
    const named = ["accept", "join", "leave"].includes(button.dataset.act) ? agentField() : {};
    act(button.dataset.act, { ...fields, ...named });
  });
}

for (const form of document.querySelectorAll("[data-form]")) {
  onSubmit(form, async () => {
    const given = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
    if (await act(form.dataset.form, given)) form.reset();
  });
}

onSubmit(byId("say"), async (fields, form) => {
  const message = { text: fields.text.value, ...agentField() };
  const choices = fields.choices.value.split(",").map((one) => one.trim()).filter(Boolean);
  if (choices.length) message.choices = choices;
  const [file] = fields.file.files;
  if (file) message.file = { name: file.name, type: file.type || "application/octet-stream", data: await base64(file) };
  if (await act("say", message)) form.reset();
});

byId("say")?.elements.text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    byId("say").requestSubmit();
  }
});

onSubmit(byId("duty"), async (fields) => {
  const number = (name) => (fields[name].value === "" ? null : Number(fields[name].value));
  await ask("POST", "duty", { agents: number("agents"), waiting: number("waiting"), estimate: number("estimate") });
  await refresh();
});

onSubmit(byId("advance"), async (fields) => {
  await ask("POST", "clock/advance", { seconds: Number(fields.seconds.value) });
  await refresh();
});

onSubmit(byId("fault"), async (fields) => {
  const details = [...document.querySelectorAll("[data-detail]")].filter((one) => one.value !== "");
  const given = Object.fromEntries(details.map((one) => [one.dataset.detail, detailOf(one.value)]));
  await ask("POST", "faults", { operation: fields.operation.value, fault: fields.fault.value, times: Number(fields.times.value), ...given });
  await refresh();
});

byId("fault").elements.operation.addEventListener("change", faultChoices);
byId("fault").elements.fault.addEventListener("change", () => {
  const calls = byId("fault").elements.operation.value !== "webhook";
  faultDetails(calls ? known.faults.call_faults : known.faults.webhook_faults);
});
byId("clear-faults").addEventListener("click", async () => {
  problem("");
  await ask("DELETE", "faults");
  await refresh();
});

byId("restart")?.addEventListener("click", async () => {
  problem("");
  await ask("POST", "restart");
  await refresh();
});

async function watch() {
  if (!document.hidden) await refresh();
  setTimeout(watch, 1000);
}
watch();
