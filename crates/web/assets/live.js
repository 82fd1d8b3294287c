// Keeps a page up to date: by one stream of events, or by asking again where streams are cut.
const CUT_SOON = 60_000; // A stream that ends earlier was cut.
const READY_WITHIN = 10_000;
const ASK_EVERY = 2_000;
const STREAM_AGAIN = 300_000;

const keeping = document.getElementById("keeping");
const names = keeping.dataset.parts.split(" ");
const revisions = keeping.dataset.since.split(".");
const at = keeping.querySelector("[data-at]");
const button = keeping.querySelector("button");
const words = keeping.querySelector("[role=status]");
let source = null;
let opened = 0;
let cuts = 0;
let paused = false;
let ends = false;
let watch = 0;
let turn = 0; // Each stop begins another, so that what was under way goes no further.

const say = (text) => {
  if (words.textContent !== text) words.textContent = text;
};
const isNow = () => {
  at.textContent = `As of ${new Date().toISOString().slice(0, 19).replace("T", " ")} UTC`;
};
const show = (name, html) => {
  const part = document.getElementById(name);
  if (part) htmx.swap({ text: html, target: part, swap: "outerMorph", sourceElement: part });
  isNow();
};
const stop = () => {
  turn += 1;
  clearTimeout(watch);
  source?.close();
  source = null;
};

const follow = () => {
  stop();
  const address = new URL(keeping.dataset.stream, location);
  address.searchParams.set("since", revisions.join("."));
  opened = Date.now();
  watch = setTimeout(ask, READY_WITHIN);
  source = new EventSource(address);
  source.addEventListener("ready", () => {
    clearTimeout(watch);
    opened = Date.now();
    isNow();
    say("Live");
  });
  for (const name of names) {
    source.addEventListener(name, (event) => {
      revisions.splice(0, revisions.length, ...event.lastEventId.split("."));
      show(name, event.data);
    });
  }
  source.addEventListener("end", () => {
    // What was asked for last says where it goes on.
    revisions.fill("");
    ask();
  });
  source.addEventListener("again", () => {
    ends = true;
  });
  source.addEventListener("error", () => {
    const expected = ends;
    ends = false;
    if (Date.now() - opened > CUT_SOON) cuts = 0;
    if (!expected) cuts += 1;
    // Otherwise the browser opens it again by itself.
    if (source?.readyState === EventSource.CLOSED || cuts >= 2) ask();
  });
};

// Where there is no stream. True when the page goes elsewhere.
const askFor = async (name, index, mine) => {
  const address = keeping.dataset.stream.replace("/stream", `/${name}`);
  const headers = {
    "If-None-Match": `"${revisions[index] ?? ""}"`,
    "HX-Request": "true",
    "HX-Current-URL": location.href,
  };
  const answer = await fetch(address, { headers });
  const elsewhere = answer.headers.get("HX-Redirect");
  if (mine !== turn) return true;
  if (elsewhere) location.assign(elsewhere);
  else if (answer.headers.has("HX-Refresh")) location.reload();
  else if (answer.status === 200) {
    const html = await answer.text();
    if (mine !== turn) return true;
    revisions[index] = (answer.headers.get("ETag") ?? "").replace(/^W\//, "").replaceAll('"', "");
    show(name, html);
  } else if (answer.status === 304) isNow();
  else throw new Error(answer.statusText);
  return Boolean(elsewhere) || answer.headers.has("HX-Refresh");
};
const ask = async () => {
  stop();
  const mine = turn;
  const until = Date.now() + STREAM_AGAIN;
  while (mine === turn && Date.now() < until) {
    try {
      for (const [index, name] of names.entries()) {
        if (await askFor(name, index, mine)) return;
      }
      say(`Asks every ${ASK_EVERY / 1000} seconds`);
    } catch {
      if (mine === turn) say("Not connected; asks again");
    }
    await new Promise((done) => setTimeout(done, ASK_EVERY));
  }
  if (mine === turn) start();
};
const start = () => {
  cuts = 0;
  ends = false;
  if (!paused && !document.hidden) follow();
};

button.hidden = false;
button.addEventListener("click", () => {
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
  if (paused) {
    stop();
    const time = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    say(`Paused at ${time}`);
  } else start();
});
document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
addEventListener("pagehide", stop);
addEventListener("pageshow", (event) => event.persisted && start());
start();
