// --- asking

function newMessage() {
  const bytes = window.crypto.getRandomValues(new Uint8Array(10));
  return "m" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The questions before a turn with their answers.
function historyBefore(turn) {
  const earlier = turns.slice(0, turns.indexOf(turn)).filter((one) => one.text);
  return earlier.slice(-15).flatMap((one) => [
    { role: "user", content: one.question },
    { role: "assistant", content: one.text },
  ]);
}

function ask(question, more) {
  const text = question.trim();
  if (!text || running || (here && !here.owned)) return;
  closeSource(); // it belongs to an earlier answer
  forget();
  const message = newMessage();
  const turn = {
    message,
    root: message,
    question: text,
    profile: (more && more.profile) || {},
    given: Object.assign({ told: (more && more.told) || [] }, copyOf(wanted)),
    instead_of: (more && more.insteadOf) || null,
    text: "",
    markdown: "",
    state: "working",
  };
  turns.push(turn);
  showTurn(turn);
  showReading(turn);
  bringUp(turn);
  submit(turn);
}

// Answer a turn anew in its place. What it says stays in sight until the new answer begins.
function again(turn, change) {
  if (running) return;
  closeSource();
  turn.before = Object.assign({}, turn, { shown: partsOf(turn) });
  Object.assign(turn, change, { message: newMessage(), state: "working", feedback: null });
  turn.answer.style.minHeight = turn.answer.offsetHeight + "px";
  turn.answer.className = "hg-answer hg-anew";
  for (const node of turn.answer.querySelectorAll(":scope > .hg-part-own")) node.remove();
  showGiven(turn);
  showReading(turn);
  submit(turn);
}

function submit(turn) {
  setRunning(turn);
  keep();
  put(turn);
}

// Sent twice by the same name, a question is asked once.
function put(turn) {
  trigger("ask", {
    text: turn.question,
    message: turn.message,
    ui: lang,
    profile: turn.profile,
    history: historyBefore(turn),
    as_of: turn.given.as_of || null,
    filters: { topics: turn.given.topics, jurisdictions: turn.given.jurisdictions },
    ...placeOf(turn),
  });
}

function partsOf(turn) {
  return Array.from(turn.parts, ([key, node]) => [key, node.hgHtml]).filter(([, html]) => html);
}

// Put a turn back as it was before it was asked anew.
function takeBack(turn) {
  const before = turn.before;
  Object.assign(turn, before, { before: null });
  delete turn.shown;
  turn.answer.style.minHeight = "";
  showGiven(turn);
  showParts(turn, before.shown);
  settle(turn, before.state);
}

function showTurn(turn) {
  hero.hidden = true;
  newButton.hidden = false;
  turn.given = Object.assign({ told: [] }, copyOf(turn.given || wanted), turn.given);
  const article = make("article", "hg-turn");
  const you = make("h2", "hg-hidden", words("you"));
  you.dataset.t = "you";
  const row = make("div", "hg-asked");
  const asked = make("div", "hg-question", turn.question);
  asked.setAttribute("dir", "auto");
  if (!props.embedded) {
    const pencil = iconButton("edit", "edit.question", PENCIL);
    pencil.classList.add("hg-edit");
    row.append(pencil);
  }
  row.append(asked);
  turn.givenRow = make("div", "hg-given");
  turn.answer = make("div", "hg-answer hg-" + turn.state);
  if (turn.lang) turn.answer.lang = turn.lang;
  article.append(you, row, turn.givenRow, turn.answer);
  conversation.append(article);
  turn.article = article;
  turn.parts = new Map();
  showGiven(turn);
}

const PENCIL = "M4 16l.8-3.4L13.2 4.2l2.6 2.6L7.4 15.2z";

// What `render_working` of the server writes before anything is known.
function showReading(turn) {
  const doing = make("p", "hg-standing");
  const now = make("span", "hg-stage-now");
  now.append(makeWord("span", "stage.reading"));
  doing.append(now);
  const trace = make("p", "hg-trace");
  const head = turn.parts.get("head") || make("div", "hg-part");
  head.replaceChildren(doing, trace);
  head.hgHtml = "";
  if (!turn.parts.has("head")) {
    turn.answer.prepend(head);
    turn.parts.set("head", head);
  }
  announce(turn);
}

// Said once for each state: the answer itself is read by going to it.
function announce(turn) {
  const said = turn.answer.querySelector(".hg-standing");
  const text = said ? said.textContent : "";
  if (announcer.textContent !== text) announcer.textContent = text;
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
  if (turn.before) takeBack(turn);
  showFailure(turn, key);
  settle(turn, "failed");
}

function showFailure(turn, key) {
  const failed = make("div", "hg-failed");
  failed.setAttribute("role", "alert");
  failed.append(makeWord("strong", "failed.title"), makeWord("p", key), retryButton());
  showOwn(turn, failed);
}

function retryButton() {
  const button = makeWord("button", "failed.retry");
  button.type = "button";
  button.dataset.do = "retry";
  return button;
}

// A part that the page writes itself, after those of the server.
function showOwn(turn, node) {
  const part = make("div", "hg-part hg-part-own");
  part.append(node);
  turn.answer.append(part);
}

function settle(turn, state) {
  turn.state = state;
  turn.before = null;
  turn.answer.className = "hg-answer hg-" + state;
  turn.answer.style.minHeight = "";
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
  if (turn.before) {
    takeBack(turn);
  } else {
    settle(turn, "stopped");
    showStopped(turn);
  }
  box.focus();
}

function showStopped(turn) {
  const doing = turn.answer.querySelector(".hg-standing");
  if (!doing || doing.querySelector('[data-t="stage.stopped"]')) return;
  doing.replaceChildren(makeWord("strong", "stage.stopped"));
  const ways = make("div", "hg-choices");
  ways.append(retryButton());
  showOwn(turn, ways);
  announce(turn);
}
