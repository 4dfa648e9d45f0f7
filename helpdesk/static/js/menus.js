// Menus (details with data-menu) close when one presses elsewhere. Pointer events, because in some browsers a tap
// beside everything gives no click.
import { listen, query, queryAll } from "./dom.js";

const OPEN_MENU = "details[data-menu][open]";

// Close the open menu and focus its button; whether there was one.
export const closeMenu = () => {
  const menu = query(OPEN_MENU);
  if (!menu) return false;
  menu.open = false;
  query("summary", menu).focus();
  return true;
};

listen("pointerdown", ({ target }) => {
  for (const menu of queryAll(OPEN_MENU)) if (!menu.contains(target)) menu.open = false;
});

// And when the focus leaves them by keyboard.
listen("focusin", ({ target }) => {
  for (const menu of queryAll(OPEN_MENU)) if (!menu.contains(target)) menu.open = false;
});
