// --- questions and answers over the network, and how the page starts

const FIRST_PAUSE_MS = 500; // before the first new try of a lost connection; doubled for each further one
const LONGEST_PAUSE_MS = 8000;
const MOST_TRIES = 12;

let listening = null; // what ends the request of the running answer
let restored = false;

// What asking and stopping call: see `asking.js`.
function trigger(name, data) {
  if (name === "stop") {
    if (listening) listening.abort();
    call("embed/" + props.tenant + "/stop", posted(data)).catch(() => {}); // it ends by itself
    return;
  }
  emit("asked", { message: data.message });
  follow(running, data);
}

function posted(data) {
  const headers = { "Content-Type": "application/json", "Accept-Language": lang };
  return { method: "POST", headers, body: JSON.stringify(data), cache: "no-store" };
}

// Hear an answer to its end; a lost connection is taken up again by the name of the answer.
async function follow(turn, asked) {
  const { message } = asked;
  const going = () => turn === running && turn.message === message;
  for (let tries = 0; going() && tries < MOST_TRIES; tries++) {
    if (tries > 0) {
      tellLost(turn);
      await pause(Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS));
      if (!going()) return;
    }
    listening = new AbortController();
    try {
      const answer = await call("embed/" + props.tenant + "/ask", { ...posted(asked), signal: listening.signal });
      if (answer.status === 502 || answer.status === 503 || answer.status === 504) continue;
      if (!answer.ok) return void refused(turn, await problemOf(answer));
      await statesOf(answer, going, () => (tries = 0));
    } catch (error) {
      if (error instanceof NoSession) return void (going() && refused(turn, error.fault));
      // the connection, or our own wish to begin it anew
    }
  }
  if (!going()) return;
  fail(turn, "failed.connection");
  emit("error", { code: "connection", message });
}

function pause(ms) {
  return new Promise((resolve) => {
    const timer = window.setTimeout(resolve, ms);
    window.addEventListener("online", () => { window.clearTimeout(timer); resolve(); }, { once: true });
  });
}

async function problemOf(answer) {
  const retryAfter = Number(answer.headers.get("Retry-After")) || null;
  try {
    return { ...(await answer.json()), retryAfter };
  } catch {
    return { code: "http-" + answer.status, retryAfter };
  }
}

// The server sends of each state what differs from the one before on this connection.
async function statesOf(answer, going, heardOne) {
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  const known = new Map();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done || !going()) return;
    listen(); // a comment that keeps the connection is a word too
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = lines.pop();
    for (const event of lines) {
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      if (!data) continue;
      const { order, changed, ...state } = JSON.parse(data.slice(6));
      for (const [key, html] of changed) known.set(key, html);
      heardOne();
      showState({ ...state, parts: order.map((key) => [key, known.get(key)]) });
    }
  }
}

function showState(state) {
  const turn = running;
  show(state);
  if (state.state === "working" || state.state === "stopped" || !turn) return;
  if (state.state === "declined") emit("declined", { message: state.message });
  else if (state.state === "failed") emit("error", { code: "answer-failed", message: state.message });
  else emit("answered", { message: state.message, standing: state.state });
  if (questionAsked) {
    const question = questionAsked;
    questionAsked = null;
    ask(question);
  }
}

function tellLost(turn) {
  if (turn.notice && turn.notice.isConnected) return;
  turn.notice = makeWord("p", "resume.lost");
  turn.notice.className = "hg-notice";
  turn.notice.setAttribute("role", "status");
  turn.answer.prepend(turn.notice);
}

// Silence for long: the connection is begun anew.
function lost(turn) {
  if (turn === running && listening) listening.abort();
}

function keep() {
  if (running) placeOf(running);
  else if (turns.length === 0) {
    here = null;
    toTab(KEPT, null);
  }
}

function heard() {
  toTab(RESUMED, null);
}

// The answer goes on at the server; this page listens no more.
function leave() {
  if (!running) return;
  if (listening) listening.abort();
  setRunning(null);
}

// --- what was not answered, and why

function refused(turn, found) {
  if (turn.notice) turn.notice.remove();
  if (turn.before) takeBack(turn);
  const limited = found.code === "rate-limited" || found.code === "daily-limit" || found.retryAfter;
  const ended = found.code === "session-ended" || found.code === "bad-token";
  const failed = make("div", "hg-failed");
  failed.setAttribute("role", "alert");
  if (ended) failed.append(makeWord("strong", "widget.ended"), makeWord("p", "widget.ended.text"), reloadButton());
  else if (limited) {
    failed.append(make("strong", "", found.title || words("widget.busy")));
    if (found.detail) failed.append(make("p", "", found.detail));
    failed.append(make("p", "", againIn(found.retryAfter || 60)), retryButton());
  } else failed.append(makeWord("strong", "failed.title"), makeWord("p", "widget.refused"), retryButton());
  showOwn(turn, failed);
  settle(turn, "failed");
  emit("error", { code: found.code, message: turn.message });
}

function againIn(seconds) {
  if (seconds < 90) return words("widget.again.seconds", { n: seconds });
  if (seconds < 5400) return words("widget.again.minutes", { n: Math.ceil(seconds / 60) });
  return words("widget.again.hours", { n: Math.ceil(seconds / 3600) });
}

function reloadButton() {
  const button = makeWord("button", "widget.reload");
  button.type = "button";
  button.dataset.do = "reload";
  return button;
}

// --- how it starts

// What was asked in this tab before, on another page of the portal.
async function restore() {
  if (restored || turns.length > 0) return;
  restored = true;
  const id = tab(KEPT);
  if (!id) return;
  try {
    const whole = await api("GET", "conversations/" + encodeURIComponent(id));
    if (turns.length > 0 || !whole.owned) return;
    hero.hidden = true;
    showConversation(whole, null);
  } catch {
    toTab(KEPT, null); // another visitor's, or gone: a new one begins
  }
}

Object.assign(ACTIONS, {
  reload: () => post({ do: "reload" }),
  shutdown: () => post({ do: "close" }),
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented && !event.isComposing) post({ do: "close" });
});

translate(element);
// Opened by itself, the page has nobody to get a token from.
if (window.parent === window) element.classList.add("hg-alone");
