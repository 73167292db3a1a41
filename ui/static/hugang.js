// The page's own behaviour. Gradio runs this once, as the body of a function of
// (element, trigger, props, server, upload, watch); the server sends ready, escaped HTML.
//
// A conversation lives in the browser: `turns`, oldest first. The server keeps nothing of it,
// so each question brings its history along. A turn is
//   message   permanent name of the answer; marks are "<message>:<n>"
//   root      name of the first turn with this question: told more, it is asked again
//   state     working, answered, partly, declined, failed or stopped
//   parts     key → element of the answer's parts

const STRINGS = props.strings;
const LANGS = ["zh-Hans", "zh-Hant", "en"];
const PHONE = window.matchMedia("(max-width: 640px)");
const DARK = window.matchMedia("(prefers-color-scheme: dark)");
const SILENCE_MS = 90000; // longer without a word from the server counts as a lost connection

const turns = [];
let lang = firstLanguage();
let running = null; // the turn being answered
let silence = 0; // its timer
let opened = null; // the citation in the panel: "<message>:<n>"
let openedBy = null; // the mark that opened it

const $ = (selector) => element.querySelector(selector);
const conversation = $(".hg-conversation");
const hero = $(".hg-hero");
const scroller = $(".hg-scroll");
const panel = $(".hg-panel");
const panelBody = $(".hg-panel-body");
const backdrop = $(".hg-backdrop");
const form = $(".hg-composer");
const box = form.querySelector("textarea");
const sendButton = $(".hg-send");
const stopButton = $(".hg-stop");
const newButton = $(".hg-new");

// --- words and appearance

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

function firstLanguage() {
  const kept = stored("lang");
  if (LANGS.includes(kept)) return kept;
  for (const tag of navigator.languages || [navigator.language || ""]) {
    if (/^zh\b.*(hant|tw|hk|mo)/i.test(tag)) return "zh-Hant";
    if (/^zh\b/i.test(tag)) return "zh-Hans";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "zh-Hans";
}

function words(key, values) {
  const text = (STRINGS[lang] && STRINGS[lang][key]) || key;
  return text.replace(/\{(\w+)\}/g, (whole, name) =>
    values && name in values ? String(values[name]) : whole,
  );
}

function valuesOf(node) {
  return node.dataset.a ? JSON.parse(node.dataset.a) : null;
}

function translate(root) {
  for (const node of root.querySelectorAll("[data-t]")) {
    node.textContent = words(node.dataset.t, valuesOf(node));
  }
  for (const node of root.querySelectorAll("[data-t-label]")) {
    node.setAttribute("aria-label", words(node.dataset.tLabel, valuesOf(node)));
    if (node.classList.contains("hg-tool")) node.title = node.getAttribute("aria-label");
  }
  for (const node of root.querySelectorAll("[data-t-placeholder]")) {
    node.placeholder = words(node.dataset.tPlaceholder);
  }
}

function speak(next) {
  lang = next;
  document.documentElement.lang = next;
  document.title = words("app.title") + " · " + words("app.subtitle");
  for (const button of element.querySelectorAll("[data-lang]")) {
    button.setAttribute("aria-pressed", String(button.dataset.lang === next));
  }
  showExamples();
  translate(element);
  showPosition();
}

function showExamples() {
  const list = $(".hg-examples");
  list.replaceChildren();
  for (const [role, name] of props.examples) {
    const button = make("button", "hg-example");
    button.type = "button";
    button.dataset.do = "ask";
    button.dataset.question = words("example." + name);
    const who = make("span", "hg-role", words("role." + role));
    button.append(who, make("span", "hg-example-text", button.dataset.question));
    list.append(button);
  }
  $(".hg-corpus").textContent = words("hero.corpus", props.corpus);
}

function darken(dark) {
  document.body.classList.toggle("dark", dark);
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
}

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text; // never as HTML: it may be anyone's text
  return node;
}

// A word of the interface, by its key; it follows the language.
function makeWord(tag, key) {
  const node = make(tag, "", words(key));
  node.dataset.t = key;
  return node;
}

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
  if (!text || running) return;
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
  trigger("ask", {
    text,
    message,
    ui: lang,
    profile: turn.profile,
    history: historyBefore(turn.root),
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
  if (running) silence = window.setTimeout(() => fail(running, "failed.connection"), SILENCE_MS);
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
}

// Gradio may report a cancelled event as a failed one, late enough to hit the next question. Such a
// report is not heeded for a while after a stop; a server that is really gone is told by silence.
const STOP_ECHO_MS = 3000;
let stoppedAt = -STOP_ECHO_MS;

function stop() {
  const turn = running;
  if (!turn) return;
  stoppedAt = performance.now();
  trigger("stop", {});
  settle(turn, "stopped");
  showStopped(turn);
  box.focus();
}

function showStopped(turn) {
  const stages = turn.answer.querySelector(".hg-stages");
  if (!stages) return;
  const now = stages.querySelector(".hg-stage-now");
  if (now) now.remove();
  const word = makeWord("span", "stage.stopped");
  word.className = "hg-stage-done";
  stages.append(word);
}

// --- surviving a reload: Gradio reloads the page by itself when the server comes back

const KEPT = "hugang.conversation";

// In the tab's own storage, gone when it is closed: questions may be confidential.
function keep() {
  const kept = turns.map((turn) => ({
    message: turn.message,
    question: turn.question,
    root: turn.root,
    profile: turn.profile,
    shown: turn.shown,
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

// --- showing what the server says

function show(state) {
  const turn = turns.find((one) => one.message === (state && state.message));
  if (!turn || turn !== running) return; // of a conversation that was left, or stopped
  listen();
  turn.lang = state.lang;
  turn.answer.lang = state.lang;
  showParts(turn, state.parts);
  if (state.state !== "working") {
    turn.text = state.text;
    turn.markdown = state.markdown;
    settle(turn, state.state);
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
  if (focused) {
    const again = node.querySelector('[data-cite="' + focused + '"]');
    if (again) again.focus({ preventScroll: true });
  }
  pointOut();
}

// --- the source panel

function sourceOf(cite) {
  return element.querySelector('[data-source="' + cite + '"]');
}

function openSource(cite, by) {
  const source = sourceOf(cite);
  if (!source) return;
  const first = panel.hidden;
  opened = cite;
  if (by) openedBy = by;
  const turn = turns.find((one) => one.message === cite.split(":")[0]);
  panelBody.innerHTML = source.innerHTML;
  panelBody.lang = (turn && turn.lang) || lang;
  panelBody.scrollTop = 0;
  translate(panelBody);
  panel.hidden = false;
  element.classList.add("hg-with-panel");
  const covers = PHONE.matches || window.getComputedStyle(panel).position === "fixed";
  backdrop.hidden = !covers;
  panel.setAttribute("role", covers ? "dialog" : "complementary");
  if (covers) panel.setAttribute("aria-modal", "true");
  else panel.removeAttribute("aria-modal");
  showPosition();
  pointOut();
  const title = panelBody.querySelector("h2");
  if (title) title.focus({ preventScroll: true });
  if (first && !covers && by) by.scrollIntoView({ block: "nearest" });
}

function closeSource() {
  if (panel.hidden) return;
  panel.hidden = true;
  backdrop.hidden = true;
  element.classList.remove("hg-with-panel");
  opened = null;
  pointOut();
  if (openedBy && openedBy.isConnected) openedBy.focus({ preventScroll: true });
  openedBy = null;
}

function neighbours() {
  const message = opened ? opened.split(":")[0] : "";
  const all = Array.from(element.querySelectorAll('[data-source^="' + message + ':"]'), (node) => node.dataset.source);
  // A folded plan brings sources of its own; they count once it is unfolded.
  return all.filter((key) => key === opened || marksOf(key).some((mark) => mark.offsetParent));
}

function marksOf(key) {
  return Array.from(element.querySelectorAll(".hg-mark")).filter((mark) => mark.dataset.cite === key);
}

function walk(step) {
  const all = neighbours();
  const next = all[all.indexOf(opened) + step];
  if (next) openSource(next, null);
}

function showPosition() {
  if (!opened) return;
  const all = neighbours();
  const n = all.indexOf(opened) + 1;
  panel.querySelector(".hg-position").textContent = words("panel.position", { n, total: all.length });
  panel.querySelector('[data-do="previous"]').disabled = all.indexOf(opened) <= 0;
  panel.querySelector('[data-do="next"]').disabled = all.indexOf(opened) >= all.length - 1;
}

function pointOut() {
  for (const mark of element.querySelectorAll(".hg-mark")) {
    const here = mark.dataset.cite === opened;
    mark.classList.toggle("hg-mark-open", here);
    mark.setAttribute("aria-expanded", String(here));
  }
}

// Keep the keyboard inside the panel while it covers the page.
function keepInside(event) {
  if (panel.getAttribute("aria-modal") !== "true" || panel.hidden) return;
  const stops = Array.from(panel.querySelectorAll("button:not(:disabled), a[href]"));
  const first = stops[0];
  const last = stops[stops.length - 1];
  const at = document.activeElement;
  if (event.shiftKey && (at === first || !stops.includes(at))) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && at === last) {
    event.preventDefault();
    first.focus();
  }
}

// --- what buttons do

function turnOf(node) {
  return turns.find((turn) => turn.article && turn.article.contains(node));
}

// 200000000 → "200,000,000 (2亿)": long rows of zeros are misread.
function readable(value) {
  const plain = value.toLocaleString("en-US", { maximumFractionDigits: 6 });
  if (Math.abs(value) < 10000) return plain;
  const tag = { "zh-Hans": "zh-CN", "zh-Hant": "zh-HK", en: "en" }[lang];
  const style = { notation: "compact", compactDisplay: "long", maximumFractionDigits: 4 };
  return plain + " (" + new Intl.NumberFormat(tag, style).format(value) + ")";
}

function fill(button, given, shown) {
  const turn = turnOf(button);
  const point = button.closest("[data-point]");
  if (!turn || !point || given === "" || given === null) return;
  const asked = point.querySelector("legend").textContent;
  ask(turn.question, {
    root: turn.root,
    profile: Object.assign({}, turn.profile, { [point.dataset.point]: given }),
    shown: asked + "\n" + shown,
  });
}

const ACTIONS = {
  ask: (button) => ask(button.dataset.question),
  retry: (button) => {
    const turn = turnOf(button);
    if (turn) ask(turn.question, { root: turn.root, profile: turn.profile, shown: turn.shown });
  },
  choose: (button) => {
    const type = button.closest("[data-point]").dataset.type;
    const value = button.dataset.value;
    fill(button, type === "bool" ? value === "true" : value, button.textContent);
  },
  fill: (button) => {
    const point = button.closest("[data-point]");
    const input = point.querySelector("input");
    if (input.value === "" || !input.checkValidity()) {
      input.focus();
      return;
    }
    const isNumber = point.dataset.type === "number";
    const value = isNumber ? input.valueAsNumber : input.value;
    fill(button, value, isNumber ? readable(value) : value);
  },
  copy: (button) => copy(turnOf(button), button),
  stop,
  close: closeSource,
  previous: () => walk(-1),
  next: () => walk(1),
  theme: () => {
    const dark = !document.body.classList.contains("dark");
    store("theme", dark ? "dark" : "light");
    darken(dark);
  },
  new: () => {
    if (running) stop();
    closeSource();
    turns.length = 0;
    keep();
    conversation.replaceChildren();
    hero.hidden = false;
    newButton.hidden = true;
    scroller.scrollTo({ top: 0 });
    box.focus();
  },
};

async function copy(turn, button) {
  if (!turn || !turn.markdown) return;
  try {
    await window.navigator.clipboard.writeText(turn.markdown);
  } catch {
    // No clipboard on plain http: the old way still works there.
    const carrier = make("textarea");
    carrier.value = turn.markdown;
    carrier.className = "hg-hidden";
    document.body.append(carrier);
    carrier.select();
    document.execCommand("copy");
    carrier.remove();
    button.focus();
  }
  const said = button.querySelector("span");
  said.textContent = words("foot.copied");
  $("[data-announce]").textContent = words("foot.copied");
  window.setTimeout(() => {
    said.textContent = words("foot.copy");
    $("[data-announce]").textContent = "";
  }, 2000);
}

function send() {
  if (running || !box.value.trim()) return;
  const question = box.value;
  box.value = "";
  grow();
  ask(question);
}

function grow() {
  box.style.height = "auto";
  box.style.height = Math.min(box.scrollHeight, 200) + "px";
  form.classList.toggle("hg-filled-in", Boolean(box.value.trim()));
}

element.addEventListener("click", (event) => {
  const mark = event.target.closest("[data-cite]");
  if (mark) {
    if (mark.dataset.cite === opened) closeSource();
    else openSource(mark.dataset.cite, mark);
    return;
  }
  if (event.target.closest(".hg-skip")) {
    event.preventDefault();
    box.focus();
    return;
  }
  const tongue = event.target.closest("[data-lang]");
  if (tongue) {
    store("lang", tongue.dataset.lang);
    speak(tongue.dataset.lang);
    return;
  }
  const button = event.target.closest("[data-do]");
  if (button && button.dataset.do in ACTIONS) ACTIONS[button.dataset.do](button);
});

element.addEventListener("input", (event) => {
  const hint = event.target.matches("[data-point] input[type=number]") && event.target.closest("[data-point]").querySelector("output");
  if (hint) hint.textContent = event.target.value === "" ? "" : readable(event.target.valueAsNumber);
});

element.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-point] input")) {
    event.preventDefault();
    ACTIONS.fill(event.target.parentElement.querySelector("[data-do=fill]"));
  }
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});

box.addEventListener("input", grow);
box.addEventListener("keydown", (event) => {
  // While an input method composes, Enter chooses a word (keyCode 229: Safari says it late).
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  send();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !panel.hidden) {
    event.preventDefault();
    closeSource();
  }
  if (event.key === "Tab") keepInside(event);
});

DARK.addEventListener("change", () => {
  if (!stored("theme")) darken(DARK.matches);
});

// What `web.py` calls when Gradio reports that the call failed.
window.hugang = {
  failed: () => {
    if (performance.now() - stoppedAt >= STOP_ECHO_MS) fail(running, "failed.general");
  },
};

// A lost connection is no failed call to Gradio: it only puts up a message of its own, which the
// style sheet hides, and waits.
new MutationObserver(() => {
  if (!running || !document.querySelector(".toast-body.error")) return;
  const lost = running;
  window.setTimeout(() => fail(lost, "failed.connection"), 300);
}).observe(document.body, { childList: true, subtree: true });

watch("value", () => show(props.value));
darken(stored("theme") ? stored("theme") === "dark" : DARK.matches);
restore();
speak(lang);
