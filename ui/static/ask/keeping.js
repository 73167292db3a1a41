// --- what outlives a reload: Gradio reloads the page by itself when the server comes back
//
// The server keeps the conversations; the browser keeps ids and its owner's key, and a question
// only until the server has it. Where the server keeps none, the tab's own storage does.

const PENDING = "hugang.pending"; // a question that the server has not answered to yet
const DRAFT = "hugang.draft"; // what stood in the box when the page was left
const MOST_RESUMES = 4;

let poll = 0;

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

function pendingOf(id, whole) {
  try {
    const asked = JSON.parse(tab(PENDING) || "null");
    if (!asked || asked.conversation !== id || (whole && (!whole.owned || whole.asked.some((one) => one.message === asked.message)))) return null;
    return Object.assign({ parts: [], text: "", markdown: "", state: "working" }, asked);
  } catch {
    return null;
  }
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
