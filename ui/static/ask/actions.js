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
  const name = point.dataset.point;
  const told = turn.given.told.filter((one) => one.name !== name);
  told.push({ name, asked: point.querySelector("legend").textContent, shown });
  again(turn, {
    profile: Object.assign({}, turn.profile, { [name]: given }),
    given: Object.assign({}, turn.given, { told }),
  });
}

function untell(button) {
  const turn = turnOf(button);
  if (!turn || running) return;
  const profile = Object.assign({}, turn.profile);
  delete profile[button.dataset.name];
  const told = turn.given.told.filter((one) => one.name !== button.dataset.name);
  again(turn, { profile, given: Object.assign({}, turn.given, { told }) });
}

const ACTIONS = {
  ...CONVERSATION_ACTIONS,
  ...FEEDBACK_ACTIONS,
  ask: (button) => {
    unedit();
    ask(button.dataset.question);
  },
  retry: (button) => {
    const turn = turnOf(button);
    if (turn) again(turn, {});
  },
  edit: (button) => edit(turnOf(button)),
  unedit: () => {
    unedit();
    box.focus();
  },
  undo,
  untell,
  pop,
  shut,
  day: chooseDay,
  today: () => {
    want(Object.assign({}, wanted, { as_of: "" }));
    shut();
  },
  unfilter: () => {
    want({ as_of: wanted.as_of });
    shut();
  },
  drop: (button) => drop(button.dataset.kind, button.dataset.value),
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
    unedit();
    forget();
    want({});
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
  announcer.textContent = words("foot.copied");
  window.setTimeout(() => {
    said.textContent = words("foot.copy");
    announcer.textContent = "";
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
  shut();
  if (editing) askInstead(question);
  else ask(question);
}

// A question in the address comes into the box; only a person sends it.
function takeFromAddress() {
  const address = new URL(window.location.href);
  const told = address.searchParams.get("q");
  if (!told) return;
  box.value = told.slice(0, box.maxLength);
  grow();
  box.focus();
  address.searchParams.delete("q");
  window.history.replaceState(window.history.state, "", address);
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

element.addEventListener("change", (event) => {
  const field = event.target.closest("[data-filter]");
  if (!field) return;
  wanted[field.dataset.filter] = Array.from(field.querySelectorAll("input:checked"), (one) => one.value);
  const at = event.target.value;
  showWanted();
  field.querySelector('input[value="' + at + '"]').focus();
});

document.addEventListener("click", (event) => {
  if (popped && !popped.contains(event.target) && !event.target.closest("[data-pop]")) shut();
});

element.addEventListener("input", (event) => {
  const hint = event.target.matches("[data-point] input[type=number]") && event.target.closest("[data-point]").querySelector("output");
  if (hint) hint.textContent = event.target.value === "" ? "" : readable(event.target.valueAsNumber);
});

element.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.closest("#hg-day input")) {
    event.preventDefault();
    chooseDay();
  }
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
  if (event.key === "Escape" && (popped || !panel.hidden || editing)) {
    event.preventDefault();
    if (popped) shut();
    else if (!panel.hidden) closeSource();
    else ACTIONS.unedit();
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
if (turns.length > 0) want(turns[turns.length - 1].given);
speak(lang);
takeFromAddress();
if (props.keeps && WIDE.matches && stored("list") === "open") showList(true);
