// --- the page of questions in Gradio: what it can beyond a conversation, and how it starts

Object.assign(ACTIONS, {
  ...CONVERSATION_ACTIONS,
  edit: (button) => edit(turnOf(button)),
  unedit: () => {
    unedit();
    box.focus();
  },
  undo,
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
  theme: () => {
    const dark = !document.body.classList.contains("dark");
    store("theme", dark ? "dark" : "light");
    darken(dark);
  },
});

// Nothing is told here but the owner's key.
function call(path, options) {
  return window.fetch(path, options);
}

// A conversation was left for a new one.
function cleared() {
  closeSheet();
  want({});
  drawList();
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

element.addEventListener("click", (event) => {
  const tongue = event.target.closest("[data-lang]");
  if (!tongue) return;
  store("lang", tongue.dataset.lang);
  speak(tongue.dataset.lang);
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

element.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.closest("#hg-day input")) return;
  event.preventDefault();
  chooseDay();
});

// The small window first: it lies above the rest.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || !popped) return;
    event.preventDefault();
    shut();
  },
  true,
);

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
document.documentElement.classList.toggle("hg-evaluates", stored("evaluates") === "yes");
darken(stored("theme") ? stored("theme") === "dark" : DARK.matches);
restore();
if (turns.length > 0) want(turns[turns.length - 1].given);
speak(lang);
takeFromAddress();
if (props.keeps && WIDE.matches && stored("list") === "open") showList(true);
