// --- what the browser keeps: the owner's key for good, the rest for as long as the tab is open

const OF_TENANT = props.tenant ? "." + props.tenant : ""; // one browser may know several portals
let memoryKey = ""; // the owner's key where the browser refuses storage
let keyless = false; // the server knows the reader by another name: no key is made

function stored(name) {
  try {
    return window.localStorage.getItem("hugang." + name);
  } catch {
    return null; // private windows may refuse storage; the page works without
  }
}

function store(name, value) {
  try {
    window.localStorage.setItem("hugang." + name, value);
  } catch {
    // not remembered, nothing lost
  }
}

function tab(name) {
  try {
    return window.sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

// Returns whether there was room; null forgets.
function toTab(name, value) {
  try {
    if (value === null) window.sessionStorage.removeItem(name);
    else window.sessionStorage.setItem(name, value);
    return true;
  } catch {
    return false;
  }
}

function randomName(bytes) {
  const numbers = window.crypto.getRandomValues(new Uint8Array(bytes));
  return window.btoa(String.fromCharCode(...numbers)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

function ownerKey() {
  if (keyless) return null;
  const kept = stored("owner" + OF_TENANT) || memoryKey;
  if (/^[A-Za-z0-9_-]{32,128}$/.test(kept)) return kept;
  memoryKey = randomName(32);
  store("owner" + OF_TENANT, memoryKey);
  return memoryKey;
}
