// The keys of this device: Macs have ⌘ in the place of Ctrl, other layouts have characters beside the Latin ones.
import { onContent, queryAll } from "./dom.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgentData?.platform || navigator.platform);
const LATIN = /^[a-z]$/;

onContent((queryPart) => {
  if (!isMac) return;
  for (const key of queryPart("[data-platform-key]")) key.textContent = "⌘";
  for (const button of queryPart("[title*='(Ctrl+']")) button.title = button.title.replace("Ctrl+", "⌘");
});

// Where the browser tells the layout (Chromium), the list of shortcuts names the character on the key, too: "j о".
const nameCharacters = async () => {
  const layout = await navigator.keyboard?.getLayoutMap?.();
  if (!layout) return;
  for (const key of queryAll("#shortcuts kbd").filter(({ textContent }) => LATIN.test(textContent))) {
    const character = layout.get(`Key${key.textContent.toUpperCase()}`);
    if (character && /^\P{ASCII}+$/u.test(character)) key.textContent += ` ${character}`;
  }
};

nameCharacters().catch(() => {});
