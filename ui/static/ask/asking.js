// --- asking

function newMessage() {
  const bytes = window.crypto.getRandomValues(new Uint8Array(10));
  return "m" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Earlier questions with their answers. Of a question asked again with more circumstances only
// the last answer counts.
function historyBefore(root) {
  const last = new Map();
  for (const turn of turns) {
    if (turn.root !== root && turn.text) last.set(turn.root, turn);
  }
  const kept = Array.from(last.values()).slice(-15);
  return kept.flatMap((turn) => [
    { role: "user", content: turn.question },
    { role: "assistant", content: turn.text },
  ]);
}

function ask(question, more) {
  const text = question.trim();
  if (!text || running || (here && !here.owned)) return;
  closeSource(); // it belongs to an earlier answer
  const message = newMessage();
  const turn = {
    message,
    question: text,
    root: (more && more.root) || message,
    profile: (more && more.profile) || {},
    shown: (more && more.shown) || text,
    text: "",
    markdown: "",
    state: "working",
  };
  turns.push(turn);
  showTurn(turn);
  showReading(turn);
  bringUp(turn);
  setRunning(turn);
  keep();
  submit(turn);
}

// Sent twice by the same name, a question is asked once.
function submit(turn) {
  trigger("ask", {
    text: turn.question,
    message: turn.message,
    ui: lang,
    profile: turn.profile,
    history: historyBefore(turn.root),
    ...placeOf(turn),
  });
}

function showTurn(turn) {
  hero.hidden = true;
  newButton.hidden = false;
  const article = make("article", "hg-turn");
  const you = make("h2", "hg-hidden", words("you"));
  you.dataset.t = "you";
  const asked = make("div", "hg-question", turn.shown);
  asked.setAttribute("dir", "auto");
  turn.answer = make("div", "hg-answer hg-" + turn.state);
  if (turn.lang) turn.answer.lang = turn.lang;
  article.append(you, asked, turn.answer);
  conversation.append(article);
  turn.article = article;
  turn.parts = new Map();
}

function showReading(turn) {
  const stages = make("p", "hg-stages");
  stages.setAttribute("role", "status");
  const now = make("span", "hg-stage-now");
  now.append(makeWord("span", "stage.reading"));
  stages.append(now);
  const head = make("div", "hg-part");
  head.append(stages);
  turn.answer.append(head);
  turn.parts.set("head", head);
}

function bringUp(turn) {
  window.requestAnimationFrame(() => {
    const top = turn.article.offsetTop - 24;
    scroller.scrollTo({ top, behavior: calm() ? "auto" : "smooth" });
  });
}

function calm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function setRunning(turn) {
  running = turn;
  sendButton.hidden = Boolean(turn);
  stopButton.hidden = !turn;
  element.classList.toggle("hg-busy", Boolean(turn));
  listen();
}

function listen() {
  window.clearTimeout(silence);
  if (running) silence = window.setTimeout(() => lost(running), SILENCE_MS);
}

function fail(turn, key) {
  if (!turn || turn !== running) return;
  showFailure(turn, key);
  settle(turn, "failed");
}

function showFailure(turn, key) {
  const failed = make("div", "hg-failed");
  failed.setAttribute("role", "alert");
  const again = makeWord("button", "failed.retry");
  again.type = "button";
  again.dataset.do = "retry";
  failed.append(makeWord("strong", "failed.title"), makeWord("p", key), again);
  const part = make("div", "hg-part");
  part.append(failed);
  turn.answer.append(part);
}

function settle(turn, state) {
  turn.state = state;
  turn.answer.className = "hg-answer hg-" + state;
  setRunning(null);
  keep();
  heard();
  offerFeedback(turn);
  refreshList();
}

// Gradio may report a cancelled event as a failed one, late enough to hit the next question. Such a
// report is not heeded for a while after a stop; a server that is really gone is told by silence.
const STOP_ECHO_MS = 3000;
let stoppedAt = -STOP_ECHO_MS;

function stop() {
  const turn = running;
  if (!turn) return;
  stoppedAt = performance.now();
  trigger("stop", props.keeps ? { message: turn.message, owner: ownerKey() } : { message: turn.message });
  settle(turn, "stopped");
  showStopped(turn);
  box.focus();
}

function showStopped(turn) {
  const stages = turn.answer.querySelector(".hg-stages");
  if (!stages || stages.querySelector('[data-t="stage.stopped"]')) return;
  const now = stages.querySelector(".hg-stage-now");
  if (now) now.remove();
  const word = makeWord("span", "stage.stopped");
  word.className = "hg-stage-done";
  stages.append(word);
}
