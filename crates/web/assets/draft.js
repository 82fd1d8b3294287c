// Saves a draft as it is typed, and shows the message of what was saved beside it.
const form = document.getElementById("text");
const status = document.getElementById("saved");
const message = document.getElementById("message");
const PAUSE = 600;
const AGAIN = 5000;

// One view of the message at a time, chosen by a tab that is a link into its frame.
const tabs = [...document.querySelectorAll('a[target="message"]')];
let shown = message?.src;
for (const tab of tabs) {
  tab.addEventListener("click", () => {
    shown = tab.href;
    for (const other of tabs) other.removeAttribute("aria-current");
    tab.setAttribute("aria-current", "true");
  });
}

if (form) {
  const plain = form.querySelector("[data-without-script]");
  plain.hidden = true;
  let timer;
  let saving = false;
  let sent = contents();
  // The text that the check below has seen.
  let checked = sent;
  let leaving = false;

  function contents() {
    const fields = new URLSearchParams(new FormData(form));
    fields.delete("revision");
    return fields.toString();
  }

  function later(wait = PAUSE) {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  }

  async function save() {
    const now = contents();
    if (saving || now === sent) return;
    saving = true;
    say("Saving…");
    const fields = new URLSearchParams(new FormData(form));
    fields.set("by", "script");
    try {
      const answer = await fetch(form.action, { method: "POST", body: fields, redirect: "manual" });
      if (answer.status === 401 || answer.type === "opaqueredirect") {
        throw new Error("you are signed out; sign in in another tab");
      }
      const said = await answer.text();
      if (answer.status === 409) return conflict(said);
      if (!answer.ok) throw new Error(answer.status < 500 && said.length < 400 ? said : answer.statusText);
      sent = now;
      saved(said);
    } catch (problem) {
      say(`Not saved: ${problem.message}. It is tried again.`);
      later(AGAIN);
    } finally {
      saving = false;
      if (contents() !== sent && !plain.dataset.conflict && !status.textContent.startsWith("Not")) later();
    }
  }

  function saved(html) {
    const state = document.createElement("template");
    state.innerHTML = html;
    const part = state.content.getElementById("state");
    form.elements.revision.value = part.dataset.revision;
    say(part.dataset.saved);
    const clean = part.querySelector("li") === null;
    document.getElementById("state").replaceWith(part);
    document.querySelector("[data-tick=write]").dataset.done = clean;
    if (clean || shown.includes("show=text")) message.src = shown;
    const subject = form.elements.subject?.value.trim();
    // What has a name of its own keeps it.
    if (subject && !("named" in form.dataset)) {
      document.querySelector("h1").textContent = subject;
      document.title = subject;
    }
    outdate();
  }

  function conflict(words) {
    say(`Not saved: ${words}`);
    plain.dataset.conflict = "yes";
    plain.hidden = false;
    plain.querySelector("button").textContent = "Compare both texts";
  }

  function say(words) {
    status.textContent = words;
  }

  // What is checked below is another text: it is checked anew when somebody goes there.
  function outdate() {
    const rest = document.getElementById("rest");
    if (!rest || checked === sent) return;
    rest.dataset.outdated = "yes";
    const words = rest.querySelector("#checked");
    if (words) words.textContent = "The text has changed since";
    delete rest.querySelector("#check .tick")?.dataset.done;
  }

  function checkAnew() {
    const rest = document.getElementById("rest");
    if (!rest?.dataset.outdated || saving || contents() !== sent) return;
    // A file that was chosen stays chosen.
    if (rest.querySelector("input[type=file]")?.files.length) return;
    delete rest.dataset.outdated;
    checked = sent;
    rest.dispatchEvent(new Event("check"));
  }

  form.addEventListener("input", () => {
    if (!plain.dataset.conflict) later();
  });
  form.addEventListener("change", () => {
    if (!plain.dataset.conflict) later(0);
  });
  form.addEventListener("submit", () => {
    leaving = true;
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && !plain.dataset.conflict) save();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && contents() !== sent) event.preventDefault();
  });
  for (const comes of ["pointerover", "focusin"]) {
    document.addEventListener(comes, (event) => {
      if (event.target instanceof Element && event.target.closest("#rest")) checkAnew();
    });
  }
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-line], a[data-check]");
    if (!link) return;
    if ("check" in link.dataset) {
      event.preventDefault();
      checked = sent;
      document.getElementById("rest").dispatchEvent(new Event("check"));
      return;
    }
    const field = document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.closest("details")?.setAttribute("open", "");
    const lines = (field.value ?? "").split("\n");
    const line = Math.min(Number(link.dataset.line), lines.length) - 1;
    field.focus();
    if (field.tagName !== "TEXTAREA" || line < 0) return;
    const from = lines.slice(0, line).join("\n").length + (line > 0 ? 1 : 0);
    field.setSelectionRange(from, from + lines[line].length);
    field.scrollTop = (line / lines.length) * field.scrollHeight - field.clientHeight / 2;
  });
}
