// Sounds and notices for what is new, as far as the reader wants them: of a new request, and of a message.

import { base, page } from "./dom.js";

const wanted = page ? page.dataset : {};
const quiet = 1500; // ms in which several tabs of one browser tell of a thing once

let context = null;

/** Browsers let a page play after a click or key there; before it, what would sound is left out. */
function audio() {
  if (!context && window.AudioContext) context = new AudioContext();
  if (context && context.state === "suspended") context.resume();
  return context;
}

const tunes = { message: [[880, 0, 0.12]], wait: [[880, 0, 0.12], [880, 0.2, 0.12]], request: [[659, 0, 0.16], [880, 0.18, 0.24]] };

/** Play the sound of a new "message" or "request". */
export function play(kind) {
  const out = audio();
  if (!out || out.state !== "running") return false;
  for (const [pitch, after, long] of tunes[kind]) {
    const from = out.currentTime + after;
    const tone = out.createOscillator();
    const loudness = out.createGain();
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.0001, from);
    loudness.gain.exponentialRampToValueAtTime(0.15, from + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0001, from + long);
    tone.connect(loudness).connect(out.destination);
    tone.start(from);
    tone.stop(from + long);
  }
  return true;
}

function firstToTell(kind) {
  const key = `desk-told-${kind}`;
  const last = Number(localStorage.getItem(key) || 0);
  if (Math.abs(Date.now() - last) < quiet) return false;
  localStorage.setItem(key, String(Date.now()));
  return true;
}

function notice(kind, title, path) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  if (document.visibilityState === "visible" && document.hasFocus()) return;
  const shown = new Notification(title, { tag: `desk-${kind}`, renotify: true, silent: true });
  shown.onclick = () => {
    window.focus();
    if (location.pathname !== base + path) location.assign(base + path);
    shown.close();
  };
}

function tell(kind, sound, title, path) {
  const sounds = sound === "on";
  const notices = wanted.notices === "on";
  if ((!sounds && !notices) || !firstToTell(kind)) return;
  if (sounds) play(kind);
  if (notices) notice(kind, title, path);
  document.dispatchEvent(new CustomEvent("desk:told", { detail: { kind, sounds, notices } }));
}

/** A request is new; `count` wait now. */
export function newRequest(count) {
  tell("request", wanted.requestSound, count === 1 ? "1 request is waiting" : `${count} requests are waiting`, "/inbox/new");
}

/** A message is new in one's own conversations; `count` are unread now. */
export function newMessage(count) {
  tell("message", wanted.messageSound, count === 1 ? "1 unread message" : `${count} unread messages`, "/inbox/open");
}

/** An end user has waited too long for an answer; the sound is that of messages. */
export function longWait(name, path) {
  tell("wait", wanted.messageSound, `${name} waits for an answer`, path);
}

export function setUp() {
  for (const gesture of ["pointerdown", "keydown"]) document.addEventListener(gesture, audio, { once: true });
}
