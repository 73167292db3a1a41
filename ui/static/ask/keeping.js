// --- what outlives a reload: Gradio reloads the page by itself when the server comes back
//
// The server keeps the conversations; the browser keeps ids and its owner's key, and a question
// only until the server has it. Where the server keeps none, the tab's own storage does.

const KEPT = "hugang.conversation"; // the id of the one shown, or all of it where the server keeps none
const PENDING = "hugang.pending"; // a question that the server has not answered to yet
const RESUMED = "hugang.resumed"; // how often an answer was asked for without a word
const DRAFT = "hugang.draft"; // what stood in the box when the page was left
const MOST_RESUMES = 4;
const POLL_MS = 2000;

let here = null; // the conversation shown: { id, owned, title }; null before the first question
let memoryKey = ""; // the owner's key where the browser refuses storage
let poll = 0;

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
  const kept = stored("owner") || memoryKey;
  if (/^[A-Za-z0-9_-]{32,128}$/.test(kept)) return kept;
  memoryKey = randomName(32);
  store("owner", memoryKey);
  return memoryKey;
}

async function api(method, path, body) {
  const headers = { "X-Hugang-Owner": ownerKey(), "Accept-Language": lang };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await window.fetch("api/v1/" + path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: "no-store",
  });
  if (!answer.ok) throw Object.assign(new Error("refused"), { status: answer.status });
  return answer.status === 204 ? null : answer.json();
}

// What a question brings along so that the server can keep it.
function placeOf(turn) {
  // Where none is kept, a key is made by who adds papers, and tells whose may be quoted.
  if (!props.keeps) return stored("owner") ? { owner: ownerKey() } : {};
  if (!here) here = { id: randomName(16), owned: true, title: "" };
  toTab(KEPT, here.id);
  return {
    conversation: here.id,
    owner: ownerKey(),
    root: turn.root,
    instead_of: turn.instead_of || null,
    told: turn.given.told,
  };
}

function keep() {
  if (!props.keeps) keepHere();
  else if (turns.length === 0) {
    here = null;
    toTab(KEPT, null);
    toTab(PENDING, null);
    showOwnership();
  } else if (running) {
    placeOf(running);
    const { message, question, root, profile, given, instead_of } = running;
    const pending = { message, question, root, profile, given, instead_of, conversation: here.id };
    toTab(PENDING, JSON.stringify(pending));
  }
}

// The server has spoken of this turn: it has the question.
function heard() {
  toTab(PENDING, null);
  toTab(RESUMED, null);
}

// A conversation is left: its answer goes on where the server keeps it, and is stopped otherwise.
function leave() {
  if (!running) return;
  if (props.keeps) setRunning(null);
  else stop();
}

// The connection to the server is lost. The answer goes on there; as soon as the server is back the
// page is read anew, by Gradio or by us, and takes it up.
function lost(turn) {
  if (!turn || turn !== running) return;
  if (!props.keeps || Number(tab(RESUMED) || 0) >= MOST_RESUMES) {
    toTab(RESUMED, null);
    fail(turn, "failed.connection");
    return;
  }
  if (turn.notice) return;
  turn.notice = makeWord("p", "resume.lost");
  turn.notice.className = "hg-notice";
  turn.notice.setAttribute("role", "status");
  turn.answer.prepend(turn.notice);
  window.clearInterval(poll);
  poll = window.setInterval(async () => {
    try {
      if ((await window.fetch("healthz", { cache: "no-store" })).ok) window.location.reload();
    } catch {
      // not back yet
    }
  }, POLL_MS);
}

// Asks again by the same name: the server hands on the answer that runs, the one it has kept, or
// makes it anew where the process that was answering is gone.
function resume(turn) {
  toTab(RESUMED, String(Number(tab(RESUMED) || 0) + 1));
  turn.state = "working";
  turn.answer.className = "hg-answer hg-working";
  if (turn.parts.size === 0) showReading(turn);
  setRunning(turn);
  put(turn);
}

function restore() {
  const draft = tab(DRAFT);
  if (draft) {
    toTab(DRAFT, null);
    box.value = draft;
    grow();
  }
  window.addEventListener("pagehide", () => toTab(DRAFT, box.value || null));
  if (!props.keeps) {
    restoreHere();
    return;
  }
  const link = /^#c=([A-Za-z0-9_-]+)$/.exec(window.location.hash);
  if (link) {
    toTab(KEPT, link[1]);
    toTab(PENDING, null);
    window.history.replaceState(null, "", window.location.pathname + window.location.search);
  }
  const id = tab(KEPT);
  if (id) openConversation(id);
}

async function openConversation(id) {
  hero.hidden = true;
  let whole = null;
  try {
    whole = await api("GET", "conversations/" + encodeURIComponent(id));
  } catch (error) {
    if (error.status !== 404) {
      showGone("shared.fault");
      window.setTimeout(() => turns.length === 0 && tab(KEPT) === id && openConversation(id), POLL_MS);
      return;
    }
  }
  const pending = pendingOf(id, whole);
  if (!whole && !pending) {
    toTab(KEPT, null);
    showGone("shared.gone");
    return;
  }
  showConversation(whole || { id, owned: true, title: "", asked: [] }, pending);
}

function pendingOf(id, whole) {
  try {
    const asked = JSON.parse(tab(PENDING) || "null");
    if (!asked || asked.conversation !== id || (whole && (!whole.owned || whole.asked.some((one) => one.message === asked.message)))) return null;
    return Object.assign({ parts: [], text: "", markdown: "", state: "working" }, asked);
  } catch {
    return null;
  }
}

function showConversation(whole, pending) {
  leave();
  closeSource();
  turns.length = 0;
  conversation.replaceChildren();
  here = { id: whole.id, owned: whole.owned, title: whole.title };
  toTab(KEPT, whole.id);
  for (const saved of pending ? [...whole.asked, pending] : whole.asked) showKept(saved);
  showOwnership();
  const last = turns[turns.length - 1];
  if (!last) return;
  // Only the last is taken up by itself; one before it, broken off, waits for its reader.
  for (const turn of turns) if (turn !== last && isOpen(turn)) showFailure(turn, "failed.general");
  want(last.given);
  bringUp(last);
  if (isOpen(last) && here.owned) resume(last);
  else if (isOpen(last) && last.state === "working") lookAgain(whole.id);
}

function showKept(saved) {
  const { parts, lang: spoken, as_of, filters, told, ...rest } = saved;
  const given = saved.given || { ...copyOf({ as_of, ...filters }), told: told || [] };
  const turn = Object.assign(rest, { given, lang: parts.length > 0 ? spoken : undefined });
  turns.push(turn);
  showTurn(turn);
  showParts(turn, parts);
  if (turn.state === "stopped") showStopped(turn);
  if (turn.state === "failed" && !turn.parts.has("failed")) showFailure(turn, "failed.general");
  offerFeedback(turn);
  return turn;
}

function isOpen(turn) {
  return turn.state === "working" || turn.state === "interrupted";
}

// A reader of a link cannot ask for the answer that is in the making, but can look at it again.
function lookAgain(id) {
  window.setTimeout(() => here && here.id === id && !here.owned && openConversation(id), POLL_MS);
}

function showGone(key) {
  conversation.replaceChildren(makeWord("p", key));
  conversation.firstChild.className = "hg-notice";
  conversation.firstChild.setAttribute("role", "alert");
  hero.hidden = key === "shared.fault";
}

function showOwnership() {
  const mine = !here || here.owned;
  element.classList.toggle("hg-read-only", !mine);
  $(".hg-shared").hidden = mine;
}

// --- where the server keeps none: in the tab's own storage, gone when it is closed

function keepHere() {
  const kept = turns.map((turn) => {
    const { article, answer, givenRow, notice, before, ...rest } = turn;
    return { ...rest, parts: partsOf(turn) };
  });
  while (kept.length > 0) {
    if (toTab(KEPT, JSON.stringify(kept))) return;
    kept.shift(); // no room: the oldest goes first
  }
  toTab(KEPT, null);
}

function restoreHere() {
  let kept;
  try {
    kept = JSON.parse(tab(KEPT) || "[]");
  } catch {
    return;
  }
  if (!Array.isArray(kept)) return;
  for (const saved of kept) {
    const broken = saved.state === "working";
    const turn = showKept(Object.assign(saved, { parts: saved.parts || [] }));
    if (!broken) continue;
    turn.state = "failed";
    turn.answer.className = "hg-answer hg-failed";
    showFailure(turn, "failed.connection");
  }
  if (turns.length > 0) bringUp(turns[turns.length - 1]);
}
