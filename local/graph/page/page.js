// Shows live what was received. Every text comes from outside and is only ever set as text.
"use strict";

const EVENTS_SHOWN = 100;
const ERRORS_SHOWN = 20;
const shownText = {};

const part = (name) => document.getElementById(name);

function fromTemplate(name) {
  const item = part(name).content.firstElementChild.cloneNode(true);
  return { item, set: (place, text) => { item.querySelector(place).textContent = text ?? ""; } };
}

function ago(seconds) {
  const past = Math.max(0, Math.round(Date.now() / 1000 - seconds));
  if (past < 5) return "just now";
  if (past < 60) return `${past} s ago`;
  if (past < 3600) return `${Math.floor(past / 60)} min ago`;
  if (past < 86400) return `${Math.floor(past / 3600)} h ago`;
  return `${Math.floor(past / 86400)} d ago`;
}

function setTime(element, seconds) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) {
    element.textContent = String(seconds);
    return;
  }
  element.dateTime = date.toISOString();
  element.dataset.seconds = seconds;
  element.title = date.toString();
}

function tellTimes() {
  for (const element of document.querySelectorAll("time[data-seconds]")) {
    const seconds = Number(element.dataset.seconds);
    const date = new Date(seconds * 1000);
    const isToday = date.toDateString() === new Date().toDateString();
    const text = `${ago(seconds)}, ${isToday ? date.toLocaleTimeString() : date.toLocaleString()}`;
    if (element.textContent !== text) element.textContent = text;
  }
}

function money(customData) {
  const { value, currency } = customData ?? {};
  if (value === undefined) return "";
  try {
    return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(value);
  } catch {
    return `${value} ${currency ?? ""}`;
  }
}

function eventItem(received) {
  const { item, set } = fromTemplate("event");
  const raw = received.raw_identifier;
  set(".name", received.event_name);
  set(".badge", received.duplicate ? "duplicate" : "first");
  item.querySelector(".badge").classList.toggle("again", received.duplicate);
  item.querySelector(".test").hidden = received.test_event_code === null;
  set(".money", money(received.event.custom_data));
  setTime(item.querySelector(".time"), received.event_time);
  set(".source", received.action_source);
  set(".dataset", received.dataset);
  set(".id", received.event_id ?? "no event id");
  item.querySelector(".keys").append(...received.match_keys.map((key) => {
    const chip = document.createElement("li");
    chip.textContent = key;
    chip.classList.toggle("bare", raw.includes(key) || raw.includes(`user_data.${key}`));
    return chip;
  }));
  item.classList.toggle("leaks", raw.length > 0);
  item.querySelector(".raw").hidden = raw.length === 0;
  set(".raw", `Raw identifier in ${raw.map((name) => name || "a key of the event").join(", ")}`);
  item.querySelector("details").addEventListener("toggle", () => {
    set("pre", JSON.stringify(received.event, null, 2));
  }, { once: true });
  return item;
}

function errorItem(request) {
  const { item, set } = fromTemplate("error");
  const code = request.code === null ? "" : `code ${request.code}${request.subcode === null ? "" : `/${request.subcode}`}`;
  set(".what", [request.status === null ? "no answer" : `HTTP ${request.status}`, code].filter(Boolean).join(" · "));
  setTime(item.querySelector(".time"), request.at);
  const fault = request.fault === null ? "" : `Fault shown as asked: ${request.fault}.`;
  set(".message", [fault, request.message].filter(Boolean).join(" "));
  set(".dataset", request.dataset);
  set(".size", `${request.events} ${request.events === 1 ? "event" : "events"}`);
  return item;
}

/** Newest first, touching only what changed: what is open stays open, what was read stays in place. */
function show(list, records, keyOf, create) {
  const isFirstTime = list.dataset.filled === undefined;
  const present = new Map([...list.children].map((item) => [item.dataset.key, item]));
  const items = records.map((record) => {
    const key = keyOf(record);
    const known = present.get(key);
    if (known) return known;
    const item = create(record);
    item.dataset.key = key;
    item.classList.toggle("new", !isFirstTime);
    return item;
  });
  const kept = new Set(items);
  for (const item of [...list.children]) if (!kept.has(item)) item.remove();
  items.forEach((item, index) => {
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  });
  list.dataset.filled = "yes";
}

/** The answer as JSON, or null when it says the same as the last time. */
async function news(address) {
  const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(5000) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  if (text === shownText[address]) return null;
  shownText[address] = text;
  return JSON.parse(text);
}

function showCounters(counters) {
  for (const place of document.querySelectorAll("[data-counter]")) {
    const count = counters[place.dataset.counter];
    place.textContent = count.toLocaleString();
    place.parentElement.classList.toggle("some", count > 0);
  }
}

function showEvents(events) {
  show(part("events"), events, (received) => `${received.received_at}/${received.number}`, eventItem);
  part("empty").hidden = events.length > 0;
}

function showErrors(requests) {
  show(part("errors"), requests, (request) => `${request.at}/${request.number}`, errorItem);
  part("no-error").hidden = requests.length > 0;
}

async function refresh() {
  const live = part("live");
  try {
    const [counters, received, failed] = await Promise.all([
      news("/_graph/counters"),
      news(`/_graph/events?limit=${EVENTS_SHOWN}`),
      news(`/_graph/requests?errors=true&limit=${ERRORS_SHOWN}`),
    ]);
    if (counters) showCounters(counters);
    if (received) showEvents(received.events);
    if (failed) showErrors(failed.requests);
    live.className = "on";
    if (live.textContent !== "live") live.textContent = "live";
  } catch {
    live.className = "off";
    live.textContent = "simulator not reachable";
  }
  tellTimes();
  setTimeout(refresh, 1000);
}

refresh();
