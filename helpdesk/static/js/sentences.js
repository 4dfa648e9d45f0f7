// Sentences of scripts in the language of the page. A page in English brings none: the sentence is its own translation.
import { byId } from "./dom.js";

const translated = JSON.parse(byId("sentences")?.textContent || "{}");
const rules = new Intl.PluralRules(document.documentElement.lang || "en");

const fill = (text, values) =>
  Object.entries(values).reduce((filled, [name, value]) => filled.replaceAll(`%(${name})s`, () => value), text);

export const _ = (sentence, values = {}) => fill(translated[sentence] ?? sentence, values);

// `%(num)s` in the sentence is the count.
export const ngettext = (singular, plural, count, values = {}) => {
  const forms = translated[singular];
  const text = forms ? forms[rules.select(count)] ?? forms.other : count === 1 ? singular : plural;
  return fill(text, { num: count, ...values });
};
