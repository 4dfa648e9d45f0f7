// localStorage, or the storage that `choose` gives, but never throwing: it may be full or forbidden.

const local = () => localStorage;

export const getItem = (key, choose = local) => {
  try {
    return choose().getItem(key);
  } catch {
    return null;
  }
};

// A value of null removes the key.
export const setItem = (key, value, choose = local) => {
  try {
    if (value == null) choose().removeItem(key);
    else choose().setItem(key, value);
  } catch {
    // The page works without it.
  }
};

export const removeItemsWithPrefix = (prefix, choose = local) => {
  try {
    for (const key of Object.keys(choose())) if (key.startsWith(prefix)) choose().removeItem(key);
  } catch {
    // Nothing is stored then.
  }
};
