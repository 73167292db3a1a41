// --- what buttons do

function turnOf(node) {
  return turns.find((turn) => turn.article && turn.article.contains(node));
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
  ...FEEDBACK_ACTIONS,
  ask: (button) => {
    unedit();
    ask(button.dataset.question);
  },
  retry: (button) => {
    const turn = turnOf(button);
    if (turn) again(turn, {});
  },
  untell,
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
  new: () => {
    leave();
    closeSource();
    unedit();
    forget();
    turns.length = 0;
    keep();
    conversation.replaceChildren();
    hero.hidden = false;
    newButton.hidden = true;
    scroller.scrollTo({ top: 0 });
    cleared();
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
  if (event.key === "Escape" && !event.defaultPrevented && (!panel.hidden || editing)) {
    event.preventDefault();
    if (!panel.hidden) closeSource();
    else ACTIONS.unedit();
  }
  if (event.key === "Tab") keepInside(event);
});
