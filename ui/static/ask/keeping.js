// --- surviving a reload: Gradio reloads the page by itself when the server comes back

const KEPT = "hugang.conversation";

// In the tab's own storage, gone when it is closed: questions may be confidential.
function keep() {
  const kept = turns.map((turn) => ({
    message: turn.message,
    question: turn.question,
    root: turn.root,
    profile: turn.profile,
    given: turn.given,
    text: turn.text,
    markdown: turn.markdown,
    lang: turn.lang,
    state: turn.state,
    parts: Array.from(turn.parts, ([key, node]) => [key, node.hgHtml]).filter(([, html]) => html),
  }));
  while (kept.length > 0) {
    try {
      window.sessionStorage.setItem(KEPT, JSON.stringify(kept));
      return;
    } catch {
      kept.shift(); // no room: the oldest goes first
    }
  }
  try {
    window.sessionStorage.removeItem(KEPT);
  } catch {
    // no storage at all: nothing was kept
  }
}

function restore() {
  let kept;
  try {
    kept = JSON.parse(window.sessionStorage.getItem(KEPT) || "[]");
  } catch {
    return;
  }
  for (const saved of kept) {
    const turn = Object.assign({}, saved);
    turns.push(turn);
    showTurn(turn);
    showParts(turn, saved.parts);
    if (turn.state === "stopped") showStopped(turn);
    if (turn.state === "working") turn.state = "failed";
    if (turn.state === "failed" && !turn.parts.has("failed")) showFailure(turn, "failed.connection");
    turn.answer.className = "hg-answer hg-" + turn.state;
  }
  if (turns.length > 0) bringUp(turns[turns.length - 1]);
}
