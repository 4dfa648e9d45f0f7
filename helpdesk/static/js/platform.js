// The keys of this device: Macs have ⌘ in the place of Ctrl, other layouts have letters beside the Latin ones.
import { onContent, queryAll } from "./dom.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgentData?.platform || navigator.platform);
const LATIN = /^[a-z]$/;

onContent((queryPart) => {
  if (isMac) for (const key of queryPart("[data-platform-key]")) key.textContent = "⌘";
});

// Where the browser tells the layout (Chromium), the list of shortcuts names the letter on the key, too: "j о".
const nameLetters = async () => {
  const layout = await navigator.keyboard?.getLayoutMap?.();
  if (!layout) return;
  for (const key of queryAll("#shortcuts kbd").filter(({ textContent }) => LATIN.test(textContent))) {
    const letter = layout.get(`Key${key.textContent.toUpperCase()}`);
    if (letter && /^\P{ASCII}+$/u.test(letter)) key.textContent += ` ${letter}`;
  }
};

nameLetters().catch(() => {});
