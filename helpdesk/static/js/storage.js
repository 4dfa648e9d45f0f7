// localStorage that never throws: it may be full or forbidden.

export const getItem = (key) => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};

// A value of null removes the key.
export const setItem = (key, value) => {
  try {
    if (value == null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // The page works without it.
  }
};

export const removeItemsWithPrefix = (prefix) => {
  for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) setItem(key, null);
};
