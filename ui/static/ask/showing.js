// --- showing what the server says

function show(state) {
  const turn = turns.find((one) => one.message === (state && state.message));
  if (!turn || turn !== running) return; // of a conversation that was left, or stopped
  listen();
  if (turn.notice) turn.notice.remove();
  heard();
  turn.lang = state.lang;
  turn.answer.lang = state.lang;
  // Asked anew, a turn keeps its old answer until the new one begins.
  const begun = state.state !== "working" || state.parts.some(([key]) => key.startsWith("block"));
  if (turn.before && !begun) replace(turn.parts.get("head"), state.parts[0][1]);
  else showParts(turn, state.parts);
  announce(turn);
  if (state.state !== "working") {
    turn.text = state.text;
    turn.markdown = state.markdown;
    settle(turn, state.state);
    if (state.state === "stopped") showStopped(turn);
  } else if (listed && !lineOf(here && here.id)) {
    refreshList(); // a conversation has begun
  }
}

// Parts come in reading order, each with its key; only what differs is touched.
function showParts(turn, parts) {
  const keys = new Set(parts.map(([key]) => key));
  for (const [key, node] of turn.parts) {
    if (!keys.has(key)) {
      node.remove();
      turn.parts.delete(key);
    }
  }
  let before = null;
  for (const [key, html] of parts) {
    let node = turn.parts.get(key);
    if (!node) {
      node = make("div", "hg-part");
      node.hidden = key === "sources"; // cards for the panel
      turn.parts.set(key, node);
    }
    if (node.hgHtml !== html) replace(node, html);
    const place = before ? before.nextSibling : turn.answer.firstChild;
    if (place !== node) turn.answer.insertBefore(node, place);
    before = node;
  }
}

function replace(node, html) {
  const unfolded = Array.from(node.querySelectorAll("details[open]"), (one) => one.dataset.key);
  const focused = node.contains(document.activeElement) && document.activeElement.dataset.cite;
  node.innerHTML = html;
  node.hgHtml = html;
  for (const one of node.querySelectorAll("details")) one.open = unfolded.includes(one.dataset.key);
  translate(node);
  if (props.embedded) withoutPages(node);
  if (focused) {
    const again = node.querySelector('[data-cite="' + focused + '"]');
    if (again) again.focus({ preventScroll: true });
  }
  pointOut();
}

// Visitors of a portal have none of our other pages: a link to one becomes its words, or goes.
function withoutPages(root) {
  for (const link of root.querySelectorAll('a[href^="/"]')) {
    if (link.matches("[download], .hg-all-facts")) link.remove();
    else if (link.parentElement.matches(".hg-plan-more")) link.parentElement.remove();
    else link.replaceWith(make("span", "", link.textContent));
  }
}
