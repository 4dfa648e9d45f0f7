// A draft that says something else than its form, shown above it: both texts stay until the person chooses one.
// Loaded by need, so it imports nothing: `tools` are what it needs of other modules.
const textOf = (content) => {
  const { uploaded, ...fields } = JSON.parse(content);
  for (const name of ["written_as", "draft-base"]) delete fields[name];
  const texts = Object.values(fields).flat().filter((value) => typeof value === "string");
  const files = JSON.parse(uploaded || "[]").map(([, name]) => `📎 ${name}`);
  return [...texts, ...files].join("\n").slice(0, 400);
};

// `choose(true)` is called for the text of the draft, `choose(false)` for that of the form.
export const show = (form, sentence, content, choose, { _, createElement, query }) => {
  const notice = createElement("div", "notice notice-warning other-draft");
  const quote = createElement("blockquote", "newer-reply plain-preview", textOf(content));
  const actions = createElement("p", "cluster");
  for (const [label, isTaken] of [[_("Use that text"), true], [_("Keep the text below"), false]]) {
    const button = createElement("button", "button button-s", label);
    button.type = "button";
    button.onclick = () => {
      notice.remove();
      choose(isTaken);
      query("textarea, input:not([type=hidden])", form).focus();
    };
    actions.append(button);
  }
  quote.dir = "auto";
  notice.append(createElement("p", "", sentence), quote, actions);
  form.prepend(notice);
  return notice;
};
