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
  ...CONVERSATION_ACTIONS,
  ...FEEDBACK_ACTIONS,
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
    leave();
    closeSource();
    closeSheet();
    turns.length = 0;
    keep();
    conversation.replaceChildren();
    hero.hidden = false;
    newButton.hidden = true;
    scroller.scrollTo({ top: 0 });
    drawList();
    box.focus();
  },
};

async function copy(turn, button) {
  if (!turn || !turn.markdown) return;
  await toClipboard(turn.markdown, button);
  const said = button.querySelector("span");
  said.textContent = words("foot.copied");
  $("[data-announce]").textContent = words("foot.copied");
  window.setTimeout(() => {
    said.textContent = words("foot.copy");
    $("[data-announce]").textContent = "";
  }, 2000);
}

async function toClipboard(text, button) {
  try {
    await window.navigator.clipboard.writeText(text);
  } catch {
    // No clipboard on plain http: the old way still works there.
    const carrier = make("textarea");
    carrier.value = text;
    carrier.className = "hg-hidden";
    document.body.append(carrier);
    carrier.select();
    document.execCommand("copy");
    carrier.remove();
    button.focus();
  }
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
    if (performance.now() - stoppedAt < STOP_ECHO_MS) return;
    const turn = running;
    // Whether the server or the way to it has failed is told by whether it answers.
    if (props.keeps) window.fetch("healthz", { cache: "no-store" }).then(() => fail(turn, "failed.general"), () => lost(turn));
    else fail(turn, "failed.general");
  },
};

// A lost connection is no failed call to Gradio: it only puts up a message of its own, which the
// style sheet hides, and waits.
new MutationObserver(() => {
  if (!running || !document.querySelector(".toast-body.error")) return;
  const turn = running;
  window.setTimeout(() => lost(turn), 300);
}).observe(document.body, { childList: true, subtree: true });

watch("value", () => show(props.value));
darken(stored("theme") ? stored("theme") === "dark" : DARK.matches);
restore();
speak(lang);
if (props.keeps && WIDE.matches && stored("list") === "open") showList(true);
