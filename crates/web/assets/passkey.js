// Passkeys: asks the browser what the server wants signed, and sends the answer with the form. A form is
// shown only where that can work: the browser has passkeys, and this is the address that they are for.
const texts = {
  NotAllowedError: "It was cancelled, or it took too long.",
  InvalidStateError: "This device has a passkey for your account already.",
  SecurityError: "The browser says that passkeys do not work at this address.",
  NotSupportedError: "This device has no passkeys that Pharos can use.",
};

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const named = (list) => list.map((id) => ({ type: "public-key", id: bytes(id) }));

async function asked(form) {
  const answer = await fetch(form.dataset.options, { method: "POST", body: new URLSearchParams(), redirect: "error" });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

async function got(options) {
  const { response, rawId } = await navigator.credentials.get({
    publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: named(options.allowCredentials) },
  });
  return {
    credential_id: text(rawId),
    client_data: text(response.clientDataJSON),
    authenticator_data: text(response.authenticatorData),
    signature: text(response.signature),
    user_handle: response.userHandle ? text(response.userHandle) : "",
  };
}

async function created(options) {
  const { response } = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: named(options.excludeCredentials),
    },
  });
  return { client_data: text(response.clientDataJSON), attestation: text(response.attestationObject) };
}

function fill(form, answer) {
  for (const [name, value] of Object.entries(answer)) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
}

async function answer(form) {
  const button = form.querySelector("button");
  const told = form.querySelector("[data-told]");
  told.hidden = true;
  button.disabled = true;
  try {
    const options = await asked(form);
    fill(form, await (form.dataset.passkey === "create" ? created(options) : got(options)));
    form.submit();
  } catch (problem) {
    told.textContent = texts[problem.name]
      ?? (problem instanceof TypeError ? "Pharos did not answer. Load the page again." : problem.message);
    told.hidden = false;
    button.disabled = false;
    button.focus();
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential || form.dataset.origin !== location.origin) continue;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer(form);
  });
  for (const other of document.querySelectorAll("[data-without-passkeys]")) other.hidden = true;
}
