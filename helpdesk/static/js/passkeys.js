// Passkeys (WebAuthn): a form with data-passkey asks its data-options, lets the browser make or use a passkey, and is
// sent with what that answered. Hidden where the browser knows no passkeys. Loaded where such a form is; `tools` are
// functions of the modules that every page has.
let tools;

const ANSWERS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const withBytes = (credentials) => credentials?.map((each) => ({ ...each, id: toBytes(each.id) }));

const askCredential = async (kind, options) => {
  const publicKey = { ...options, challenge: toBytes(options.challenge) };
  if (options.user) publicKey.user = { ...options.user, id: toBytes(options.user.id) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (options[list]) publicKey[list] = withBytes(options[list]);
  }
  const { id, rawId, type, response } = await navigator.credentials[kind]({ publicKey });
  const given = ANSWERS.filter((name) => response[name]).map((name) => [name, toText(response[name])]);
  return JSON.stringify({ id, rawId: toText(rawId), type, response: Object.fromEntries(given) });
};

const sendPasskey = async (form) => {
  const answer = await fetch(form.dataset.options, { method: "POST", headers: { "X-CSRFToken": tools.csrfToken() } });
  if (answer.redirected) {
    location.assign(answer.url); // sign in again first
    return;
  }
  if (answer.status === 422) {
    tools.showNotice(form, await answer.text());
    return;
  }
  const options = await answer.json();
  form.elements.answer.value = await askCredential(form.dataset.passkey, options);
  form.elements.challenge.value = options.challenge;
  form.submit();
};

const onClick = async ({ target }) => {
  const button = target.closest?.("[data-passkey-button]");
  if (!button || button.disabled) return;
  tools.removeRequestErrors(button.form);
  button.disabled = true;
  try {
    await sendPasskey(button.form);
  } catch {
    tools.showNotice(button.form, button.form.dataset.failed);
  }
  button.disabled = false;
};

export const start = (given) => {
  tools = given;
  document.addEventListener("click", onClick);
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = globalThis.PublicKeyCredential === undefined;
  }
};
