// The names of keys on this device: Macs have ⌘ in the place of Ctrl.
import { onContent } from "./dom.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgentData?.platform || navigator.platform);

onContent((queryPart) => {
  if (isMac) for (const key of queryPart("[data-platform-key]")) key.textContent = "⌘";
});
