// --- a conversation that the server keeps: read, shown, taken up again

const KEPT = "hugang.conversation" + OF_TENANT; // the id of the one shown, or all of it where the server keeps none
const RESUMED = "hugang.resumed"; // how often an answer was asked for without a word
const POLL_MS = 2000;

let here = null; // the conversation shown: { id, owned, title }; null before the first question

async function api(method, path, body) {
  const headers = { "Accept-Language": lang };
  if (ownerKey()) headers["X-Hugang-Owner"] = ownerKey();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await call("api/v1/" + path, {
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
