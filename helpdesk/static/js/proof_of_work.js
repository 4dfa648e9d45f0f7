// The proof of work of the sign-in form (domain/authentication/proof_of_work.py), done while the address is typed.
// Without it, or where the browser offers no hashes, the request counts among those of browsers nobody knows.
import { listen, query } from "./dom.js";

const WAIT_MS = 4000;
const NONE = "none"; // the form is sent all the same
const encoder = new TextEncoder();
const proofs = new Map();

const hasZeroBits = (bytes, bits) => new DataView(bytes).getUint32(0) >>> (32 - bits) === 0;

const findProof = async (prefix, bits) => {
  for (let number = 0; ; number += 1) {
    const hash = await crypto.subtle.digest("SHA-256", encoder.encode(prefix + number));
    if (hasZeroBits(hash, bits)) return String(number);
  }
};

const proofOf = (form) => {
  const prefix = `${form.elements.challenge.value}:${form.elements.email.value.trim()}:`;
  if (!proofs.has(prefix)) proofs.set(prefix, findProof(prefix, Number(form.dataset.proofBits)).catch(() => NONE));
  return proofs.get(prefix);
};

const isAble = () => globalThis.crypto?.subtle !== undefined;

listen("change", ({ target }) => {
  const form = target.form;
  if (isAble() && form?.dataset.proofBits && target.name === "email" && target.value) proofOf(form);
});

listen("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.proofBits || form.elements.proof.value || !isAble()) return;
  event.preventDefault();
  const late = new Promise((resolve) => setTimeout(resolve, WAIT_MS, NONE));
  form.elements.proof.value = await Promise.race([proofOf(form), late]);
  form.submit();
});

addEventListener("pageshow", () => {
  const form = query("form[data-proof-bits]");
  if (form) form.elements.proof.value = "";
});
